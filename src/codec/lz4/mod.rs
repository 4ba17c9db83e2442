//! LZ4's block format.
//!
//! The compressor ([`compress`]) is safe Rust, in two levels. The decoder on ARM is assembly; which of its
//! three forms, is chosen when the library is built, by the features `unaligned` and `neon`. Elsewhere, and
//! as the twin that the assembly is tested against, it is the safe one of crate `lz4_flex`.

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

/// LZ4's block format, and a compressor for images that are written once and booted many times: smaller
/// images, for several times the work. The value holds the compressor's tables, 160 KiB: keep it in nosave
/// memory. Images of it and of [`Lz4`] are of one codec.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    /// Literals, short and long matches near and far, and lengths that need bytes of their own.
    fn sample() -> Vec<u8> {
        let mut text = b"quick brown fox; quick red fox".to_vec();
        text.extend((0..18_u32).map(|i| (i * 37 % 251) as u8));
        text.extend(b"quick brown fox");
        text.extend([b'.'; 30]);
        text.extend(b" fox.");
        text
    }

    /// Decodes between guards; whether the block was right.
    fn decodes(codec: &impl DecompressSnapshot, block: &[u8], len: usize, out: &mut Vec<u8>) -> bool {
        const GUARD: usize = 32;
        out.clear();
        out.resize(GUARD + len + GUARD, 0x5a);
        let right = codec.decompress_snapshot(block, &mut out[GUARD..GUARD + len]).is_ok();
        assert!(out[..GUARD].iter().chain(&out[GUARD + len..]).all(|byte| *byte == 0x5a), "wrote outside");
        out.drain(..GUARD);
        out.truncate(len);
        right
    }

    fn every_truncation_and_flip<Z: CompressSnapshot + DecompressSnapshot>(codec: &mut Z) {
        let text = sample();
        let mut block = vec![0; text.len()];
        let len = codec.compress_snapshot(&text, &mut block).unwrap();
        block.truncate(len);
        let mut out = Vec::new();
        assert!(decodes(codec, &block, text.len(), &mut out) && out == text);
        for cut in 0..len {
            assert!(!decodes(codec, &block[..cut], text.len(), &mut out), "the first {cut} bytes");
            // The tables are cleared each time, for which Miri needs long.
            if !cfg!(miri) || cut % 64 == 0 {
                assert_eq!(codec.compress_snapshot(&text, &mut vec![0; cut]), None, "room for {cut} bytes");
            }
        }
        let mut right = 0;
        for bit in 0..len * 8 {
            block[bit / 8] ^= 1 << (bit % 8);
            right += usize::from(decodes(codec, &block, text.len(), &mut out));
            block[bit / 8] ^= 1 << (bit % 8);
        }
        // A flipped literal is another text; a flipped length or an offset before the start is no block.
        assert!(right > 0 && right < len * 8, "{right} of {}", len * 8);
        for wrong in [text.len() - 1, text.len() + 1] {
            assert!(!decodes(codec, &block, wrong, &mut out), "to {wrong} bytes");
        }
    }

    #[test]
    fn every_truncation_and_bit_flip_of_a_block_stays_inside_its_buffers() {
        every_truncation_and_flip(&mut Lz4::new());
    }

    #[test]
    fn the_high_levels_blocks_do_so_too() {
        every_truncation_and_flip(&mut *std::boxed::Box::new(Lz4High::new()));
    }
}
