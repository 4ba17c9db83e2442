//! [`NorFlash`]: NOR flash, mapped into memory or not.

/// The size of a NOR flash, or of the part of it that a store may use: erase blocks of one size, without a
/// gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NorGeometry {
    /// Bytes of an erase block, of all chips side by side together: a multiple of 4096.
    pub block_bytes: u32,
    /// Erase blocks.
    pub blocks: u32,
    /// Bytes that are programmed at once at the least: a power of two, 512 or less.
    pub program_bytes: u32,
}

impl NorGeometry {
    /// Bytes of all blocks.
    pub const fn bytes(&self) -> u64 {
        self.block_bytes as u64 * self.blocks as u64
    }
}

/// NOR flash: bytes that are read like memory, programmed from ones to zeroes, and erased to ones by blocks.
///
/// # The rules that the store keeps
/// * What is programmed starts and ends on a program unit.
/// * A block is erased before it is first programmed, even one that reads as erased.
/// * A unit is programmed once after an erase. Besides, anything may be programmed with zeroes at any time:
///   they make void what is in it. (Chips of the Intel and Sharp command sets allow that, as all do that can
///   change single bits from one to zero.)
///
/// # What a power cut may leave
/// * While units are programmed: every bit of them that was to become 0 reads as 1 or 0, and not the same at
///   every reading. A range that reads as erased, or as what was programmed, need not do so the next time.
///   Other units stay.
/// * While a block is erased: every byte of it reads as before, as erased or as anything, and not the same at
///   every reading, until an erase is completed.
/// * Everything else stays, and what was programmed or erased to the end reads the same from then on.
///
/// ```
/// use oal_media::{NorFlash, NorGeometry};
///
/// struct Rom(Vec<u8>);
///
/// impl NorFlash for Rom {
///     type Error = ();
///     fn geometry(&self) -> NorGeometry {
///         NorGeometry { block_bytes: 65536, blocks: self.0.len() as u32 / 65536, program_bytes: 4 }
///     }
///     fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), ()> {
///         let at = at as usize;
///         buf.copy_from_slice(self.0.get(at..at + buf.len()).ok_or(())?);
///         Ok(())
///     }
///     fn program(&mut self, at: u64, data: &[u8]) -> Result<(), ()> {
///         let at = at as usize;
///         let place = self.0.get_mut(at..at + data.len()).ok_or(())?;
///         place.iter_mut().zip(data).for_each(|(byte, new)| *byte &= new);
///         Ok(())
///     }
///     fn erase(&mut self, block: u32) -> Result<(), ()> {
///         let at = block as usize * 65536;
///         self.0.get_mut(at..at + 65536).ok_or(())?.fill(0xff);
///         Ok(())
///     }
///     fn mapped(&self) -> Option<&[u8]> {
///         Some(&self.0)
///     }
/// }
/// ```
pub trait NorFlash {
    /// Errors of the flash.
    type Error: core::fmt::Debug;

    /// The flash's size. The same at every call.
    fn geometry(&self) -> NorGeometry;

    /// Reads `buf.len()` bytes from byte `at` on.
    ///
    /// # Errors
    /// Of the flash, or if the range passes its end; `buf` then holds anything.
    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Self::Error>;

    /// Programs `data` from byte `at` on: bits that are 0 in `data` become 0. Both ends are multiples of
    /// [`program_bytes`](NorGeometry::program_bytes); the range may cross blocks. Durable on return.
    ///
    /// # Errors
    /// Of the flash, or if the range passes its end; the range then reads as anything between what it held
    /// and what it was to hold.
    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Self::Error>;

    /// Erases a block: all its bits are 1. Durable on return.
    ///
    /// # Errors
    /// Of the flash; the block then reads as anything.
    fn erase(&mut self, block: u32) -> Result<(), Self::Error>;

    /// All bytes of the flash, block 0 first, where they lie in memory; `None` if they are not mapped, or not
    /// for now. They change by [`program`](NorFlash::program) and [`erase`](NorFlash::erase) only, so not
    /// while the slice is held.
    fn mapped(&self) -> Option<&[u8]> {
        None
    }
}

impl<F: NorFlash + ?Sized> NorFlash for &mut F {
    type Error = F::Error;

    fn geometry(&self) -> NorGeometry {
        (**self).geometry()
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Self::Error> {
        (**self).read(at, buf)
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Self::Error> {
        (**self).program(at, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), Self::Error> {
        (**self).erase(block)
    }

    fn mapped(&self) -> Option<&[u8]> {
        (**self).mapped()
    }
}
