//! LZ4 blocks, by crate `lz4_flex` in its safe variants.

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

use crate::hooks::{CompressSnapshot, CorruptStream, DecompressSnapshot};

/// LZ4's block format. The value holds the compressor's table, 16 KiB: keep it in nosave memory. Its first value
/// is not all zero bytes, so a static goes to an initialised section.
pub struct Lz4 {
    table: CompressTable,
}

impl Default for Lz4 {
    fn default() -> Self {
        Self::new()
    }
}

impl Lz4 {
    /// A codec with an empty table.
    pub const fn new() -> Lz4 {
        Lz4 { table: CompressTable::large() }
    }
}

impl CompressSnapshot for Lz4 {
    const CODEC: u32 = 1;

    fn max_compressed_len(len: usize) -> usize {
        get_maximum_output_size(len)
    }

    fn compress_snapshot(&mut self, src: &[u8], dst: &mut [u8]) -> Option<usize> {
        compress_into_with_table(src, dst, &mut self.table).ok()
    }
}

impl DecompressSnapshot for Lz4 {
    fn decompress_snapshot(&self, src: &[u8], dst: &mut [u8]) -> Result<(), CorruptStream> {
        match decompress_into(src, dst) {
            Ok(len) if len == dst.len() => Ok(()),
            _ => Err(CorruptStream),
        }
    }
}
