//! General-purpose timer: a 32-bit counter that counts up and interrupts when it overflows.
//!
//! Reference: SWPU064, chapter "Timers", "General-Purpose Timers". Its clocks are switched in
//! [`prcm`](super::prcm).
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x100;
/// Ticks in a second of a timer that [`Prcm::enable`](super::prcm::Prcm::enable) gave its clock.
pub const HZ: u32 = 32_768;

const CONFIGURATION: usize = 0x10;
const STATUS: usize = 0x18;
const INTERRUPTS: usize = 0x1c;
const CONTROL: usize = 0x24;
const COUNTER: usize = 0x28;
const LOAD: usize = 0x2c;
const SYNCHRONISATION: usize = 0x40;

/// TISR and TIER: overflow.
const OVERFLOW: u32 = 1 << 1;
/// TCLR.
const START: u32 = 1;
const AUTO_RELOAD: u32 = 1 << 1;
/// TISR: overflow, match and capture.
const EVENTS: u32 = 0b111;
/// TIOCP_CFG: the clocks are never asked to stop (no-idle).
const NO_IDLE: u32 = 0b01 << 3;

/// The registers of a timer, for a snapshot of the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Context {
    /// The value from which the counter starts when it overflows.
    pub load: u32,
    /// Count at the capture.
    pub counter: u32,
    /// Control register.
    pub control: u32,
    /// Interrupts that are let through.
    pub interrupts: u32,
}

/// A timer.
#[derive(Debug)]
pub struct GpTimer<R> {
    regs: R,
}

impl<R: Registers> GpTimer<R> {
    /// The timer at `regs`, with its clocks running.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// Overflows every `ticks` of its clock (2 or more; fewer count as 2), with an interrupt each time.
    pub fn start_periodic(&mut self, ticks: u32) {
        self.prepare();
        let load = ticks.max(2).wrapping_neg();
        self.run(&Context { load, counter: load, control: AUTO_RELOAD | START, interrupts: OVERFLOW });
    }

    /// Overflows once, after `ticks` of its clock (2 or more; fewer count as 2), with an interrupt.
    pub fn start_once(&mut self, ticks: u32) {
        self.prepare();
        let load = ticks.max(2).wrapping_neg();
        self.run(&Context { load, counter: load, control: START, interrupts: OVERFLOW });
    }

    /// Stops it and takes its interrupts back.
    pub fn stop(&mut self) {
        self.regs.write(CONTROL, 0);
        self.regs.write(INTERRUPTS, 0);
        self.regs.write(STATUS, EVENTS);
    }

    /// The count, which goes up.
    pub fn counter(&mut self) -> u32 {
        self.regs.read(COUNTER)
    }

    /// Whether it has overflowed since the last [`GpTimer::clear`].
    pub fn fired(&mut self) -> bool {
        self.regs.read(STATUS) & OVERFLOW != 0
    }

    /// Takes the interrupt back.
    pub fn clear(&mut self) {
        self.regs.write(STATUS, OVERFLOW);
    }

    /// The timer's registers.
    pub fn save(&mut self) -> Context {
        Context {
            load: self.regs.read(LOAD),
            counter: self.regs.read(COUNTER),
            control: self.regs.read(CONTROL),
            interrupts: self.regs.read(INTERRUPTS),
        }
    }

    /// Puts back what [`GpTimer::save`] found, and starts the timer if it ran. An interrupt that was due and
    /// not handled is lost: take snapshots of a timer that was stopped or is between two ticks.
    pub fn restore(&mut self, context: &Context) {
        self.prepare();
        self.run(context);
    }

    /// Stops the timer, and makes every write take effect before the next access (TSICR: not posted), so that
    /// there is nothing to wait for between two of them.
    fn prepare(&mut self) {
        self.stop();
        self.regs.write(CONFIGURATION, NO_IDLE);
        self.regs.write(SYNCHRONISATION, 0);
    }

    fn run(&mut self, context: &Context) {
        self.regs.write(LOAD, context.load);
        self.regs.write(COUNTER, context.counter);
        self.regs.write(INTERRUPTS, context.interrupts);
        self.regs.write(CONTROL, context.control);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registers, with a counter that moves on request.
    struct Model([u32; WINDOW / 4]);

    impl Model {
        fn tick(&mut self, ticks: u32) {
            for _ in 0..ticks {
                if self.0[CONTROL / 4] & START == 0 {
                    return;
                }
                let (count, over) = self.0[COUNTER / 4].overflowing_add(1);
                self.0[COUNTER / 4] = count;
                if over {
                    self.0[STATUS / 4] |= OVERFLOW;
                    if self.0[CONTROL / 4] & AUTO_RELOAD != 0 {
                        self.0[COUNTER / 4] = self.0[LOAD / 4];
                    } else {
                        self.0[CONTROL / 4] &= !START;
                    }
                }
            }
        }
    }

    impl Registers for Model {
        fn read(&mut self, offset: usize) -> u32 {
            self.0[offset / 4]
        }

        fn write(&mut self, offset: usize, value: u32) {
            match offset {
                STATUS => self.0[offset / 4] &= !value,
                _ => self.0[offset / 4] = value,
            }
        }
    }

    fn timer() -> GpTimer<Model> {
        let mut model = Model([0; WINDOW / 4]);
        // Posted writes after a reset.
        model.0[SYNCHRONISATION / 4] = 1 << 2;
        GpTimer::new(model)
    }

    #[test]
    fn a_periodic_timer_fires_every_so_many_ticks() {
        let mut timer = timer();
        timer.start_periodic(10);
        assert_eq!(timer.regs.0[SYNCHRONISATION / 4], 0);
        for _ in 0..3 {
            timer.regs.tick(9);
            assert!(!timer.fired());
            timer.regs.tick(1);
            assert!(timer.fired());
            timer.clear();
        }
        timer.regs.tick(10);
        timer.stop();
        assert!(!timer.fired());
        timer.regs.tick(100);
        assert!(!timer.fired());
    }

    #[test]
    fn a_timer_that_fires_once_stops_by_itself() {
        let mut timer = timer();
        timer.start_once(0);
        timer.regs.tick(2);
        assert!(timer.fired());
        timer.clear();
        timer.regs.tick(100);
        assert!(!timer.fired());
    }

    #[test]
    fn a_restored_timer_goes_on_where_it_was() {
        let mut timer = timer();
        timer.start_periodic(1000);
        timer.regs.tick(400);
        let saved = timer.save();
        let mut other = self::timer();
        other.restore(&saved);
        assert_eq!(other.save(), saved);
        other.regs.tick(599);
        assert!(!other.fired());
        other.regs.tick(1);
        assert!(other.fired());
    }
}
