//! The 32 kHz synchronisation counter: runs from the processor's reset on, and cannot be stopped or set.
//!
//! Reference: SWPU064, chapter "Timers", "32-kHz Synchronization Timer", register CR.
#![forbid(unsafe_code)]

use crate::clock::Clock;
use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x20;

const COUNT: usize = 0x10;

/// The counter, as a clock that starts at the reset. One tick takes 30.5 microseconds.
///
/// The register is 32 bits wide and turns over after 36 hours and 24 minutes. The value counts the turns it
/// sees, so it has to be read at least that often; it belongs into nosave memory, since a reset sets the
/// register to 0.
#[derive(Debug)]
pub struct SyncCounter<R> {
    regs: R,
    last: u32,
    turns: u32,
}

impl<R: Registers> SyncCounter<R> {
    /// The counter at `regs`.
    pub const fn new(regs: R) -> Self {
        Self { regs, last: 0, turns: 0 }
    }

    /// Ticks since the reset, 32,768 in a second.
    pub fn ticks(&mut self) -> u64 {
        let count = self.regs.read(COUNT);
        self.turns = self.turns.wrapping_add(u32::from(count < self.last));
        self.last = count;
        u64::from(self.turns) << 32 | u64::from(count)
    }
}

impl<R: Registers> Clock for SyncCounter<R> {
    fn now_us(&mut self) -> u64 {
        // 1,000,000 / 32,768 is 15,625 / 512; 51 bits of ticks would take 2,000 years.
        self.ticks().wrapping_mul(15_625) / 512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(u32);

    impl Registers for Count {
        fn read(&mut self, offset: usize) -> u32 {
            if offset == COUNT { self.0 } else { 0x21 }
        }

        fn write(&mut self, _: usize, _: u32) {
            unreachable!("the counter is read-only");
        }
    }

    #[test]
    fn ticks_are_told_in_microseconds() {
        let mut clock = SyncCounter::new(Count(0));
        assert_eq!(clock.now_us(), 0);
        clock.regs.0 = 1;
        assert_eq!(clock.now_us(), 30);
        clock.regs.0 = 32_768;
        assert_eq!(clock.now_us(), 1_000_000);
    }

    #[test]
    fn the_clock_goes_on_when_the_counter_turns_over() {
        let mut clock = SyncCounter::new(Count(u32::MAX));
        let before = clock.now_us();
        clock.regs.0 = 32_767;
        assert_eq!(clock.now_us() - before, 1_000_000);
        assert_eq!(clock.ticks(), (1 << 32) + 32_767);
    }
}
