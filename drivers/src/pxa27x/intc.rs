//! The interrupt controller, its first 32 sources.
//!
//! Reference: 280000, chapter 25 "Interrupt Controller".
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x20;

/// ICIP: sources that interrupt.
const IRQ_PENDING: usize = 0x00;
/// ICMR: sources that are let through.
const MASK: usize = 0x04;
/// ICLR: sources that are a FIQ.
const LEVEL: usize = 0x08;
/// ICCR: bit 0, whether only sources that are let through wake the core from idle.
const CONTROL: usize = 0x14;

/// A source, 0 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(u8);

impl Source {
    /// Match register 0 of the operating system timer.
    pub const OS_TIMER_0: Source = Source(26);

    const fn bit(self) -> u32 {
        1 << self.0
    }
}

/// What a driver keeps while the controller is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    mask: u32,
    level: u32,
    control: u32,
}

/// The controller.
#[derive(Debug)]
pub struct Intc<R>(R);

impl<R: Registers> Intc<R> {
    /// The controller as it is.
    pub const fn new(regs: R) -> Self {
        Self(regs)
    }

    /// As after a reset: nothing is let through, and all sources are IRQs.
    pub fn init(&mut self) {
        self.restore(&Context::default());
    }

    /// Lets a source through.
    pub fn enable(&mut self, source: Source) {
        let mask = self.0.read(MASK);
        self.0.write(MASK, mask | source.bit());
    }

    /// Whether a source interrupts now.
    pub fn is_pending(&mut self, source: Source) -> bool {
        self.0.read(IRQ_PENDING) & source.bit() != 0
    }

    /// Lets nothing through.
    pub fn silence(&mut self) {
        self.0.write(MASK, 0);
    }

    /// What has to come back.
    pub fn save(&mut self) -> Context {
        Context { mask: self.0.read(MASK), level: self.0.read(LEVEL), control: self.0.read(CONTROL) }
    }

    /// Sets the controller up as it was when `context` was saved.
    pub fn restore(&mut self, context: &Context) {
        self.0.write(MASK, 0);
        self.0.write(LEVEL, context.level);
        self.0.write(CONTROL, context.control);
        self.0.write(MASK, context.mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Model {
        raised: u32,
        words: [u32; 8],
    }

    impl Registers for &mut Model {
        fn read(&mut self, offset: usize) -> u32 {
            if offset == IRQ_PENDING { self.raised & self.words[1] } else { self.words[offset / 4] }
        }

        fn write(&mut self, offset: usize, value: u32) {
            self.words[offset / 4] = value;
        }
    }

    #[test]
    fn a_source_interrupts_only_when_it_is_let_through() {
        let mut model = Model { raised: 1 << 26 | 1 << 3, ..Model::default() };
        let mut intc = Intc::new(&mut model);
        intc.init();
        assert!(!intc.is_pending(Source::OS_TIMER_0));
        intc.enable(Source::OS_TIMER_0);
        assert!(intc.is_pending(Source::OS_TIMER_0));
        assert!(!intc.is_pending(Source(3)));
    }

    #[test]
    fn what_was_let_through_comes_back_after_a_power_off() {
        let mut model = Model::default();
        let mut intc = Intc::new(&mut model);
        intc.enable(Source::OS_TIMER_0);
        let context = intc.save();
        intc.silence();
        assert_eq!(intc.save().mask, 0);
        let mut fresh = Model::default();
        let mut intc = Intc::new(&mut fresh);
        intc.restore(&context);
        assert_eq!(intc.save(), context);
        assert_eq!(fresh.words[1], 1 << 26);
    }
}
