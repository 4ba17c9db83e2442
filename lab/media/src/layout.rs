//! Where things are on each kind of medium: the contract between the firmware of `boards/` and the lab. A
//! board's description has the sizes; those below are examples.
//!
//! | medium | file | from | to | what |
//! |---|---|---:|---:|---|
//! | `sd`, `emmc` | card | user area | 512 B | the partition table (MBR); QEMU puts an eMMC's boot partitions and RPMB before the user area |
//! | | | + 1 MiB | | the partition with the text, FAT16 |
//! | | | behind it | | the partition of type 0xDA: the store |
//! | `nor` | bank 0 | 0 | 64 MiB | the store, in erase blocks of 256 KiB |
//! | | bank 1 | 0 | | a FAT16 volume with the text; 0xff behind it |
//! | `nand` of `vexpress-a9` | bank 0 | *b* × 256 KiB + *p* × 2112 | + 2112 B | page *p* (of 64) of block *b* (of 256): data, then spare area. All 256 blocks are the store, under BCH that corrects 4 bits in 512 bytes |
//! | | bank 1 | | | as for `nor` |
//! | `onenand` | chip | (*b* × 64 + *p*) × 2048 | + 2048 B | page *p* (of 64) of block *b* (of 2048): data |
//! | | | 256 MiB + (*b* × 64 + *p*) × 64 | + 64 B | its spare area |
//! | | | blocks 0 to 511 | | the store |
//! | | | blocks 512 to 575 | | a FAT16 volume with the text, page by page |
//! | | | behind them | | a hole in the file, which nobody looks at |
//! | `nand` of `akita` | chip | *page* × 2048 | + 2048 B | data of 65536 pages; QEMU keeps the spare area in memory of its own |

use super::Kind;
use std::ops::Range;

/// A binary million.
pub const MIB: u64 = 1 << 20;

/// Size of each of the two boot partitions of an eMMC.
pub const EMMC_BOOT: u64 = MIB;
/// Size of an eMMC's replay-protected block.
pub const EMMC_RPMB: u64 = 128 << 10;

/// Bytes of a NAND page without its spare area.
pub const PAGE: usize = 2048;
/// Bytes of its spare area.
pub const SPARE: usize = 64;
/// Pages of a NAND block.
pub const PAGES: u32 = 64;
/// Bytes of a NAND block.
pub const BLOCK: u64 = PAGE as u64 * PAGES as u64;

/// A medium of a board: what it is, and what lies where on it. Of a card the kind says all, since the lab
/// chooses its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// What it is.
    pub kind: Kind,
    /// MiB of a chip's data, or of a bank of NOR flash.
    pub mib: u64,
    /// KiB of an erase block of NOR flash.
    pub erase_block_kib: u64,
    /// Blocks of the store, the first of a NAND chip.
    pub store_blocks: u32,
    /// Blocks of the text behind them, on a chip that has both.
    pub text_blocks: u32,
}

/// How the pages of a NAND chip lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chip {
    /// Blocks of the store, the first of the chip.
    pub blocks: u32,
    /// Where the spare area is.
    spare: Spare,
}

/// Where a chip's spare area is in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spare {
    /// Behind each page's data, with ECC in software; each block of the chip is in an erase block of so many
    /// bytes.
    Guarded(u64),
    /// Behind all data, of so many bytes.
    Apart(u64),
    /// Nowhere.
    None,
}

impl Chip {
    /// Bytes of the map of bad blocks in a record.
    pub fn map_bytes(&self) -> usize {
        self.blocks as usize / 8
    }

    /// The pages of a block of which either may carry the mark of a bad block in the first byte of its spare
    /// area: first or last (ONFI, "Factory Defect Mapping"), or first or second (OneNAND).
    pub fn marked_pages(&self) -> [u32; 2] {
        [0, if self.is_guarded() { PAGES - 1 } else { 1 }]
    }

    /// Whether the pages are guarded by ECC in software.
    pub fn is_guarded(&self) -> bool {
        matches!(self.spare, Spare::Guarded(_))
    }

    /// Whether the file has the spare area.
    pub fn has_spare(&self) -> bool {
        self.spare != Spare::None
    }

    /// Where a page's data is in the file.
    pub fn data(&self, block: u32, page: u32) -> u64 {
        match self.spare {
            Spare::Guarded(erase_block) => {
                u64::from(block) * erase_block + u64::from(page) * (PAGE + SPARE) as u64
            }
            Spare::Apart(_) | Spare::None => row(block, page) * PAGE as u64,
        }
    }

    /// Where its spare area is, if the file has it.
    pub fn spare(&self, block: u32, page: u32) -> Option<u64> {
        match self.spare {
            Spare::Guarded(_) => Some(self.data(block, page) + PAGE as u64),
            Spare::Apart(data) => Some(data + row(block, page) * SPARE as u64),
            Spare::None => None,
        }
    }
}

/// A page's number in the chip.
fn row(block: u32, page: u32) -> u64 {
    u64::from(block) * u64::from(PAGES) + u64::from(page)
}

impl Kind {
    /// Where the user area begins in the file of a card.
    pub fn user_area(self) -> u64 {
        match self {
            Self::Emmc => 2 * EMMC_BOOT + EMMC_RPMB,
            _ => 0,
        }
    }
}

impl Layout {
    /// A card.
    pub fn card(kind: Kind) -> Self {
        Self { kind, mib: 0, erase_block_kib: 0, store_blocks: 0, text_blocks: 0 }
    }

    /// Bytes of an erase block of NOR flash.
    pub fn erase_block(&self) -> u64 {
        self.erase_block_kib << 10
    }

    /// Bytes of a chip's data, or of a bank.
    pub fn bytes(&self) -> u64 {
        self.mib * MIB
    }

    /// The chip that the store is on, if it is NAND.
    pub fn chip(&self) -> Option<Chip> {
        let spare = match self.kind {
            Kind::Nand => Spare::Guarded(self.erase_block()),
            Kind::OneNand => Spare::Apart(self.bytes()),
            Kind::RawNand => Spare::None,
            Kind::Sd | Kind::Emmc | Kind::Nor => return None,
        };
        Some(Chip { blocks: self.store_blocks, spare })
    }

    /// Whether it has text besides the store.
    pub fn has_text(&self) -> bool {
        !matches!(self.kind, Kind::OneNand | Kind::RawNand) || self.text_blocks > 0
    }

    /// Whether store and text have room on it.
    pub fn fits(&self) -> bool {
        let blocks = u64::from(self.store_blocks) + u64::from(self.text_blocks);
        let block = if self.kind == Kind::Nand { self.erase_block() } else { BLOCK };
        blocks.saturating_mul(block) <= self.bytes()
    }

    /// Bytes of the store of a flash chip or bank, without spare areas.
    pub fn store_size(&self) -> u64 {
        match self.chip() {
            Some(chip) => u64::from(chip.blocks) * BLOCK,
            None => self.bytes(),
        }
    }

    /// Size of the file of a flash chip.
    pub fn file_bytes(&self) -> u64 {
        match self.kind {
            Kind::OneNand => self.bytes() / PAGE as u64 * (PAGE + SPARE) as u64,
            _ => self.bytes(),
        }
    }

    /// The parts of a flash chip's file that are used, and that an erased chip has as 0xff.
    pub fn used(&self) -> Vec<Range<u64>> {
        self.blocks(self.store_blocks + self.text_blocks)
    }

    /// Where the store of a flash chip is in its file, spare areas included.
    pub fn store(&self) -> Vec<Range<u64>> {
        self.blocks(self.store_blocks)
    }

    /// Where the text is in the file of a chip that has both.
    pub fn text(&self) -> Range<u64> {
        let start = u64::from(self.store_blocks) * BLOCK;
        start..start + u64::from(self.text_blocks) * BLOCK
    }

    /// The first blocks of a chip, with their spare area where that is apart; all of a bank.
    fn blocks(&self, count: u32) -> Vec<Range<u64>> {
        let of = |bytes: u64| u64::from(count) * bytes;
        let data = match self.kind {
            Kind::OneNand | Kind::RawNand => 0..of(BLOCK),
            _ => 0..self.bytes(),
        };
        let apart = self.bytes()..self.bytes() + of(u64::from(PAGES) * SPARE as u64);
        std::iter::once(data).chain((self.kind == Kind::OneNand).then_some(apart)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::samples;

    #[test]
    fn pages_are_where_the_table_says() {
        let nand = samples::NAND.chip().unwrap();
        assert_eq!((nand.data(0, 0), nand.spare(0, 0)), (0, Some(2048)));
        let at = 2 * 262_144 + 3 * 2112;
        assert_eq!((nand.data(2, 3), nand.spare(2, 3)), (at, Some(at + 2048)));
        assert!(nand.spare(255, 63).unwrap() + 64 <= samples::NAND.bytes());
        assert_eq!(nand.map_bytes(), 32);
        let onenand = samples::ONENAND.chip().unwrap();
        assert_eq!((onenand.data(1, 2), onenand.spare(1, 2)), (66 * 2048, Some((256 << 20) + 66 * 64)));
        assert_eq!(samples::ONENAND.file_bytes(), 276_824_064);
        assert_eq!(onenand.map_bytes(), 64);
        let [main, spare]: [_; 2] = samples::ONENAND.used().try_into().unwrap();
        assert_eq!(onenand.data(575, 63), main.end - 2048);
        assert_eq!(onenand.spare(575, 63), Some(spare.end - 64));
        let raw = samples::RAW_NAND.chip().unwrap();
        assert_eq!((raw.blocks, raw.data(1023, 63), raw.spare(0, 0)), (1024, (128 << 20) - 2048, None));
    }
}
