//! [`BlockDevice`]: an eMMC, an SD card or anything else made of sectors.

/// Bytes in a sector.
pub const SECTOR_SIZE: usize = 512;

/// A device of 512-byte sectors.
///
/// # What a power cut may leave
/// * sectors that were written, or discarded, since the last [`flush`](BlockDevice::flush) hold their old
///   bytes, their new ones, or anything, or cannot be read until they are written again, each on its own and
///   in any order; one that cannot be read does not come back with what it held if power goes while it is
///   written again;
/// * sectors that were not written keep their bytes, but for those that share a 4096-byte aligned block with
///   one that was being written;
/// * [`write_reliable`](BlockDevice::write_reliable) leaves old or new bytes where the device can promise
///   that. The store needs no more than the first point, and detects the rest by checksum.
///
/// ```
/// use oal_media::{BlockDevice, SECTOR_SIZE};
///
/// struct RamDisk(Vec<u8>);
///
/// impl BlockDevice for RamDisk {
///     type Error = ();
///     fn sectors(&self) -> u64 {
///         (self.0.len() / SECTOR_SIZE) as u64
///     }
///     fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), ()> {
///         let at = first as usize * SECTOR_SIZE;
///         buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(())?);
///         Ok(())
///     }
///     fn write(&mut self, first: u64, data: &[u8]) -> Result<(), ()> {
///         let at = first as usize * SECTOR_SIZE;
///         self.0.get_mut(at..at + data.len()).ok_or(())?.copy_from_slice(data);
///         Ok(())
///     }
///     fn flush(&mut self) -> Result<(), ()> {
///         Ok(())
///     }
/// }
/// ```
pub trait BlockDevice {
    /// Errors of the device.
    type Error: core::fmt::Debug;

    /// The number of the device's sectors.
    fn sectors(&self) -> u64;

    /// Reads whole sectors, `buf.len() / 512` of them, from sector `first` on.
    ///
    /// # Errors
    /// Of the device, or if the range passes its end; `buf` then holds anything.
    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), Self::Error>;

    /// Whether [`read_while`](BlockDevice::read_while) has the device work beside the CPU, by DMA. A boot
    /// then reads chunk by chunk, each while the one before is decoded; else in the longest transfers that
    /// its buffer takes.
    fn reads_in_background(&self) -> bool {
        false
    }

    /// Reads as [`read`](BlockDevice::read) does, and calls `meanwhile` while the data is on its way; by
    /// default, when it is there. `meanwhile` is called once, or not at all if the read cannot even begin.
    ///
    /// Whatever happens, the transfer has ended or was called off when this returns: nothing writes to `buf`,
    /// or to any other memory, from then on. A boot counts on it, since what comes next may be the restored
    /// system.
    ///
    /// # Errors
    /// As for [`read`](BlockDevice::read).
    fn read_while(
        &mut self,
        first: u64,
        buf: &mut [u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Self::Error> {
        self.read(first, buf)?;
        meanwhile();
        Ok(())
    }

    /// Writes whole sectors, `data.len() / 512` of them, from sector `first` on. They are durable after the
    /// next [`flush`](BlockDevice::flush).
    ///
    /// # Errors
    /// Of the device, or if the range passes its end; the sectors then hold anything.
    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), Self::Error>;

    /// Writes whole sectors so that they are durable on return, and, where the device can, so that a power
    /// cut leaves the old bytes or the new ones (eMMC: reliable write).
    ///
    /// # Errors
    /// As for [`write`](BlockDevice::write).
    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), Self::Error> {
        self.write(first, data)?;
        self.flush()
    }

    /// Tells the device that `count` sectors from `first` on will be written anew (TRIM). A hint: it may do
    /// nothing; the sectors hold anything afterwards.
    ///
    /// # Errors
    /// Of the device. The store goes on all the same.
    fn discard(&mut self, first: u64, count: u64) -> Result<(), Self::Error> {
        let _ = (first, count);
        Ok(())
    }

    /// Makes all that was written durable: empties the device's cache.
    ///
    /// # Errors
    /// Of the device; what was written since the last flush may then be lost.
    fn flush(&mut self) -> Result<(), Self::Error>;
}

impl<D: BlockDevice + ?Sized> BlockDevice for &mut D {
    type Error = D::Error;

    fn sectors(&self) -> u64 {
        (**self).sectors()
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), Self::Error> {
        (**self).read(first, buf)
    }

    fn reads_in_background(&self) -> bool {
        (**self).reads_in_background()
    }

    fn read_while(
        &mut self,
        first: u64,
        buf: &mut [u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Self::Error> {
        (**self).read_while(first, buf, meanwhile)
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), Self::Error> {
        (**self).write(first, data)
    }

    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), Self::Error> {
        (**self).write_reliable(first, data)
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), Self::Error> {
        (**self).discard(first, count)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        (**self).flush()
    }
}
