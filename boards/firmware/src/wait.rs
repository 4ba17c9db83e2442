//! [`Wait`]: a clock that waits, for drivers that ask for `embedded-hal`'s delay.

use embedded_hal::delay::DelayNs;
use oal_parts::clock::{Clock, Deadline};

/// Waits by a clock. Every wait ends, even if the clock stands still.
#[derive(Debug)]
pub struct Wait<C>(pub C);

impl<C: Clock> DelayNs for Wait<C> {
    /// Waits for `ns` nanoseconds or a little longer: at least one step of the clock.
    fn delay_ns(&mut self, ns: u32) {
        let mut deadline = Deadline::new(self.0.now_us(), u64::from(ns.div_ceil(1000)));
        while !deadline.passed(self.0.now_us()) {
            core::hint::spin_loop();
        }
    }
}
