//! The codes against flips of all kinds, and against other implementations.
#![allow(clippy::unwrap_used)]

mod bch;
mod field;
mod hamming;
mod page;
mod vector;
mod vectors;

use super::*;

/// Numbers for seeded cases: xorshift of Marsaglia, 64 bits.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 32) as usize) % limit
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| (self.next() >> 40) as u8);
    }
}

/// Flips bit `bit` of data followed by ECC, counted from the first byte's most significant.
fn flip(data: &mut [u8], ecc: &mut [u8], bit: usize) {
    let (bytes, bit) = match bit.checked_sub(8 * data.len()) {
        Some(bit) => (ecc, bit),
        None => (data, bit),
    };
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
}

/// Flips `count` different bits of the first `bits`.
fn flip_some(random: &mut Random, data: &mut [u8], ecc: &mut [u8], count: u32, bits: usize) {
    let mut done = std::vec::Vec::new();
    while done.len() < count as usize {
        let bit = random.below(bits);
        if !done.contains(&bit) {
            done.push(bit);
            flip(data, ecc, bit);
        }
    }
}
