//! [`NandBoard`]: a driver of `boards/parts` below the NAND store, as a board puts it there.

use alloc::boxed::Box;

use oal_parts::nand::{EccStatus, Error, Geometry, NandDevice};
use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

/// Pages read through a [`NandBoard`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PagesRead {
    /// All of them.
    pub all: u64,
    /// Those that were right only after correction.
    pub corrected: u64,
    /// Those that could not be corrected.
    pub uncorrectable: u64,
}

/// The first blocks of a chip, for a store.
pub struct NandBoard<'a> {
    driver: Box<dyn NandDevice + 'a>,
    blocks: u32,
    /// Pages read so far.
    pub read: PagesRead,
}

impl<'a> NandBoard<'a> {
    /// `blocks` blocks of the chip, or all if it has fewer.
    pub fn new(driver: impl NandDevice + 'a, blocks: u32) -> Self {
        Self { driver: Box::new(driver), blocks, read: PagesRead::default() }
    }
}

fn failed(error: Error) -> NandError<Error> {
    match error {
        Error::ProgramFailed | Error::EraseFailed => NandError::Failed,
        other => NandError::Device(other),
    }
}

impl NandFlash for NandBoard<'_> {
    type Error = Error;

    fn geometry(&self) -> NandGeometry {
        let Geometry { page_bytes, pages_per_block, blocks, .. } = self.driver.geometry();
        NandGeometry { page_bytes: page_bytes as u32, pages_per_block, blocks: blocks.min(self.blocks) }
    }

    fn read_page(&mut self, at: NandPage, data: &mut [u8], _: &mut [u8]) -> Result<Ecc, NandError<Error>> {
        let status = self.driver.read_page(at.block, at.page, data, &mut []).map_err(NandError::Device)?;
        self.read.all += 1;
        self.read.corrected += u64::from(matches!(status, EccStatus::Corrected { .. }));
        match status {
            EccStatus::Uncorrectable => {
                self.read.uncorrectable += 1;
                Err(NandError::Uncorrectable)
            }
            EccStatus::Corrected { refresh: true, .. } => Ok(Ecc::Worn),
            EccStatus::Corrected { refresh: false, .. } | EccStatus::Clean => Ok(Ecc::Clean),
        }
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], _: &[u8]) -> Result<(), NandError<Error>> {
        self.driver.program_page(at.block, at.page, data, &[]).map_err(failed)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<Error>> {
        self.driver.erase_block(block).map_err(failed)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.driver.is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
        self.driver.mark_bad(block)
    }
}
