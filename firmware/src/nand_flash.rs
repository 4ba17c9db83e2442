//! A NAND driver of `oal-drivers` below the store.

use oal_drivers::nand::{EccStatus, Error, Geometry, NandDevice};
use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

/// A chip, or the first blocks of it, for a [`NandStore`](oal_snapshot::store::nand::NandStore).
#[derive(Clone, Debug)]
pub struct Flash<D> {
    device: D,
    blocks: u32,
}

impl<D: NandDevice> Flash<D> {
    /// The first `blocks` blocks of a chip, or all if it has fewer.
    pub fn new(device: D, blocks: u32) -> Self {
        let blocks = blocks.min(device.geometry().blocks);
        Flash { device, blocks }
    }

    /// The chip's driver.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }
}

fn failed(error: Error) -> NandError<Error> {
    match error {
        Error::ProgramFailed | Error::EraseFailed => NandError::Failed,
        other => NandError::Device(other),
    }
}

impl<D: NandDevice> NandFlash for Flash<D> {
    type Error = Error;

    fn geometry(&self) -> NandGeometry {
        let Geometry { page_bytes, pages_per_block, .. } = self.device.geometry();
        NandGeometry { page_bytes: page_bytes as u32, pages_per_block, blocks: self.blocks }
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<Error>> {
        match self.device.read_page(at.block, at.page, data, spare) {
            Ok(EccStatus::Uncorrectable) => Err(NandError::Uncorrectable),
            Ok(EccStatus::Corrected { refresh: true, .. }) => Ok(Ecc::Worn),
            Ok(_) => Ok(Ecc::Clean),
            Err(error) => Err(NandError::Device(error)),
        }
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<Error>> {
        self.device.program_page(at.block, at.page, data, spare).map_err(failed)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<Error>> {
        self.device.erase_block(block).map_err(failed)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.device.is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
        self.device.mark_bad(block)
    }
}
