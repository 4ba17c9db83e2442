//! [`OnDie`]: ECC inside a chip.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::array::Array;
use crate::rng::Rng;

/// What a byte of a page is to the ECC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// In this codeword.
    Guarded(usize),
    /// The ECC's own.
    Parity,
    /// In none.
    Open,
}

/// Remembers what was programmed, so that it can put right what the cells got wrong. What it corrects is
/// limited to `strength` bits in a codeword, as with a code that is computed.
#[derive(Clone, Debug)]
pub(super) struct OnDie {
    strength: u32,
    codewords: usize,
    role: fn(usize) -> Role,
    truth: BTreeMap<(u32, u32), Vec<u8>>,
    noise: Rng,
}

impl OnDie {
    pub(super) fn new(strength: u32, codewords: usize, role: fn(usize) -> Role) -> Self {
        Self { strength, codewords, role, truth: BTreeMap::new(), noise: Rng::new(0xecc) }
    }

    /// Notes what is programmed from `column` on, and gives what reaches the cells: parity in the place of
    /// whatever was meant to be there.
    pub(super) fn program(&mut self, array: &Array, at: (u32, u32), column: usize, bytes: &[u8]) -> Vec<u8> {
        let geometry = array.geometry();
        let whole = geometry.page_bytes + geometry.spare_bytes;
        let truth = self.truth.entry(at).or_insert_with(|| vec![0xff; whole]);
        let mut sent = vec![0xff; whole];
        for (n, byte) in bytes.iter().enumerate().take(whole.saturating_sub(column)) {
            sent[column + n] = *byte;
            truth[column + n] &= *byte;
        }
        for (n, byte) in sent.iter_mut().enumerate() {
            if (self.role)(n) == Role::Parity {
                *byte = self.noise.bits() as u8;
            }
        }
        sent
    }

    pub(super) fn erase(&mut self, block: u32) {
        self.truth.retain(|(of, _), _| *of != block);
    }

    /// Corrects `bytes`, just read, and tells the wrong bits of each codeword (more than the strength: they
    /// stay).
    pub(super) fn correct(&self, at: (u32, u32), bytes: &mut [u8]) -> Vec<u32> {
        let blank = vec![0xff; bytes.len()];
        let truth = self.truth.get(&at).unwrap_or(&blank);
        let mut wrong = vec![0; self.codewords];
        for (n, (byte, right)) in bytes.iter().zip(truth).enumerate() {
            if let Role::Guarded(word) = (self.role)(n) {
                wrong[word] += (byte ^ right).count_ones();
            }
        }
        for (n, (byte, right)) in bytes.iter_mut().zip(truth).enumerate() {
            if matches!((self.role)(n), Role::Guarded(word) if wrong[word] <= self.strength) {
                *byte = *right;
            }
        }
        wrong
    }

    pub(super) const fn strength(&self) -> u32 {
        self.strength
    }
}
