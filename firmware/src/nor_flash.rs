//! The CFI driver of `oal-drivers` below the store.

use embedded_hal::delay::DelayNs;
use oal_drivers::cfi::{Bus, Cfi, Error};
use oal_snapshot::store::nor::{NorFlash, NorGeometry};

/// Chips whose blocks are all of one size, for a [`NorStore`](oal_snapshot::store::nor::NorStore).
#[derive(Debug)]
pub struct Flash<B, D> {
    cfi: Cfi<B, D>,
    geometry: NorGeometry,
}

impl<B: Bus, D: DelayNs> Flash<B, D> {
    /// All of the chips; `None` if their blocks are of several sizes.
    pub fn new(cfi: Cfi<B, D>) -> Option<Self> {
        let (region, others) = {
            let mut regions = cfi.geometry().regions();
            (regions.next()?, regions.next().is_some())
        };
        if others {
            return None;
        }
        let geometry = NorGeometry {
            block_bytes: region.block_bytes,
            blocks: region.blocks,
            program_bytes: cfi.geometry().word_bytes,
        };
        Some(Flash { cfi, geometry })
    }
}

/// A byte's place, or the error of one that no chip of this machine has.
fn place(at: u64) -> Result<usize, Error> {
    usize::try_from(at).map_err(|_| Error::OutOfRange)
}

impl<B: Bus, D: DelayNs> NorFlash for Flash<B, D> {
    type Error = Error;

    fn geometry(&self) -> NorGeometry {
        self.geometry
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Error> {
        let at = place(at)?;
        let end = at.checked_add(buf.len()).ok_or(Error::OutOfRange)?;
        // A chip that is busy for longer than it may be shows no array.
        let bytes = self.cfi.bytes().ok_or(Error::OutOfRange)?;
        buf.copy_from_slice(bytes.get(at..end).ok_or(Error::OutOfRange)?);
        Ok(())
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Error> {
        self.cfi.program(place(at)?, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), Error> {
        self.cfi.erase(place(u64::from(block) * u64::from(self.geometry.block_bytes))?)
    }

    fn mapped(&self) -> Option<&[u8]> {
        self.cfi.bytes()
    }
}
