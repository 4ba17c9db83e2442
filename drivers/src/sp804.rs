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

/// The registers of one timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TimerContext {
    /// Value reloaded at 0 in periodic mode.
    pub load: u32,
    /// Count at the capture.
    pub value: u32,
    /// Control register.
    pub control: u32,
    /// Raw interrupt status: 1 if it had reached 0 and nobody had taken the interrupt back.
    pub fired: u32,
}

impl TimerContext {
    /// Whether it had counted down once, and somebody knows.
    const fn is_over(&self) -> bool {
        self.control & (ENABLE | ONE_SHOT) == ENABLE | ONE_SHOT && self.value == 0 && self.fired & 1 == 0
    }
}

/// The registers of both timers, for a snapshot of the system.
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

    /// The registers of both timers.
    pub fn save(&mut self) -> Context {
        [Which::First, Which::Second].map(|which| TimerContext {
            load: self.regs.read(which.at(BACKGROUND_LOAD)),
            value: self.regs.read(which.at(VALUE)),
            control: self.regs.read(which.at(CONTROL)),
            fired: self.regs.read(which.at(RAW_STATUS)),
        })
    }

    /// Puts back what [`Sp804::save`] found. The count cannot be written by itself: it is loaded, the
    /// timer started, and only then the reload value goes to the background register, which leaves the
    /// count alone (TimerXBGLoad). In this order it also works on a timer that reloads when it is started, as
    /// QEMU's does; there a timer that runs freely starts over.
    ///
    /// A one-shot timer that had expired stays at 0 and comes back disabled, so that it does not fire again;
    /// [`Sp804::start_once`] starts it as ever. One whose interrupt was still to be handled fires once more,
    /// since the interrupt was lost with the chip's state.
    pub fn restore(&mut self, context: &Context) {
        for (which, timer) in [Which::First, Which::Second].into_iter().zip(context) {
            self.stop(which);
            if timer.is_over() {
                self.regs.write(which.at(LOAD), 0);
                self.regs.write(which.at(CONTROL), timer.control & !ENABLE);
            } else {
                // A count of 0 may come between two ticks; loading it would stop a one-shot timer for good.
                self.regs.write(which.at(LOAD), timer.value.max(1));
                self.regs.write(which.at(CONTROL), timer.control);
            }
            self.regs.write(which.at(BACKGROUND_LOAD), timer.load);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registers, with a count that is loaded and does not move.
    struct Words([u32; 16]);

    impl Registers for Words {
        fn read(&mut self, offset: usize) -> u32 {
            self.0[offset / 4]
        }

        fn write(&mut self, offset: usize, value: u32) {
            let (timer, register) = (offset & SECOND, offset & (SECOND - 1));
            match register {
                LOAD => [LOAD, VALUE, BACKGROUND_LOAD].map(|at| self.0[(timer + at) / 4] = value),
                BACKGROUND_LOAD => [LOAD, BACKGROUND_LOAD, LOAD].map(|at| self.0[(timer + at) / 4] = value),
                INTERRUPT_CLEAR => [RAW_STATUS; 3].map(|at| self.0[(timer + at) / 4] = 0),
                _ => [register; 3].map(|at| self.0[(timer + at) / 4] = value),
            };
        }
    }

    fn after_a_restore(context: Context) -> Context {
        let mut timers = Sp804::new(Words([0; 16]));
        timers.restore(&context);
        timers.save()
    }

    #[test]
    fn running_timers_come_back() {
        let mut timers = Sp804::new(Words([0; 16]));
        timers.start_periodic(Which::First, 1000);
        timers.start_once(Which::Second, 500);
        timers.regs.0[VALUE / 4] = 321;
        timers.regs.0[(SECOND + VALUE) / 4] = 1;
        let saved = timers.save();
        assert_eq!([saved[0].load, saved[0].value, saved[1].value], [1000, 321, 1]);
        assert_eq!(after_a_restore(saved), saved);
    }

    #[test]
    fn an_expired_timer_stays_expired() {
        let mut timers = Sp804::new(Words([0; 16]));
        timers.start_once(Which::First, 500);
        timers.start_periodic(Which::Second, 500);
        timers.regs.0[VALUE / 4] = 0;
        timers.regs.0[(SECOND + VALUE) / 4] = 0;
        let saved = timers.save();
        let [once, periodic] = after_a_restore(saved);
        assert_eq!((once.value, once.load, once.control & ENABLE), (0, 500, 0));
        assert_eq!((periodic.value, periodic.control), (1, saved[1].control));
        assert_eq!(after_a_restore([once, periodic])[0].control & ENABLE, 0);
        // Its interrupt is still due.
        timers.regs.0[RAW_STATUS / 4] = 1;
        let [due, _] = after_a_restore(timers.save());
        assert_eq!((due.value, due.control), (1, saved[0].control));
    }
}
