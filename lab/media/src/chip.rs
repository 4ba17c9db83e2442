//! NAND pages in a medium's file: as the cells have them, and as a driver with ECC reads and programs them.

use super::Medium;
use super::layout::{Chip, PAGE, PAGES, SPARE};
use anyhow::{Context, Result, anyhow};
use oal_drivers::nand::ecc::{Bch, Marker, PageEcc, PageLayout};

/// A page of a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The block.
    pub block: u32,
    /// The page within it.
    pub page: u32,
}

/// The chip in a medium's file.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    medium: &'a Medium,
    chip: Chip,
}

impl<'a> Cells<'a> {
    /// The chip, if the medium is one.
    pub fn of(medium: &'a Medium) -> Option<Self> {
        medium.layout.chip().map(|chip| Self { medium, chip })
    }

    /// Blocks of the store.
    pub fn blocks(self) -> u32 {
        self.chip.blocks
    }

    /// Whether the medium's file has the spare area.
    pub fn has_spare(self) -> bool {
        self.chip.has_spare()
    }

    /// Bytes of a record's map of bad blocks.
    pub fn map_bytes(self) -> usize {
        self.chip.map_bytes()
    }

    /// A page's data, corrected if the chip is guarded; `None` if that cannot be done.
    pub fn read(self, at: At) -> Result<Option<Vec<u8>>> {
        let mut data = self.medium.read(self.chip.data(at.block, at.page), PAGE)?;
        if self.chip.is_guarded() {
            let mut spare = self.medium.read(self.spare(at)?, SPARE)?;
            if ecc()?.correct_page(&mut data, &mut spare).is_err() {
                return Ok(None);
            }
        }
        Ok(Some(data))
    }

    /// Replaces a page's data, with the ECC that belongs to it.
    pub fn write(self, at: At, data: &[u8]) -> Result<()> {
        if self.chip.is_guarded() {
            let place = self.spare(at)?;
            let mut spare = self.medium.read(place, SPARE)?;
            ecc()?.encode_page(data, &mut spare).map_err(|e| anyhow!("a page of the wrong size: {e:?}"))?;
            self.medium.write(place, &spare)?;
        }
        self.medium.write(self.chip.data(at.block, at.page), data)
    }

    /// Flips one bit of the cells; bits are numbered through data and spare area.
    pub fn flip(self, at: At, bit: usize) -> Result<()> {
        let byte = bit / 8;
        let offset = match byte.checked_sub(PAGE) {
            None => self.chip.data(at.block, at.page) + byte as u64,
            Some(byte) => self.spare(at)? + byte as u64,
        };
        let mut cell = self.medium.read(offset, 1)?;
        cell[0] ^= 1 << (bit % 8);
        self.medium.write(offset, &cell)
    }

    /// Marks a block bad as a maker does: the first byte of the spare area of one of two pages is 0.
    pub fn mark_bad(self, block: u32, which: usize) -> Result<()> {
        let page = self.chip.marked_pages()[which];
        self.medium.write(self.spare(At { block, page })?, &[0])
    }

    /// Whether a block is marked bad.
    pub fn is_marked(self, block: u32) -> Result<bool> {
        let mark = |page| Ok(self.medium.read(self.spare(At { block, page })?, 1)?[0]);
        let marks: Result<Vec<u8>> = self.chip.marked_pages().into_iter().map(mark).collect();
        Ok(marks?.iter().any(|byte| byte.count_zeros() > 1))
    }

    /// All of a block as the cells have it: each page's data and spare area.
    pub fn block(self, block: u32) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        for page in 0..PAGES {
            all.extend(self.medium.read(self.chip.data(block, page), PAGE)?);
            all.extend(self.medium.read(self.spare(At { block, page })?, SPARE)?);
        }
        Ok(all)
    }

    fn spare(self, at: At) -> Result<u64> {
        self.chip.spare(at.block, at.page).context("the chip's file has no spare area")
    }
}

/// The code of the board's driver: BCH, 4 bits in 512 bytes, at the end of the spare area.
fn ecc() -> Result<PageEcc<Bch<4>>> {
    const CODE: usize = 4 * 7;
    let layout = PageLayout {
        page_bytes: PAGE,
        spare_bytes: SPARE,
        ecc_offset: SPARE - CODE,
        marker: Marker::LARGE_PAGE,
    };
    PageEcc::new(layout).map_err(|e| anyhow!("{e:?}")).context("the layout of the ECC is wrong")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{NAND, ONENAND};
    use crate::{Kind, Layout, Sizes};

    #[test]
    fn a_page_reads_as_written_and_survives_as_many_flips_as_the_code_corrects() {
        let dir = tempfile::tempdir().unwrap();
        let at = At { block: 9, page: 5 };
        let data: Vec<u8> = (0..PAGE).map(|i| (i * 7) as u8).collect();
        for layout in [NAND, ONENAND] {
            let kind = layout.kind;
            let medium = Medium::blank(&dir.path().join(kind.name()), layout, Sizes::SMALL).unwrap();
            let cells = Cells::of(&medium).unwrap();
            assert_eq!(cells.read(at).unwrap().unwrap(), [0xff; PAGE]);
            cells.write(at, &data).unwrap();
            assert_eq!(cells.read(at).unwrap().unwrap(), data);
            let neighbour = At { page: 6, ..at };
            assert_eq!(cells.read(neighbour).unwrap().unwrap(), [0xff; PAGE]);
            for bit in [3, 700, 2000, 4095] {
                cells.flip(at, bit).unwrap();
            }
            assert_eq!(cells.read(at).unwrap().unwrap() == data, kind == Kind::Nand, "{kind:?}");
            for bit in [4, 701, 2001, 4090] {
                cells.flip(at, bit).unwrap();
            }
            assert_eq!(cells.read(at).unwrap().is_none(), kind == Kind::Nand, "{kind:?}");
        }
    }

    #[test]
    fn a_mark_in_either_page_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let medium = Medium::blank(&dir.path().join("m"), ONENAND, Sizes::SMALL).unwrap();
        let cells = Cells::of(&medium).unwrap();
        cells.mark_bad(3, 1).unwrap();
        cells.mark_bad(511, 0).unwrap();
        let marked: Vec<u32> = (0..512).filter(|b| cells.is_marked(*b).unwrap()).collect();
        assert_eq!(marked, [3, 511]);
        let zeroes = |layout: Layout, medium: &Medium| {
            let block = Cells::of(medium).unwrap().block(3).unwrap();
            let zeroes: Vec<usize> = (0..block.len()).filter(|i| block[*i] == 0).collect();
            assert_eq!(zeroes, [2112 * layout.chip().unwrap().marked_pages()[1] as usize + 2048]);
        };
        zeroes(ONENAND, &medium);
        let medium = Medium::blank(&dir.path().join("n"), NAND, Sizes::SMALL).unwrap();
        Cells::of(&medium).unwrap().mark_bad(3, 1).unwrap();
        zeroes(NAND, &medium);
    }
}
