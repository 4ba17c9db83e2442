//! A computation in memory: this core has no vector unit whose registers it could live in.
//!
//! Each step adds to every sum its own odd number, so that every sum can be told from the number of steps.

/// Sums.
const SUMS: usize = 16;
/// Steps at a time.
const BATCH: u64 = 500;

/// The computation.
pub struct Work {
    steps: u64,
    sums: [u64; SUMS],
}

fn increment(i: usize) -> u64 {
    (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
}

impl Work {
    /// All sums are 0.
    pub fn start() -> Work {
        Work { steps: 0, sums: [0; SUMS] }
    }

    /// Goes on a little.
    pub fn go_on(&mut self) {
        for (i, sum) in self.sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(increment(i).wrapping_mul(BATCH));
        }
        self.steps = self.steps.wrapping_add(BATCH);
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether every sum is what it must be.
    pub fn is_right(&self) -> bool {
        self.sums.iter().enumerate().all(|(i, sum)| *sum == increment(i).wrapping_mul(self.steps))
    }
}
