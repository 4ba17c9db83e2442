//! Where things are on each kind of medium: the contract between the firmware of `boards/` and this harness.
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

/// A bank of NOR flash.
pub const BANK: u64 = 64 * MIB;
/// An erase block of NOR flash.
pub const NOR_BLOCK: u64 = 256 << 10;

/// Bytes of a NAND page without its spare area.
pub const PAGE: usize = 2048;
/// Bytes of its spare area.
pub const SPARE: usize = 64;
/// Pages of a NAND block.
pub const PAGES: u32 = 64;
/// Bytes of a NAND block.
pub const BLOCK: u64 = PAGE as u64 * PAGES as u64;

/// Size of a OneNAND's main area.
const ONENAND_MAIN: u64 = 256 * MIB;
/// Blocks of a OneNAND's store.
const ONENAND_STORE: u64 = 512;
/// Blocks of a OneNAND's text.
pub const ONENAND_TEXT: Range<u64> = 512..576;

/// Size of the akita's chip.
const RAW_NAND: u64 = 128 * MIB;

/// How the pages of a NAND chip lie in a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Chip {
    /// Blocks of the store, the first of the chip.
    pub blocks: u32,
    /// Where the spare area is.
    spare: Spare,
}

/// Where a chip's spare area is in its file.
#[derive(Debug, PartialEq, Eq)]
enum Spare {
    /// Behind each page's data, with ECC in software; the chip is in a bank of NOR flash.
    Guarded,
    /// Behind all data.
    Apart,
    /// Nowhere.
    None,
}

/// The chip inside a bank of NOR flash.
static NAND: Chip = Chip { blocks: 256, spare: Spare::Guarded };
/// The OneNAND.
static ONENAND: Chip = Chip { blocks: ONENAND_STORE as u32, spare: Spare::Apart };
/// The chip of the akita.
static RAW: Chip = Chip { blocks: (RAW_NAND / BLOCK) as u32, spare: Spare::None };

impl Chip {
    /// Bytes of the map of bad blocks in a record.
    pub fn map_bytes(&self) -> usize {
        self.blocks as usize / 8
    }

    /// The pages of a block of which either may carry the mark of a bad block in the first byte of its spare area: first
    /// or last (ONFI, "Factory Defect Mapping"), or first or second (OneNAND).
    pub fn marked_pages(&self) -> [u32; 2] {
        [0, if self.is_guarded() { PAGES - 1 } else { 1 }]
    }

    /// Whether the pages are guarded by ECC in software.
    pub fn is_guarded(&self) -> bool {
        self.spare == Spare::Guarded
    }

    /// Whether the file has the spare area.
    pub fn has_spare(&self) -> bool {
        self.spare != Spare::None
    }

    /// Where a page's data is in the file.
    pub fn data(&self, block: u32, page: u32) -> u64 {
        match self.spare {
            Spare::Guarded => u64::from(block) * NOR_BLOCK + u64::from(page) * (PAGE + SPARE) as u64,
            Spare::Apart | Spare::None => row(block, page) * PAGE as u64,
        }
    }

    /// Where its spare area is, if the file has it.
    pub fn spare(&self, block: u32, page: u32) -> Option<u64> {
        match self.spare {
            Spare::Guarded => Some(self.data(block, page) + PAGE as u64),
            Spare::Apart => Some(ONENAND_MAIN + row(block, page) * SPARE as u64),
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

    /// The chip that the store is on, if it is NAND.
    pub fn chip(self) -> Option<&'static Chip> {
        match self {
            Self::Nand => Some(&NAND),
            Self::OneNand => Some(&ONENAND),
            Self::RawNand => Some(&RAW),
            Self::Sd | Self::Emmc | Self::Nor => None,
        }
    }

    /// Size of the file of a flash chip.
    pub fn file_bytes(self) -> u64 {
        match self {
            Self::Sd | Self::Emmc => 0,
            Self::Nor | Self::Nand => BANK,
            Self::OneNand => ONENAND_MAIN + ONENAND_MAIN / PAGE as u64 * SPARE as u64,
            Self::RawNand => RAW_NAND,
        }
    }

    /// The parts of a flash chip's file that are used, and that an erased chip has as 0xff.
    pub fn used(self) -> Vec<Range<u64>> {
        match self {
            Self::OneNand => onenand(0..ONENAND_TEXT.end).to_vec(),
            other => std::iter::once(0..other.file_bytes()).collect(),
        }
    }

    /// Where the store of a flash chip is in its file, spare areas included.
    pub fn store(self) -> Vec<Range<u64>> {
        match self {
            Self::OneNand => onenand(0..ONENAND_STORE).to_vec(),
            other => std::iter::once(0..other.file_bytes()).collect(),
        }
    }
}

/// Main and spare area of these blocks.
fn onenand(blocks: Range<u64>) -> [Range<u64>; 2] {
    let spare = u64::from(PAGES) * SPARE as u64;
    [
        blocks.start * BLOCK..blocks.end * BLOCK,
        ONENAND_MAIN + blocks.start * spare..ONENAND_MAIN + blocks.end * spare,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_where_the_table_says() {
        let nand = Kind::Nand.chip().unwrap();
        assert_eq!((nand.data(0, 0), nand.spare(0, 0)), (0, Some(2048)));
        let at = 2 * 262_144 + 3 * 2112;
        assert_eq!((nand.data(2, 3), nand.spare(2, 3)), (at, Some(at + 2048)));
        assert!(nand.spare(255, 63).unwrap() + 64 <= BANK);
        assert_eq!(nand.map_bytes(), 32);
        let onenand = Kind::OneNand.chip().unwrap();
        assert_eq!((onenand.data(1, 2), onenand.spare(1, 2)), (66 * 2048, Some((256 << 20) + 66 * 64)));
        assert_eq!(Kind::OneNand.file_bytes(), 276_824_064);
        assert_eq!(onenand.map_bytes(), 64);
        let [main, spare]: [_; 2] = Kind::OneNand.used().try_into().unwrap();
        assert_eq!(onenand.data(575, 63), main.end - 2048);
        assert_eq!(onenand.spare(575, 63), Some(spare.end - 64));
        let raw = Kind::RawNand.chip().unwrap();
        assert_eq!((raw.blocks, raw.data(1023, 63), raw.spare(0, 0)), (1024, (128 << 20) - 2048, None));
    }
}
