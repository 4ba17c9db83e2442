//! [`Time`]: simulated time, shared by a chip and by the driver that waits for it.

use alloc::rc::Rc;
use core::cell::Cell;

use embedded_hal::delay::DelayNs;

/// Nanoseconds that pass with cycles on a bus and with delays. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Time(Rc<Cell<u64>>);

impl Time {
    /// Time that starts at 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nanoseconds since the start.
    pub fn now_ns(&self) -> u64 {
        self.0.get()
    }

    /// Lets time pass.
    pub fn advance(&self, ns: u64) {
        self.0.set(self.0.get().saturating_add(ns));
    }
}

impl DelayNs for Time {
    fn delay_ns(&mut self, ns: u32) {
        self.advance(ns.into());
    }
}
