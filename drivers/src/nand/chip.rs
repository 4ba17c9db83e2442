//! [`Chip`]: what has to be known of a parallel NAND chip to drive it, and how its pages are addressed.
#![forbid(unsafe_code)]

use super::geometry::Geometry;
use super::marker::MarkerRule;

/// The two families of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CommandSet {
    /// Pages of 512 bytes: a pointer command (00h, 01h, 50h) selects the half or the spare area, one column
    /// cycle.
    SmallPage,
    /// Pages of 2048 bytes or more: reads are confirmed by 30h, two column cycles reach the spare area.
    LargePage,
}

/// The longest times of the chip's own operations, in microseconds, by its data sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Times {
    /// tR: from the cells to the page register.
    pub read_us: u32,
    /// tPROG: from the page register to the cells.
    pub program_us: u32,
    /// tBERS: erasing a block.
    pub erase_us: u32,
}

/// A parallel NAND chip, as its parameter page ([`onfi`](super::onfi)) or its id bytes ([`ids`](super::ids))
/// describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Chip {
    /// Its measures.
    pub geometry: Geometry,
    /// Blocks in each of its logical units; one unit has all of them on most chips.
    pub blocks_per_lun: u32,
    /// Its commands.
    pub commands: CommandSet,
    /// Address cycles of a column: 1 or 2.
    pub column_cycles: u8,
    /// Address cycles of a row: 1 to 3.
    pub row_cycles: u8,
    /// The place of its maker's bad-block marks.
    pub marker: MarkerRule,
    /// Wrong bits in 512 bytes that the ECC over it must be able to correct. None if the chip does not say.
    pub ecc_bits: Option<u8>,
    /// The number of times that a page may be programmed between two erases (NOP), at least 1.
    pub programs_per_page: u8,
    /// Its times.
    pub times: Times,
}

impl Chip {
    /// Row address of a page (ONFI, "Addressing"): page, block and unit, each in whole bits.
    pub(super) fn row(&self, block: u32, page: u32) -> u32 {
        let per_lun = self.blocks_per_lun.max(1);
        let (lun, block) = (block / per_lun, block % per_lun);
        let page_bits = bits_for(self.geometry.pages_per_block);
        // Unbounded, so that even a `Chip` that makes no sense gives some row.
        (lun.unbounded_shl(bits_for(per_lun)) | block).unbounded_shl(page_bits) | page
    }

    /// The address cycles of a row alone, and how many they are.
    pub(super) fn row_address(&self, row: u32) -> ([u8; 5], usize) {
        let bytes = row.to_le_bytes();
        ([bytes[0], bytes[1], bytes[2], 0, 0], usize::from(self.row_cycles.min(3)))
    }

    /// The address cycles of a column in a row, lowest byte first, and how many they are.
    pub(super) fn address(&self, column: usize, row: u32) -> ([u8; 5], usize) {
        let ([a, b, c, ..], rows) = self.row_address(row);
        let low = (column & 0xff) as u8;
        let high = ((column >> 8) & 0xff) as u8;
        match self.column_cycles {
            0 | 1 => ([low, a, b, c, 0], 1 + rows),
            _ => ([low, high, a, b, c], 2 + rows),
        }
    }
}

/// Bits that number `count` things.
pub(super) const fn bits_for(count: u32) -> u32 {
    match count {
        0 | 1 => 0,
        _ => u32::BITS - (count - 1).leading_zeros(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nand::ids;

    #[test]
    fn cycles_are_as_the_data_sheets_draw_them() {
        // K9F1G08U0: A0-A7, A8-A11, A12-A19, A20-A27.
        let large = ids::decode(&[0xec, 0xf1, 0x00, 0x95, 0x40]).unwrap();
        let row = large.row(0x3ff, 0x21);
        assert_eq!(large.address(0x0812, row), ([0x12, 0x08, 0xe1, 0xff, 0], 4));
        // K9F2808U0: A0-A7, A9-A16, A17-A23.
        let small = ids::decode(&[0xec, 0x73, 0, 0, 0]).unwrap();
        let row = small.row(0x3fe, 0x1f);
        assert_eq!(small.address(5, row), ([5, 0xdf, 0x7f, 0, 0], 3));
        assert_eq!(small.row_address(row), ([0xdf, 0x7f, 0, 0, 0], 2));
    }

    #[test]
    fn units_and_blocks_take_whole_bits() {
        let mut chip = ids::decode(&[0xec, 0xdc, 0x10, 0x95, 0x54]).unwrap();
        chip.geometry.pages_per_block = 96;
        chip.blocks_per_lun = 1000;
        chip.geometry.blocks = 2000;
        assert_eq!(chip.row(1001, 95), 1 << 17 | 1 << 7 | 95);
        assert_eq!([bits_for(1), bits_for(2), bits_for(64), bits_for(65)], [0, 1, 6, 7]);
    }
}
