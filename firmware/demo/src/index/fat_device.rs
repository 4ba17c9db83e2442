//! The text's medium as crate `embedded-sdmmc` wants it: read only, behind a shared reference.

use core::cell::RefCell;

use embedded_sdmmc::{Block, BlockCount, BlockDevice, BlockIdx};

use oal_firmware::storage::{ReadFailed, Sectors};

/// The medium, for as long as the volume is open.
pub struct FatDevice<'a>(RefCell<&'a mut dyn Sectors>);

impl<'a> FatDevice<'a> {
    /// A volume on `medium`.
    pub fn new(medium: &'a mut dyn Sectors) -> Self {
        FatDevice(RefCell::new(medium))
    }
}

impl BlockDevice for FatDevice<'_> {
    type Error = ReadFailed;

    fn read(&self, blocks: &mut [Block], start: BlockIdx) -> Result<(), ReadFailed> {
        let mut medium = self.0.borrow_mut();
        for (sector, block) in (u64::from(start.0)..).zip(blocks) {
            medium.read(sector, &mut block.contents)?;
        }
        Ok(())
    }

    /// The application writes no files.
    fn write(&self, _blocks: &[Block], _start: BlockIdx) -> Result<(), ReadFailed> {
        Err(ReadFailed)
    }

    fn num_blocks(&self) -> Result<BlockCount, ReadFailed> {
        Ok(BlockCount(u32::try_from(self.0.borrow().sectors()).unwrap_or(u32::MAX)))
    }
}
