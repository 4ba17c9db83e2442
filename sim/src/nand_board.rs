//! [`NandBoard`]: a driver of `drivers` below the NAND store, as the boards put it there, that counts the pages read.

use alloc::boxed::Box;

use oal_drivers::nand::{EccStatus, Error, Geometry, NandDevice};
use oal_firmware::nand_flash::Flash;

/// The first blocks of a chip, for a store.
pub type NandBoard<'a> = Flash<Counted<'a>>;

/// `blocks` blocks of the chip behind `driver`, or all if it has fewer.
pub fn nand_board<'a>(driver: impl NandDevice + 'a, blocks: u32) -> NandBoard<'a> {
    Flash::new(Counted { driver: Box::new(driver), read: PagesRead::default() }, blocks)
}

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

/// A driver, and what was read through it.
pub struct Counted<'a> {
    driver: Box<dyn NandDevice + 'a>,
    /// Pages read so far.
    pub read: PagesRead,
}

impl NandDevice for Counted<'_> {
    fn geometry(&self) -> Geometry {
        self.driver.geometry()
    }

    fn read_page(
        &mut self,
        block: u32,
        page: u32,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<EccStatus, Error> {
        let status = self.driver.read_page(block, page, data, spare)?;
        self.read.all += 1;
        self.read.corrected += u64::from(matches!(status, EccStatus::Corrected { .. }));
        self.read.uncorrectable += u64::from(status == EccStatus::Uncorrectable);
        Ok(status)
    }

    fn program_page(&mut self, block: u32, page: u32, data: &[u8], spare: &[u8]) -> Result<(), Error> {
        self.driver.program_page(block, page, data, spare)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), Error> {
        self.driver.erase_block(block)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.driver.is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
        self.driver.mark_bad(block)
    }
}
