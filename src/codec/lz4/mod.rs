//! LZ4's block format.
//!
//! The compressor ([`compress`]) is safe Rust, in two levels. The decoder on ARM is assembly; which of its three
//! forms, is chosen when the library is built, by the features `unaligned` and `neon`. Elsewhere, and as the twin that
//! the assembly is tested against, it is the safe one of crate `lz4_flex`.

#[cfg(target_arch = "arm")]
#[allow(unsafe_code)]
mod arm;

mod compress;

use crate::hooks::{CompressSnapshot, CorruptStream, DecompressSnapshot};
use compress::{Chains, Table, compress_fast, compress_high};

/// A compressed block of this many bytes or more is refused: its length fields could overflow 32 bits.
const MAX_BLOCK: usize = 8 << 20;

/// LZ4's block format, and a compressor for images that are written often. The value holds the compressor's
/// table, 16 KiB: keep it in nosave memory.
pub struct Lz4 {
    table: Table,
}

impl Default for Lz4 {
    fn default() -> Self {
        Self::new()
    }
}

impl Lz4 {
    /// A codec with an empty table.
    pub const fn new() -> Lz4 {
        Lz4 { table: Table::new() }
    }
}

impl CompressSnapshot for Lz4 {
    const CODEC: u32 = 1;

    fn max_compressed_len(len: usize) -> usize {
        len
    }

    /// `None` also for a `src` of more than 64 KiB.
    fn compress_snapshot(&mut self, src: &[u8], dst: &mut [u8]) -> Option<usize> {
        compress_fast(src, less(dst, src)?, &mut self.table)
    }
}

impl DecompressSnapshot for Lz4 {
    fn decompress_snapshot(&self, src: &[u8], dst: &mut [u8]) -> Result<(), CorruptStream> {
        decompress(src, dst)
    }
}

/// LZ4's block format, and a compressor for images that are written once and booted for ever: smaller images, for
/// several times the work. The value holds the compressor's tables, 160 KiB: keep it in nosave memory. Images of it
/// and of [`Lz4`] are of one codec.
pub struct Lz4High {
    chains: Chains,
}

impl Default for Lz4High {
    fn default() -> Self {
        Self::new()
    }
}

impl Lz4High {
    /// A codec with empty tables.
    pub const fn new() -> Lz4High {
        Lz4High { chains: Chains::new() }
    }
}

impl CompressSnapshot for Lz4High {
    const CODEC: u32 = Lz4::CODEC;

    fn max_compressed_len(len: usize) -> usize {
        len
    }

    /// `None` also for a `src` of more than 64 KiB.
    fn compress_snapshot(&mut self, src: &[u8], dst: &mut [u8]) -> Option<usize> {
        compress_high(src, less(dst, src)?, &mut self.chains)
    }
}

impl DecompressSnapshot for Lz4High {
    fn decompress_snapshot(&self, src: &[u8], dst: &mut [u8]) -> Result<(), CorruptStream> {
        decompress(src, dst)
    }
}

/// As much of `dst` as is less than `src`: what does not fit there is no gain.
fn less<'a>(dst: &'a mut [u8], src: &[u8]) -> Option<&'a mut [u8]> {
    let room = dst.len().min(src.len().checked_sub(1)?);
    dst.get_mut(..room)
}

fn decompress(src: &[u8], dst: &mut [u8]) -> Result<(), CorruptStream> {
    if src.len() < MAX_BLOCK && decode(src, dst) { Ok(()) } else { Err(CorruptStream) }
}

#[cfg(target_arch = "arm")]
use arm::decode;

/// Decodes the block `src` to all of `dst`; false if it is not a block of exactly that many bytes.
#[cfg(not(target_arch = "arm"))]
fn decode(src: &[u8], dst: &mut [u8]) -> bool {
    lz4_flex::block::decompress_into(src, dst).is_ok_and(|len| len == dst.len())
}
