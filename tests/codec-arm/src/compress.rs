//! The compressor: what it makes must decode, by the safe decoder and by ours, to what it was made of.

use oal_snapshot::codec::{Lz4, Lz4High};
use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::hooks::{CompressSnapshot, DecompressSnapshot};
use semihosting::println;

use crate::arena::{Against, Large, source, target};
use crate::random::Random;

const LONGEST: usize = 1 << 16;

static FAST: Large<Lz4> = Large::new(Lz4::new());
static HIGH: Large<Lz4High> = Large::new(Lz4High::new());
static PACKED: Large<[u8; LONGEST]> = Large::new([0; LONGEST]);
static BACK: Large<[u8; LONGEST]> = Large::new([0; LONGEST]);

/// Compresses `wanted` texts by both levels. The checksum of all blocks is printed: it is the same in every
/// build.
pub fn run(random: &mut Random, wanted: u32) {
    // SAFETY: this function alone uses the statics, once.
    let (fast, high) = unsafe { (FAST.get(), HIGH.get()) };
    let mut digest = Crc32c::new();
    let (mut packed, mut raw) = (0, 0);
    for i in 0..wanted {
        let len = match i {
            0..40 => i,
            40..44 => 65536 - (i - 40),
            _ if random.below(16) == 0 => random.below(65537),
            _ => random.below(3000),
        };
        let src = source(len as usize, if i % 2 == 0 { Against::End } else { Against::Start });
        write(random, src);
        for stored in [check(fast, src, &mut digest), check(high, src, &mut digest)] {
            packed += u32::from(stored);
            raw += u32::from(!stored);
        }
    }
    println!("compressor: {packed} blocks and {raw} left raw, their checksum {:#010x}", digest.finish());
}

/// Whether `src` was compressed; if so the block is added to `digest`.
fn check<Z: CompressSnapshot + DecompressSnapshot>(codec: &mut Z, src: &[u8], digest: &mut Crc32c) -> bool {
    // SAFETY: this function alone uses the statics, and does not call itself.
    let (packed, back) = unsafe { (PACKED.get(), BACK.get()) };
    let Some(len) = codec.compress_snapshot(src, packed) else { return false };
    let block = &packed[..len];
    digest.update(block);
    let back = &mut back[..src.len()];
    let theirs = lz4_flex::block::decompress_into(block, back).is_ok_and(|n| n == src.len()) && back == src;
    let out = target(src.len(), Against::End);
    let ours = codec.decompress_snapshot(block, out).is_ok() && out == src;
    if !theirs || !ours || len >= src.len() {
        println!("FAILED: {} bytes compressed to {len}: theirs {theirs}, ours {ours}", src.len());
        semihosting::process::exit(1);
    }
    true
}

/// A text with something to find in it, mostly.
fn write(random: &mut Random, text: &mut [u8]) {
    let letters = [2, 4, 16, 256][random.below(4) as usize];
    let copies = random.below(4) * 12;
    let mut at = 0;
    while at < text.len() {
        let len = (1 + random.below(40) as usize).min(text.len() - at);
        if at > 0 && random.below(40) < copies {
            let back = 1 + random.below(at as u32) as usize;
            for i in at..at + len {
                text[i] = text[i - back];
            }
        } else {
            for byte in &mut text[at..at + len] {
                *byte = random.below(letters) as u8;
            }
        }
        at += len;
    }
}
