//! Timers of the Cortex-A9 MPCore: the global timer, one 64-bit counter for all cores, and each core's
//! private timer.
//!
//! Reference: Cortex-A9 MPCore TRM, ARM DDI 0407, chapter 4. Both count PERIPHCLK over a prescaler.
#![forbid(unsafe_code)]

use core::num::NonZeroU64;

use crate::clock::Clock;
use crate::mmio::Registers;

/// Bytes of registers of the global timer, at PERIPHBASE + 0x200.
pub const GLOBAL_WINDOW: usize = 0x100;
/// Bytes of registers of the private timer, at PERIPHBASE + 0x600.
pub const PRIVATE_WINDOW: usize = 0x20;

const COUNT_LOW: usize = 0x00;
const COUNT_HIGH: usize = 0x04;
/// The global timer's control register: its lowest bit, ENABLE, starts it.
pub const GLOBAL_CONTROL: usize = 0x08;
const ENABLE: u32 = 1;

/// The global timer (DDI 0407 4.4), used as a clock that starts with the board.
#[derive(Debug)]
pub struct GlobalTimer<R> {
    regs: R,
    ticks_per_us: NonZeroU64,
}

impl<R: Registers> GlobalTimer<R> {
    /// The timer, counting at `hz` (at least 1 MHz; slower counts as 1 MHz).
    pub const fn new(regs: R, hz: u32) -> Self {
        let ticks_per_us = match NonZeroU64::new((hz / 1_000_000) as u64) {
            Some(ticks) => ticks,
            None => NonZeroU64::MIN,
        };
        Self { regs, ticks_per_us }
    }

    /// Starts it if it stands, without touching count, comparator or prescaler.
    pub fn start(&mut self) {
        let control = self.regs.read(GLOBAL_CONTROL);
        if control & ENABLE == 0 {
            self.regs.write(GLOBAL_CONTROL, control | ENABLE);
        }
    }

    /// The count in ticks, read as 4.4.1 asks: high, low, high again until both highs agree.
    pub fn ticks(&mut self) -> u64 {
        let mut high = self.regs.read(COUNT_HIGH);
        // The high word moves every 43 s at 100 MHz: it cannot move in four reads in a row.
        for _ in 0..4 {
            let low = self.regs.read(COUNT_LOW);
            let again = self.regs.read(COUNT_HIGH);
            if again == high {
                return u64::from(high) << 32 | u64::from(low);
            }
            high = again;
        }
        u64::from(high) << 32
    }

    /// Sets the count, stopping the timer meanwhile (4.4.1): to go on from a saved value.
    pub fn set_ticks(&mut self, ticks: u64) {
        let control = self.regs.read(GLOBAL_CONTROL);
        self.regs.write(GLOBAL_CONTROL, control & !ENABLE);
        self.regs.write(COUNT_LOW, ticks as u32);
        self.regs.write(COUNT_HIGH, (ticks >> 32) as u32);
        self.regs.write(GLOBAL_CONTROL, control);
    }
}

impl<R: Registers> Clock for GlobalTimer<R> {
    fn now_us(&mut self) -> u64 {
        self.ticks() / self.ticks_per_us
    }
}

const LOAD: usize = 0x00;
const COUNTER: usize = 0x04;
const CONTROL: usize = 0x08;
const INTERRUPT_STATUS: usize = 0x0c;
const AUTO_RELOAD: u32 = 1 << 1;
const INTERRUPT: u32 = 1 << 2;

/// The registers of a private timer, for a snapshot of the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PrivateContext {
    /// Reload value.
    pub load: u32,
    /// Count at the capture.
    pub counter: u32,
    /// Control register.
    pub control: u32,
}

/// A core's private timer (DDI 0407 4.2); its interrupt is id 29.
#[derive(Debug)]
pub struct PrivateTimer<R> {
    regs: R,
}

impl<R: Registers> PrivateTimer<R> {
    /// The timer of the core that uses this value; the registers are banked.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// Counts down `ticks` again and again (at least 1), with an interrupt each time it reaches 0.
    pub fn start_periodic(&mut self, ticks: u32) {
        self.stop();
        self.regs.write(LOAD, ticks.max(1) - 1);
        self.regs.write(CONTROL, ENABLE | AUTO_RELOAD | INTERRUPT);
    }

    /// Counts down `ticks` once (at least 1), with an interrupt at 0.
    pub fn start_once(&mut self, ticks: u32) {
        self.stop();
        self.regs.write(LOAD, ticks.max(1) - 1);
        self.regs.write(CONTROL, ENABLE | INTERRUPT);
    }

    /// Stops it and takes its interrupt back.
    pub fn stop(&mut self) {
        self.regs.write(CONTROL, 0);
        self.clear();
    }

    /// The count.
    pub fn counter(&mut self) -> u32 {
        self.regs.read(COUNTER)
    }

    /// Whether it has reached 0 since the last [`PrivateTimer::clear`].
    pub fn fired(&mut self) -> bool {
        self.regs.read(INTERRUPT_STATUS) & 1 != 0
    }

    /// Takes the interrupt back.
    pub fn clear(&mut self) {
        self.regs.write(INTERRUPT_STATUS, 1);
    }

    /// The timer's registers.
    pub fn save(&mut self) -> PrivateContext {
        PrivateContext {
            load: self.regs.read(LOAD),
            counter: self.regs.read(COUNTER),
            control: self.regs.read(CONTROL),
        }
    }

    /// Puts back what [`PrivateTimer::save`] found. Writing the load register sets the counter too
    /// (4.2.2), so it goes first and the control register last.
    pub fn restore(&mut self, context: &PrivateContext) {
        self.stop();
        self.regs.write(LOAD, context.load);
        self.regs.write(COUNTER, context.counter);
        self.regs.write(CONTROL, context.control);
    }
}
