//! The operating system timer: a counter that runs from the reset on, a periodic interrupt by match register
//! 0, and the reset by the watchdog, match register 3.
//!
//! Reference: 280000, chapter 22 "Operating System Timers".
#![forbid(unsafe_code)]

use crate::clock::Clock;
use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x20;

/// What the counter counts in a second.
pub const HZ: u32 = 3_250_000;

/// OSMR0 and OSMR3.
const MATCH_0: usize = 0x00;
const MATCH_3: usize = 0x0c;
/// OSCR0.
const COUNT: usize = 0x10;
/// OSSR: which match registers the counter met; a one clears.
const STATUS: usize = 0x14;
/// OWER: bit 0 lets match register 3 reset the processor, until that is reset.
const WATCHDOG: usize = 0x18;
/// OIER: which match registers interrupt.
const INTERRUPTS: usize = 0x1c;
/// Match register 0 in the last ones.
const CHANNEL_0: u32 = 1;

/// Times that a match is set again if it has gone by meanwhile. A match that is missed comes 22 minutes
/// later.
const TRIES: u32 = 8;

/// Counts after which the watchdog resets the processor.
const RESET_AFTER: u32 = HZ / 100;

/// The counter, as a clock that starts at the reset.
///
/// The register is 32 bits wide and turns over after 22 minutes. The value counts the turns it sees, so it
/// has to be read at least that often; it belongs into nosave memory, since a reset sets the register to 0.
#[derive(Debug)]
pub struct Counter<R> {
    regs: R,
    last: u32,
    turns: u32,
}

impl<R: Registers> Counter<R> {
    /// The counter at `regs`.
    pub const fn new(regs: R) -> Self {
        Self { regs, last: 0, turns: 0 }
    }
}

impl<R: Registers> Clock for Counter<R> {
    fn now_us(&mut self) -> u64 {
        let count = self.regs.read(COUNT);
        self.turns = self.turns.wrapping_add(u32::from(count < self.last));
        self.last = count;
        // 1,000,000 / 3,250,000 is 4 / 13.
        (u64::from(self.turns) << 32 | u64::from(count)).wrapping_mul(4) / 13
    }
}

/// Match registers 0 and 3.
#[derive(Debug)]
pub struct OsTimer<R>(R);

impl<R: Registers> OsTimer<R> {
    /// The timer as it is.
    pub const fn new(regs: R) -> Self {
        Self(regs)
    }

    /// Interrupts every `period` counts from now on, whatever the timer did before, as long as each interrupt
    /// is answered by
    /// [`OsTimer::answer`].
    pub fn start_periodic(&mut self, period: u32) {
        self.stop();
        let next = self.0.read(COUNT).wrapping_add(period);
        self.0.write(INTERRUPTS, CHANNEL_0);
        self.set_match(next, period);
    }

    /// Takes the interrupt back, and sets the next one `period` counts after this one; after now, if that has
    /// gone by.
    pub fn answer(&mut self, period: u32) {
        self.0.write(STATUS, CHANNEL_0);
        let next = self.0.read(MATCH_0).wrapping_add(period);
        self.set_match(next, period);
    }

    /// Sets the match, and sees to it that it is ahead of the counter, or was met.
    fn set_match(&mut self, mut next: u32, period: u32) {
        for _ in 0..TRIES {
            self.0.write(MATCH_0, next);
            let now = self.0.read(COUNT);
            // Up to half the counter's range is ahead.
            if next.wrapping_sub(now) <= u32::MAX / 2 || self.0.read(STATUS) & CHANNEL_0 != 0 {
                break;
            }
            next = now.wrapping_add(period);
        }
    }

    /// No more interrupts.
    pub fn stop(&mut self) {
        self.0.write(INTERRUPTS, 0);
        self.0.write(STATUS, CHANNEL_0);
    }

    /// Resets the processor by the watchdog. Returns: that takes a moment.
    pub fn reset(&mut self) {
        let soon = self.0.read(COUNT).wrapping_add(RESET_AFTER);
        self.0.write(MATCH_3, soon);
        self.0.write(WATCHDOG, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that are what was written to them, but for the status, in which a one clears.
    #[derive(Default)]
    struct Model([u32; 8]);

    impl Registers for &mut Model {
        fn read(&mut self, offset: usize) -> u32 {
            self.0[offset / 4]
        }

        fn write(&mut self, offset: usize, value: u32) {
            match offset {
                STATUS => self.0[5] &= !value,
                _ => self.0[offset / 4] = value,
            }
        }
    }

    #[test]
    fn ticks_are_told_in_microseconds_over_a_turn_of_the_counter() {
        let mut model = Model::default();
        model.0[4] = u32::MAX;
        let mut clock = Counter::new(&mut model);
        let before = clock.now_us();
        clock.regs.0[4] = HZ - 1;
        assert_eq!(clock.now_us() - before, 1_000_000);
    }

    #[test]
    fn the_next_interrupt_follows_the_last_one_and_one_that_was_missed_is_left_out() {
        let mut model = Model::default();
        model.0[4] = 100;
        let mut timer = OsTimer::new(&mut model);
        timer.start_periodic(1000);
        assert_eq!((timer.0.0[0], timer.0.0[7]), (1100, 1));
        (timer.0.0[4], timer.0.0[5]) = (1130, 1);
        timer.answer(1000);
        assert_eq!((timer.0.0[0], timer.0.0[5]), (2100, 0));
        timer.0.0[4] = 9000;
        timer.answer(1000);
        assert_eq!(timer.0.0[0], 10_000);
        timer.stop();
        assert_eq!(timer.0.0[7], 0);
    }

    #[test]
    fn the_watchdog_resets_a_moment_later() {
        let mut model = Model::default();
        model.0[4] = 7;
        OsTimer::new(&mut model).reset();
        assert_eq!((model.0[3], model.0[6]), (7 + RESET_AFTER, 1));
    }
}
