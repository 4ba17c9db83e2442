//! [`Store`]: what every store can do, whatever the medium.

use core::fmt::Debug;

use crate::hooks::{PrepareSnapshot, ReadSnapshot, SelectSnapshot, WriteSnapshot};
use crate::image::ImageId;
use crate::store::{Record, Slots, StoreError, StoreSettings};

/// Erase blocks of a flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Blocks {
    /// All that the store has.
    pub all: u32,
    /// Those of them that are marked bad.
    pub bad: u32,
}

/// A store, whatever the medium: the hooks of both timelines, and what a firmware asks besides. A `&mut` of a
/// store is one too.
pub trait Store:
    PrepareSnapshot<Error = StoreError<Self::DeviceError>> + WriteSnapshot + SelectSnapshot + ReadSnapshot
{
    /// What can go wrong with the device.
    type DeviceError: Debug;

    /// The settings.
    fn settings(&self) -> &StoreSettings;

    /// The settings, to be changed between snapshots.
    fn settings_mut(&mut self) -> &mut StoreSettings;

    /// Bytes of the largest image that fits a slot of a store with `slots`; on NAND, if no block of it is
    /// bad.
    fn slot_bytes(&self, slots: Slots) -> u64;

    /// The newest record: what the store remembers. Reads the log if that was not done yet.
    ///
    /// # Errors
    /// [`StoreError::Device`].
    fn record(&mut self) -> Result<Record, StoreError<Self::DeviceError>>;

    /// Forgets every image: the next boot is a cold one. A cut leaves all of them or none.
    ///
    /// # Errors
    /// Of the device.
    fn invalidate(&mut self) -> Result<(), StoreError<Self::DeviceError>>;

    /// The image of which a page was read with so many wrong bits that it should be
    /// [refreshed](Store::refresh), if one was since power-on. Only NAND has such.
    fn refresh_due(&self) -> Option<ImageId> {
        None
    }

    /// Moves an image to fresh blocks, those of the other slot: the image that was there is given up. A cut
    /// leaves the image where it was or where it goes. Does nothing on a medium that does not wear by being
    /// read.
    ///
    /// # Errors
    /// As for a snapshot; [`StoreError::DoesNotFit`] also if the image takes more than half of the store.
    fn refresh(&mut self, id: ImageId) -> Result<(), StoreError<Self::DeviceError>> {
        let _ = id;
        Ok(())
    }

    /// Good and bad blocks, of a medium whose blocks go bad.
    ///
    /// # Errors
    /// Of the device.
    fn blocks(&mut self) -> Result<Option<Blocks>, StoreError<Self::DeviceError>> {
        Ok(None)
    }

    /// Returns when all that was written is durable.
    ///
    /// # Errors
    /// Of the device.
    fn flush(&mut self) -> Result<(), StoreError<Self::DeviceError>>;
}

impl<S: Store + ?Sized> Store for &mut S {
    type DeviceError = S::DeviceError;

    fn settings(&self) -> &StoreSettings {
        (**self).settings()
    }

    fn settings_mut(&mut self) -> &mut StoreSettings {
        (**self).settings_mut()
    }

    fn slot_bytes(&self, slots: Slots) -> u64 {
        (**self).slot_bytes(slots)
    }

    fn record(&mut self) -> Result<Record, StoreError<Self::DeviceError>> {
        (**self).record()
    }

    fn invalidate(&mut self) -> Result<(), StoreError<Self::DeviceError>> {
        (**self).invalidate()
    }

    fn refresh_due(&self) -> Option<ImageId> {
        (**self).refresh_due()
    }

    fn refresh(&mut self, id: ImageId) -> Result<(), StoreError<Self::DeviceError>> {
        (**self).refresh(id)
    }

    fn blocks(&mut self) -> Result<Option<Blocks>, StoreError<Self::DeviceError>> {
        (**self).blocks()
    }

    fn flush(&mut self) -> Result<(), StoreError<Self::DeviceError>> {
        (**self).flush()
    }
}
