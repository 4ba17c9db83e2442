//! Time for time-outs: a clock that counts microseconds, and a deadline that ends even if it stops.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

/// A clock that counts microseconds and never goes back. Where it starts does not matter.
///
/// The drivers here read it only while they wait for hardware, so reading may cost a division.
pub trait Clock {
    /// Microseconds since some fixed moment.
    fn now_us(&mut self) -> u64;
}

impl<C: Clock + ?Sized> Clock for &mut C {
    fn now_us(&mut self) -> u64 {
        (**self).now_us()
    }
}

impl Clock for fn() -> u64 {
    fn now_us(&mut self) -> u64 {
        self()
    }
}

/// The moment at which waiting ends.
///
/// A clock that stands still (its timer was never started, or a debugger froze it) must not turn a
/// time-out into a hang. So the deadline also counts how often it was asked: no read of a device
/// register takes less than about 15 ns, hence 64 polls per microsecond are more than a running
/// clock ever allows.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start_us: u64,
    limit_us: u64,
    polls_left: u64,
}

impl Deadline {
    const POLLS_PER_US: u64 = 64;
    const FEWEST_POLLS: u64 = 4096;

    /// A deadline `limit_us` microseconds after `now_us`.
    pub fn new(now_us: u64, limit_us: u64) -> Self {
        Self {
            start_us: now_us,
            limit_us,
            polls_left: limit_us.saturating_mul(Self::POLLS_PER_US).saturating_add(Self::FEWEST_POLLS),
        }
    }

    /// Whether the deadline has passed at `now_us`. Ask once per poll.
    pub fn passed(&mut self, now_us: u64) -> bool {
        if self.polls_left == 0 {
            return true;
        }
        self.polls_left -= 1;
        now_us.saturating_sub(self.start_us) > self.limit_us
    }
}

/// A clock that waits, for drivers that ask for `embedded-hal`'s delay. Every wait ends, even if the clock
/// stands still.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_clock_ends_it() {
        let mut deadline = Deadline::new(1000, 10);
        assert!(!deadline.passed(1010));
        assert!(deadline.passed(1011));
    }

    #[test]
    fn a_stopped_clock_ends_it_too() {
        let mut deadline = Deadline::new(5, 100);
        let polls = (0..1_000_000).take_while(|_| !deadline.passed(5)).count();
        assert_eq!(polls, 100 * 64 + 4096);
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_overflow() {
        let mut deadline = Deadline::new(u64::MAX, u64::MAX);
        assert!(!deadline.passed(0));
    }
}
