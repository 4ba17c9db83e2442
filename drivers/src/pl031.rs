//! ARM PrimeCell Real Time Clock, PL031: seconds.
//!
//! Reference: PL031 TRM, DDI 0224, chapter 3.
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x1000;

const DATA: usize = 0x00;
const MATCH: usize = 0x04;
const LOAD: usize = 0x08;
const CONTROL: usize = 0x0c;
const MASK: usize = 0x10;
const RAW_STATUS: usize = 0x14;
const CLEAR: usize = 0x1c;

/// The clock. It goes on while the board sleeps or resets, so nothing of it belongs into a snapshot but
/// the alarm.
#[derive(Debug)]
pub struct Pl031<R> {
    regs: R,
}

impl<R: Registers> Pl031<R> {
    /// The clock at `regs`.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// Starts it, if a reset stopped it (RTCCR).
    pub fn start(&mut self) {
        if self.regs.read(CONTROL) & 1 == 0 {
            self.regs.write(CONTROL, 1);
        }
    }

    /// Seconds; by custom since 1970.
    pub fn seconds(&mut self) -> u32 {
        self.regs.read(DATA)
    }

    /// Sets the clock, in seconds. It takes effect within a second.
    pub fn set(&mut self, seconds: u32) {
        self.regs.write(LOAD, seconds);
    }

    /// Raises the interrupt when the clock reaches `seconds`.
    pub fn set_alarm(&mut self, seconds: u32) {
        self.clear_alarm();
        self.regs.write(MATCH, seconds);
        self.regs.write(MASK, 1);
    }

    /// Whether the clock has reached the alarm.
    pub fn alarm_fired(&mut self) -> bool {
        self.regs.read(RAW_STATUS) & 1 != 0
    }

    /// Takes the alarm and its interrupt back.
    pub fn clear_alarm(&mut self) {
        self.regs.write(MASK, 0);
        self.regs.write(CLEAR, 1);
    }
}
