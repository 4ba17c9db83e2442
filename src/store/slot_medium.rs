//! [`SlotMedium`]: what a medium adds to a [`SlotStore`](crate::store::SlotStore): where an image lies on it.

use crate::image::ImageId;
use crate::store::catalog::{Area, RecordLog};
use crate::store::record::SlotEntry;
use crate::store::{Blocks, GeometryError, StoreError};

/// An error of the store on the medium `M`.
pub type Error<M> = StoreError<<M as RecordLog>::Error>;

/// A medium of slots. Places and lengths are counted in its units: sectors, or erase blocks. What is handed
/// in was checked: areas are the store's own, and the entry of an image to be read lies within
/// [`room`](SlotMedium::room).
pub trait SlotMedium: RecordLog + Sized {
    /// The driver of the medium.
    type Device;

    /// Where the next bytes of an image go.
    type Place;

    /// Units that the bounds of slots are multiples of, counted from the end of the log.
    const GRAIN: u64 = 1;

    /// Whether an image can be read while another one is written.
    const READS_WHILE_WRITING: bool = true;

    /// Whether what was read too often, or lies too long, has to be written anew: [`copy`](SlotMedium::copy)
    /// does.
    const WEARS: bool = false;

    /// The medium behind a driver.
    ///
    /// # Errors
    /// Why the store cannot be on it.
    fn over(device: Self::Device) -> Result<Self, GeometryError>;

    /// The driver.
    fn device_mut(&mut self) -> &mut Self::Device;

    /// The units behind the log.
    fn room(&self) -> Area;

    /// Bytes of a unit.
    fn unit_bytes(&self) -> u64;

    /// Bytes that the usable units of `area` hold, as far as is known. Units behind those that hold `enough`
    /// need not be looked at.
    ///
    /// # Errors
    /// Of the device.
    fn usable_bytes(&mut self, area: &Area, enough: u64) -> Result<u64, Error<Self>> {
        let _ = enough;
        Ok(area.end.saturating_sub(area.start).saturating_mul(self.unit_bytes()))
    }

    /// Forgets what was read: the medium may have changed.
    fn forget(&mut self) {}

    /// Gets the first `span` units of `area` ready for an image.
    ///
    /// # Errors
    /// Of the device.
    fn begin(&mut self, area: &Area, span: u64) -> Result<Self::Place, Error<Self>>;

    /// Writes the next bytes of an image: whole pages of 4096 bytes, in order, no more than the area holds.
    /// It is not called again for this image if it fails.
    ///
    /// # Errors
    /// Of the device.
    fn append(
        &mut self,
        place: &mut Self::Place,
        entry: &SlotEntry,
        data: &[u8],
        offset: u64,
    ) -> Result<(), Error<Self>>;

    /// Makes what was written durable, and notes in `entry` what only now is known of where it lies.
    ///
    /// # Errors
    /// Of the device.
    fn finish(&mut self, place: Self::Place, entry: &mut SlotEntry) -> Result<(), Error<Self>>;

    /// Reads `buf.len()` bytes from `offset` of an image on: whole sectors, within the image.
    ///
    /// # Errors
    /// Of the device.
    fn read(&mut self, entry: &SlotEntry, buf: &mut [u8], offset: u64) -> Result<(), Error<Self>>;

    /// See [`ReadSnapshot::reads_in_background`](crate::hooks::ReadSnapshot::reads_in_background).
    fn reads_in_background(&self) -> bool {
        false
    }

    /// Reads as [`read`](SlotMedium::read) does, and calls `meanwhile` once, while the data is on its way if
    /// the device can do that.
    ///
    /// # Errors
    /// Of the device.
    fn read_while(
        &mut self,
        entry: &SlotEntry,
        buf: &mut [u8],
        offset: u64,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Error<Self>> {
        self.read(entry, buf, offset)?;
        meanwhile();
        Ok(())
    }

    /// The image where it lies in memory.
    fn mapped(&self, entry: &SlotEntry) -> Option<&[u8]> {
        let _ = entry;
        None
    }

    /// Makes all that was written durable.
    ///
    /// # Errors
    /// Of the device.
    fn flush(&mut self) -> Result<(), Error<Self>> {
        Ok(())
    }

    /// Good and bad blocks, of a medium whose blocks go bad.
    ///
    /// # Errors
    /// Of the device.
    fn blocks(&mut self) -> Result<Option<Blocks>, Error<Self>> {
        Ok(None)
    }

    /// The image of which a page was read with so many wrong bits that it should be moved, if one was.
    fn worn(&self) -> Option<ImageId> {
        None
    }

    /// Writes all of an image to another place, and gives its checksum as it was read: for a medium that
    /// [wears](SlotMedium::WEARS).
    ///
    /// # Errors
    /// Of the device.
    fn copy(&mut self, from: &SlotEntry, to: &mut Self::Place) -> Result<u32, Error<Self>> {
        let _ = (from, to);
        Err(StoreError::OutOfSequence)
    }
}
