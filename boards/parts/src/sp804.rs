//! ARM Dual-Timer Module, SP804: two 32-bit counters that count down.
//!
//! Reference: ARM Dual-Timer Module (SP804) TRM, DDI 0271, chapter 3.
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers of the pair.
pub const WINDOW: usize = 0x1000;

const LOAD: usize = 0x00;
const VALUE: usize = 0x04;
const CONTROL: usize = 0x08;
const INTERRUPT_CLEAR: usize = 0x0c;
const RAW_STATUS: usize = 0x10;
const BACKGROUND_LOAD: usize = 0x18;
const SECOND: usize = 0x20;

/// TimerXControl.
const ENABLE: u32 = 1 << 7;
const PERIODIC: u32 = 1 << 6;
const INTERRUPT: u32 = 1 << 5;
const WIDTH_32: u32 = 1 << 1;
const ONE_SHOT: u32 = 1;

/// One of the two timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Which {
    /// Timer 1, at offset 0.
    First,
    /// Timer 2, at offset 0x20.
    Second,
}

impl Which {
    const fn at(self, register: usize) -> usize {
        match self {
            Self::First => register,
            Self::Second => SECOND + register,
        }
    }
}

/// What one timer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TimerContext {
    /// Value reloaded at 0 in periodic mode.
    pub load: u32,
    /// Count at the time of the picture.
    pub value: u32,
    /// Control register.
    pub control: u32,
}

/// What both timers hold, for a picture of the system.
pub type Context = [TimerContext; 2];

/// The pair of timers. Both share one interrupt on most boards.
#[derive(Debug)]
pub struct Sp804<R> {
    regs: R,
}

impl<R: Registers> Sp804<R> {
    /// The pair at `regs`.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// Counts down `ticks` again and again, with an interrupt each time. 0 counts as 1.
    pub fn start_periodic(&mut self, which: Which, ticks: u32) {
        self.start(which, ticks, PERIODIC | INTERRUPT);
    }

    /// Counts down `ticks` once, with an interrupt at 0. 0 counts as 1.
    pub fn start_once(&mut self, which: Which, ticks: u32) {
        self.start(which, ticks, ONE_SHOT | INTERRUPT);
    }

    /// Counts down from the largest number over and over, without interrupts: a clock.
    pub fn start_free(&mut self, which: Which) {
        self.start(which, u32::MAX, 0);
    }

    fn start(&mut self, which: Which, ticks: u32, mode: u32) {
        self.stop(which);
        self.regs.write(which.at(LOAD), ticks.max(1));
        self.regs.write(which.at(CONTROL), ENABLE | WIDTH_32 | mode);
    }

    /// Stops a timer and takes its interrupt back.
    pub fn stop(&mut self, which: Which) {
        self.regs.write(which.at(CONTROL), 0);
        self.clear(which);
    }

    /// The count, which goes down.
    pub fn value(&mut self, which: Which) -> u32 {
        self.regs.read(which.at(VALUE))
    }

    /// Whether the timer has reached 0 since the last [`Sp804::clear`].
    pub fn fired(&mut self, which: Which) -> bool {
        self.regs.read(which.at(RAW_STATUS)) & 1 != 0
    }

    /// Takes the interrupt back.
    pub fn clear(&mut self, which: Which) {
        self.regs.write(which.at(INTERRUPT_CLEAR), 1);
    }

    /// What both timers hold.
    pub fn save(&mut self) -> Context {
        [Which::First, Which::Second].map(|which| TimerContext {
            load: self.regs.read(which.at(BACKGROUND_LOAD)),
            value: self.regs.read(which.at(VALUE)),
            control: self.regs.read(which.at(CONTROL)),
        })
    }

    /// Puts back what [`Sp804::save`] found. The count cannot be written by itself: it is loaded, the
    /// timer started, and only then the reload value goes to the background register, which leaves the
    /// count alone (TimerXBGLoad). In this order it also works on a timer that reloads when it is started, as
    /// QEMU's does; there a timer that runs freely starts over.
    pub fn restore(&mut self, context: &Context) {
        for (which, timer) in [Which::First, Which::Second].into_iter().zip(context) {
            self.stop(which);
            // A count of 0 may come between two ticks; loading it would stop a one-shot timer for good.
            self.regs.write(which.at(LOAD), timer.value.max(1));
            self.regs.write(which.at(CONTROL), timer.control);
            self.regs.write(which.at(BACKGROUND_LOAD), timer.load);
        }
    }
}
