//! CFI chips as [`NorFlash`], below a store.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;
use oal_media::{NorFlash, NorGeometry};

use super::{Bus, Cfi, Error, Geometry};

impl Geometry {
    /// Bytes of the largest erase blocks, if the others make up blocks of that size: in chips with small
    /// blocks for parameters at one end they do.
    fn even_block_bytes(&self) -> Option<u32> {
        let block_bytes = self.regions().map(|region| region.block_bytes).max()?;
        let is_even = self.regions().all(|region| {
            (u64::from(region.blocks) * u64::from(region.block_bytes)).is_multiple_of(block_bytes.into())
        });
        is_even.then_some(block_bytes)
    }
}

/// A byte's place, or the error of one that no chip of this machine has.
fn place(at: u64) -> Result<usize, Error> {
    usize::try_from(at).map_err(|_| Error::OutOfRange)
}

/// All of the chips, in blocks of the size of the largest. Smaller ones are erased together; if they do not
/// make up whole blocks of that size, the geometry is that of a flash without blocks, which every store
/// refuses.
impl<B: Bus, D: DelayNs> NorFlash for Cfi<B, D> {
    type Error = Error;

    fn geometry(&self) -> NorGeometry {
        let geometry = Cfi::geometry(self);
        let (bytes, block_bytes) = (geometry.bytes as u64, geometry.even_block_bytes().unwrap_or(0));
        let blocks = bytes.checked_div(block_bytes.into()).unwrap_or(0);
        NorGeometry { block_bytes, blocks: blocks as u32, program_bytes: geometry.word_bytes }
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), Error> {
        let at = place(at)?;
        let end = at.checked_add(buf.len()).ok_or(Error::OutOfRange)?;
        // A chip that is busy for longer than it may be shows no array.
        let bytes = self.bytes().ok_or(Error::OutOfRange)?;
        buf.copy_from_slice(bytes.get(at..end).ok_or(Error::OutOfRange)?);
        Ok(())
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), Error> {
        Cfi::program(self, place(at)?, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), Error> {
        let block_bytes = u64::from(Cfi::geometry(self).even_block_bytes().ok_or(Error::OutOfRange)?);
        let start = place(u64::from(block) * block_bytes)?;
        let end = place((u64::from(block) + 1) * block_bytes)?;
        let mut at = start;
        while at < end {
            let len = Cfi::geometry(self).block(at).ok_or(Error::OutOfRange)?.len;
            Cfi::erase(self, at)?;
            at += len.max(1);
        }
        Ok(())
    }

    fn mapped(&self) -> Option<&[u8]> {
        self.bytes()
    }
}
