//! The tick: an interrupt a hundred times a second.

use oal_snapshot::power::{DriverFailed, Hold, PowerManaged, PowerUp};

use super::Gates;
use crate::history::{GateUse, PowerHistory, STATE};
use crate::platform::Driver;

/// Ticks in a second.
pub const TICKS_PER_SECOND: u32 = 100;

/// A timer that can tick.
pub trait Ticker {
    /// Interrupts [`TICKS_PER_SECOND`] times a second from now on, whatever the timer did before.
    fn start(&mut self);

    /// Stops.
    fn stop(&mut self);
}

/// The driver.
pub struct TimerDriver<T> {
    timer: T,
    gates: Gates,
    /// The timer's share in its clock, while it ticks.
    clock: Option<Hold>,
    history: PowerHistory,
}

impl<T: Ticker> TimerDriver<T> {
    /// Starts the tick of `timer`, which nobody else uses, the interrupt handler excepted.
    pub fn init(timer: T) -> Self {
        let mut driver =
            TimerDriver { timer, gates: Gates::new(), clock: None, history: PowerHistory::new() };
        driver.start();
        driver
    }

    fn start(&mut self) {
        self.clock = Some(self.gates.acquire(&STATE));
        self.timer.start();
    }
}

impl<T: Ticker> PowerManaged for TimerDriver<T> {
    fn name(&self) -> &'static str {
        "timer"
    }

    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.timer.stop();
        if let Some(hold) = self.clock.take() {
            self.gates.release(&STATE, hold);
        }
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.history.up(why);
        // The count within a tick is not worth keeping, so both ways are the same.
        self.start();
        Ok(())
    }
}

impl<T: Ticker> Driver for TimerDriver<T> {
    fn history(&self) -> PowerHistory {
        self.history
    }

    fn gate(&self) -> Option<GateUse> {
        Some(self.gates.done)
    }
}
