//! A computation that lives in the registers d0 to d31 and nowhere else.
//!
//! d0 to d7 are doubles, d8 to d15 integers; each step adds to every one its own number from d16 to d31. The
//! sums of doubles stay below 2^53 and are exact, so that every register follows from the number of steps.

use super::vfp;

/// Registers that hold doubles.
const DOUBLES: usize = 8;
/// Registers that hold sums; as many hold what is added.
const SUMS: usize = 16;
/// Steps at a time.
const BATCH: u32 = 500;

/// The computation.
pub struct Work {
    steps: u64,
}

/// The value of register `i` after `steps` steps.
fn expected(i: usize, steps: u64) -> u64 {
    let sum = i < SUMS;
    let lane = i % SUMS;
    let number = lane as u64 + 1;
    match lane < DOUBLES {
        // Number at the start, an odd increment.
        true if sum => ((number + steps * (2 * number + 1)) as f64).to_bits(),
        true => ((2 * number + 1) as f64).to_bits(),
        false => {
            let increment = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            if sum { (number << 56).wrapping_add(steps.wrapping_mul(increment)) } else { increment }
        }
    }
}

impl Work {
    /// Fills the registers.
    pub fn start() -> Work {
        vfp::set_control(0);
        vfp::write(&core::array::from_fn(|i| expected(i, 0)));
        Work { steps: 0 }
    }

    /// Goes on a little.
    pub fn go_on(&mut self) {
        vfp::vfp_step(BATCH);
        self.steps += u64::from(BATCH);
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether every register holds what it must.
    pub fn is_right(&self) -> bool {
        vfp::read().iter().enumerate().all(|(i, value)| *value == expected(i, self.steps))
    }
}
