//! Noise for RAM and media: the same seed gives the same bytes.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::Write;

const BLOCK: usize = 1 << 20;

/// A xorshift64* generator: short, quick and good enough to look like nothing in particular.
pub struct Noise(u64);

impl Noise {
    /// A generator; every seed is good.
    pub fn new(seed: u64) -> Self {
        // Zero is the one state from which xorshift never leaves; the odd multiplier spreads small seeds.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`, which must not be zero.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.word() % limit as u64) as usize
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let word = self.word().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// Writes `size` bytes of noise to a file.
pub fn write(file: &mut File, size: u64, seed: u64) -> Result<()> {
    let mut noise = Noise::new(seed);
    let mut block = vec![0; BLOCK];
    let mut left = size;
    while left > 0 {
        let n = left.min(BLOCK as u64) as usize;
        noise.fill(&mut block[..n]);
        file.write_all(&block[..n]).context("cannot write noise: is there room for temporary files?")?;
        left -= n as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_seeds_differ() {
        let take = |seed| {
            let mut buffer = [0; 13];
            Noise::new(seed).fill(&mut buffer);
            buffer
        };
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
        assert_ne!(take(0), [0; 13]);
    }
}
