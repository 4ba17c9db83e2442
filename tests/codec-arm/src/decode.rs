//! The decoder against the safe one.

use oal_snapshot::codec::Lz4;
use oal_snapshot::hooks::DecompressSnapshot;
use semihosting::println;

use crate::arena::{Against, Large, source, target};
use crate::blocks;
use crate::random::Random;

/// The longest block that is drawn, and what it may decode to.
const LONGEST: usize = 400_000;

static MADE: Large<[u8; LONGEST]> = Large::new([0; LONGEST]);
static EXPECTED: Large<[u8; LONGEST]> = Large::new([0; LONGEST]);
static CODEC: Lz4 = Lz4::new();

/// What was tried.
#[derive(Default)]
struct Counts {
    blocks: u32,
    right: u32,
    wrong: u32,
}

/// Tries `wanted` blocks as they are, and some of them with every truncation and every flipped bit.
pub fn run(random: &mut Random, wanted: u32) {
    // SAFETY: this function alone uses the statics, once.
    let (made, expected) = unsafe { (MADE.get(), EXPECTED.get()) };
    let mut counts = Counts::default();
    let mut drawn = 0;
    while counts.blocks < wanted {
        let (len, decoded) = blocks::draw(random, made);
        drawn += 1;
        let block = &made[..len];
        if !agree(random, block, decoded, expected, &mut counts) {
            fail(block, decoded, "a block that is right");
        }
        // An output that ends too early, or has too much room, wherever that falls in the last sequences.
        for other in [decoded + 1, decoded.saturating_sub(1), random.below(decoded as u32 + 1) as usize] {
            agree(random, block, other, expected, &mut counts);
        }
        for _ in 0..4 {
            let other = (decoded + 40).saturating_sub(random.below(80) as usize);
            agree(random, block, other, expected, &mut counts);
        }
        if len < 64 && drawn % 8 == 0 {
            mutate(random, &mut made[..len], decoded, expected, &mut counts);
        } else {
            for _ in 0..8 {
                let at = random.below(len as u32) as usize;
                let byte = made[at];
                made[at] = (random.next() >> 24) as u8;
                agree(random, &made[..len], decoded, expected, &mut counts);
                made[at] = byte;
                let cut = random.below(len as u32) as usize;
                agree(random, &made[..cut], decoded, expected, &mut counts);
            }
        }
        if drawn % 16 == 0 {
            let len = random.below(80) as usize;
            for byte in &mut made[..len] {
                *byte = (random.next() >> 24) as u8;
            }
            let decoded = random.below(400) as usize;
            agree(random, &made[..len], decoded, expected, &mut counts);
        }
    }
    println!(
        "decoder: {} blocks ({} drawn), {} decoded alike, {} refused alike",
        counts.blocks, drawn, counts.right, counts.wrong
    );
}

/// Every truncation and every flipped bit of a block.
fn mutate(random: &mut Random, block: &mut [u8], decoded: usize, expected: &mut [u8], counts: &mut Counts) {
    for cut in 0..block.len() {
        agree(random, &block[..cut], decoded, expected, counts);
    }
    for bit in 0..block.len() * 8 {
        block[bit / 8] ^= 1 << (bit % 8);
        agree(random, block, decoded, expected, counts);
        block[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Decodes by both ways to `len` bytes; whether the block is right. Ends the program if they differ.
fn agree(random: &mut Random, block: &[u8], len: usize, expected: &mut [u8], counts: &mut Counts) -> bool {
    let sides = random.next();
    let side = |bit: u32| if sides & bit == 0 { Against::Start } else { Against::End };
    let src = source(block.len(), side(1 << 20));
    src.copy_from_slice(block);
    let dst = target(len, side(1 << 21));
    let expected = &mut expected[..len];
    let twin = lz4_flex::block::decompress_into(block, expected).is_ok_and(|n| n == len);
    let ours = CODEC.decompress_snapshot(src, dst).is_ok();
    counts.blocks += 1;
    if ours != twin {
        println!("the twin says {twin}, the assembly {ours}");
        fail(block, len, "they judge differently");
    }
    if twin && dst != expected {
        let at = dst.iter().zip(&*expected).position(|(a, b)| a != b);
        println!("first difference at {at:?}");
        fail(block, len, "they decode differently");
    }
    if twin {
        counts.right += 1;
    } else {
        counts.wrong += 1;
    }
    twin
}

fn fail(block: &[u8], len: usize, why: &str) -> ! {
    println!("FAILED: {why}: {} bytes to {len}: {block:02x?}", block.len());
    semihosting::process::exit(1)
}
