//! Layouts of flash for tests: chips as boards have them.

use crate::{Kind, Layout};

/// NOR flash in blocks of 256 KiB.
pub const NOR: Layout =
    Layout { kind: Kind::Nor, mib: 64, erase_block_kib: 256, store_blocks: 0, text_blocks: 0 };
/// A chip whose cells are in NOR flash.
pub const NAND: Layout =
    Layout { kind: Kind::Nand, mib: 64, erase_block_kib: 256, store_blocks: 256, text_blocks: 0 };
/// A OneNAND with a store and text.
pub const ONENAND: Layout =
    Layout { kind: Kind::OneNand, mib: 256, erase_block_kib: 0, store_blocks: 512, text_blocks: 64 };
/// A chip whose file has no spare area.
pub const RAW_NAND: Layout =
    Layout { kind: Kind::RawNand, mib: 128, erase_block_kib: 0, store_blocks: 1024, text_blocks: 0 };
