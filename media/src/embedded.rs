//! [`Embedded`]: flash of the `embedded-storage` traits as a [`NorFlash`].

use embedded_storage::nor_flash::{MultiwriteNorFlash, NorFlashError, NorFlashErrorKind};

use crate::{NorFlash, NorGeometry};

/// Bytes of the smallest block that a [`NorFlash`] has.
const SMALLEST_BLOCK: u32 = 4096;

/// A [`MultiwriteNorFlash`] as a [`NorFlash`].
///
/// `MultiwriteNorFlash` is what is needed, and no less: a store makes records void by programming zeroes over
/// them. Sectors smaller than 4096 bytes are erased together as one block. Flash that is read in units of
/// more than 512 bytes, or whose sectors do not make up blocks of 4096 bytes, does not compile.
///
/// The power-cut contract of [`NorFlash`] is then that of the flash below: `embedded-storage` states none.
#[derive(Clone, Debug)]
pub struct Embedded<F>(F);

/// An error of flash of the `embedded-storage` traits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EmbeddedError<E> {
    /// The range passes the flash's end. The flash was not asked.
    OutOfRange,
    /// The flash.
    Flash(E),
}

impl<E: NorFlashError> core::fmt::Display for EmbeddedError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            EmbeddedError::OutOfRange => f.write_str("outside the flash"),
            EmbeddedError::Flash(error) => match error.kind() {
                NorFlashErrorKind::NotAligned => f.write_str("not aligned to a unit of the flash"),
                NorFlashErrorKind::OutOfBounds => f.write_str("the flash reports an access outside it"),
                kind => write!(f, "the flash failed: {kind}"),
            },
        }
    }
}

impl<E: NorFlashError> core::error::Error for EmbeddedError<E> {}

impl<F: MultiwriteNorFlash> Embedded<F> {
    /// Bytes of an erase block: a sector of the flash, or as many as make 4096 bytes.
    const BLOCK_BYTES: u32 = {
        let sector = F::ERASE_SIZE as u32;
        assert!(sector > 0 && F::READ_SIZE > 0 && 512_usize.is_multiple_of(F::READ_SIZE));
        assert!(sector.is_multiple_of(SMALLEST_BLOCK) || SMALLEST_BLOCK.is_multiple_of(sector));
        if sector < SMALLEST_BLOCK { SMALLEST_BLOCK } else { sector }
    };

    /// The flash, from its start to the end of its last whole block.
    pub fn new(flash: F) -> Self {
        const { assert!(Self::BLOCK_BYTES > 0) };
        Embedded(flash)
    }

    /// Gives the flash back.
    pub fn release(self) -> F {
        self.0
    }

    /// The first of `len` bytes from `at` on, if the flash has them.
    fn place(&self, at: u64, len: usize) -> Result<u32, EmbeddedError<F::Error>> {
        let end = at.checked_add(len as u64).filter(|end| *end <= self.geometry().bytes());
        end.and_then(|_| u32::try_from(at).ok()).ok_or(EmbeddedError::OutOfRange)
    }
}

impl<F: MultiwriteNorFlash> NorFlash for Embedded<F> {
    type Error = EmbeddedError<F::Error>;

    fn geometry(&self) -> NorGeometry {
        NorGeometry {
            block_bytes: Self::BLOCK_BYTES,
            blocks: u32::try_from(self.0.capacity()).unwrap_or(u32::MAX) / Self::BLOCK_BYTES,
            program_bytes: F::WRITE_SIZE as u32,
        }
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Self::Error> {
        let at = self.place(at, buf.len())?;
        self.0.read(at, buf).map_err(EmbeddedError::Flash)
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Self::Error> {
        let at = self.place(at, data.len())?;
        self.0.write(at, data).map_err(EmbeddedError::Flash)
    }

    fn erase(&mut self, block: u32) -> Result<(), Self::Error> {
        let bytes = Self::BLOCK_BYTES;
        let from = self.place(u64::from(block) * u64::from(bytes), bytes as usize)?;
        let to = from.checked_add(bytes).ok_or(EmbeddedError::OutOfRange)?;
        self.0.erase(from, to).map_err(EmbeddedError::Flash)
    }
}
