//! [`NandBoard`]: a driver of `drivers` below the NAND store, as the boards put it there, that counts the
//! pages read.

use alloc::boxed::Box;

use oal_drivers::nand::Error;
use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

/// Pages read through a [`NandBoard`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PagesRead {
    /// All of them.
    pub all: u64,
    /// Those with so many wrong bits that their block should be moved soon.
    pub worn: u64,
    /// Those that could not be corrected.
    pub uncorrectable: u64,
}

/// The first blocks of a chip, for a store, and what was read of them.
pub struct NandBoard<'a> {
    driver: Box<dyn NandFlash<Error = Error> + 'a>,
    blocks: u32,
    /// Pages read so far.
    pub read: PagesRead,
}

/// The first `blocks` blocks of the chip behind `driver`, or all if it has fewer.
pub fn nand_board<'a>(driver: impl NandFlash<Error = Error> + 'a, blocks: u32) -> NandBoard<'a> {
    let blocks = blocks.min(driver.geometry().blocks);
    NandBoard { driver: Box::new(driver), blocks, read: PagesRead::default() }
}

impl NandFlash for NandBoard<'_> {
    type Error = Error;

    fn geometry(&self) -> NandGeometry {
        NandGeometry { blocks: self.blocks, ..self.driver.geometry() }
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<Error>> {
        let result = self.driver.read_page(at, data, spare);
        self.read.all += 1;
        self.read.worn += u64::from(result == Ok(Ecc::Worn));
        self.read.uncorrectable += u64::from(result == Err(NandError::Uncorrectable));
        result
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<Error>> {
        self.driver.program_page(at, data, spare)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<Error>> {
        self.driver.erase_block(block)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.driver.is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
        self.driver.mark_bad(block)
    }
}
