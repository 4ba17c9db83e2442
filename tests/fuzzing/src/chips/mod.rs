//! The targets `card`, `nand_chip` and `cfi`: chips that say what the fuzzer wants of themselves.
//!
//! A chip of the input answers sanely for the most part, else no driver would get behind its first question.

pub mod card;
pub mod cfi;
pub mod nand;

use embedded_hal::delay::DelayNs;

/// A delay that takes no time.
#[derive(Debug)]
pub struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

/// Answers that repeat after the last one. Without any it is always 0.
#[derive(Debug)]
pub struct Answers<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Answers<'a> {
    /// These bytes, round and round.
    pub fn new(bytes: &'a [u8]) -> Answers<'a> {
        Answers { bytes, at: 0 }
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.at += 1;
        self.bytes.get((self.at - 1) % self.bytes.len().max(1)).copied().unwrap_or(0)
    }
}

/// Says when a chip that claims to be busy has been asked long enough, so that no input takes minutes.
#[derive(Debug, Default)]
pub struct Patience(u32);

impl Patience {
    /// Polls that a chip may waste, all together.
    const POLLS: u32 = 20_000;

    /// Whether it may be busy once more.
    pub fn allows(&mut self) -> bool {
        self.0 += 1;
        self.0 < Self::POLLS
    }
}
