//! Programming the pages of an image one after the other, around blocks that are bad or go bad.

use crate::store::StoreError;
use crate::store::catalog::Area;
use crate::store::nand::bad_blocks::BadBlocks;
use oal_media::{NandError, NandFlash, NandPage};

/// The place of the next page of an image.
#[derive(Clone, Debug)]
pub struct Place {
    /// The blocks that the image may use.
    area: Area,
    /// The block in use, if there is one already.
    block: Option<u32>,
    /// The next page in it.
    page: u32,
    /// Bytes in the medium's page buffer that are not programmed yet.
    pub(super) waiting: usize,
}

impl Place {
    /// Before the first page.
    pub(super) fn new(area: Area) -> Place {
        Place { area, block: None, page: 0, waiting: 0 }
    }

    /// The blocks from the first of the area to the last one in use.
    pub(super) fn span(&self) -> u64 {
        self.block.map_or(0, |block| u64::from(block) + 1 - self.area.start)
    }

    /// The next block that can be erased, in the order of their numbers. Blocks found bad are noted.
    fn next_block<F: NandFlash, const MAP: usize>(
        &self,
        flash: &mut F,
        bad: &mut BadBlocks<MAP>,
    ) -> Result<u32, StoreError<F::Error>> {
        let from = self.block.map_or(self.area.start as u32, |block| block + 1);
        for block in from..self.area.end as u32 {
            if bad.contains(block) {
                continue;
            }
            if flash.is_bad(block).map_err(StoreError::Device)? {
                bad.insert(block);
                continue;
            }
            match flash.erase_block(block) {
                Ok(()) => return Ok(block),
                Err(NandError::Device(e)) => return Err(StoreError::Device(e)),
                Err(_) => retire(flash, bad, block),
            }
        }
        Err(StoreError::TooManyBadBlocks)
    }

    /// Programs `page` behind the pages before it. If the block fails, its pages move to the next good one,
    /// through `scratch`, and it is marked bad.
    pub(super) fn program<F: NandFlash, const PAGE: usize, const MAP: usize>(
        &mut self,
        flash: &mut F,
        bad: &mut BadBlocks<MAP>,
        page: &[u8; PAGE],
        scratch: &mut [u8; PAGE],
    ) -> Result<(), StoreError<F::Error>> {
        let pages = flash.geometry().pages_per_block;
        if self.block.is_none() || self.page >= pages {
            let block = self.next_block(flash, bad)?;
            (self.block, self.page) = (Some(block), 0);
        }
        // Every round takes another block, and the area has an end.
        while let Some(block) = self.block {
            if programmed(flash, NandPage { block, page: self.page }, page)? {
                self.page += 1;
                return Ok(());
            }
            self.move_on(flash, bad, block, scratch)?;
        }
        Err(StoreError::TooManyBadBlocks)
    }

    /// Copies the pages of `failed` to a fresh block.
    fn move_on<F: NandFlash, const PAGE: usize, const MAP: usize>(
        &mut self,
        flash: &mut F,
        bad: &mut BadBlocks<MAP>,
        failed: u32,
        scratch: &mut [u8; PAGE],
    ) -> Result<(), StoreError<F::Error>> {
        // Again: every round takes another block.
        loop {
            let fresh = self.next_block(flash, bad)?;
            self.block = Some(fresh);
            let mut page = 0;
            while page < self.page {
                match flash.read_page(NandPage { block: failed, page }, scratch, &mut []) {
                    Ok(_) => {}
                    Err(NandError::Device(e)) => return Err(StoreError::Device(e)),
                    Err(_) => return Err(StoreError::Uncorrectable),
                }
                if !programmed(flash, NandPage { block: fresh, page }, scratch)? {
                    break;
                }
                page += 1;
            }
            if page == self.page {
                retire(flash, bad, failed);
                return Ok(());
            }
            retire(flash, bad, fresh);
        }
    }
}

/// Programs one page; `false` if the chip says that this failed.
fn programmed<F: NandFlash, const PAGE: usize>(
    flash: &mut F,
    at: NandPage,
    page: &[u8; PAGE],
) -> Result<bool, StoreError<F::Error>> {
    match flash.program_page(at, page, &[]) {
        Ok(()) => Ok(true),
        Err(NandError::Device(e)) => Err(StoreError::Device(e)),
        Err(_) => Ok(false),
    }
}

/// Notes and marks a bad block. What counts is the map that the next record carries; the mark on the chip may
/// fail.
fn retire<F: NandFlash, const MAP: usize>(flash: &mut F, bad: &mut BadBlocks<MAP>, block: u32) {
    bad.insert(block);
    let _ = flash.mark_bad(block);
}
