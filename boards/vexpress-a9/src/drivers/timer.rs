//! The tick: timer 0, an interrupt a hundred times a second.

use oal_parts::sp804::Which;
use oal_snapshot::drivers::{DriverFailed, Hold, PowerManaged, PowerUp};

use super::{Gates, STATE, Story};
use crate::devices::{self, TIMER_HZ, Timers};

/// Ticks in a second.
pub const TICKS_PER_SECOND: u32 = 100;

/// The driver.
pub struct TimerDriver {
    timers: Timers,
    gates: Gates,
    /// The timer's share in its clock, while it ticks.
    clock: Option<Hold>,
    /// What happened to it.
    pub story: Story,
}

impl TimerDriver {
    /// Starts the tick.
    ///
    /// # Safety
    /// Nobody else uses the timers, the interrupt handler excepted.
    pub unsafe fn init() -> TimerDriver {
        // SAFETY: the caller's promise.
        let timers = unsafe { devices::timers() };
        let mut driver = TimerDriver { timers, gates: Gates::new(), clock: None, story: Story::new() };
        driver.start();
        driver
    }

    fn start(&mut self) {
        self.clock = Some(self.gates.acquire(&STATE));
        self.timers.start_periodic(Which::First, TIMER_HZ / TICKS_PER_SECOND);
    }
}

impl PowerManaged for TimerDriver {
    fn name(&self) -> &'static str {
        "timer"
    }

    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.timers.stop(Which::First);
        if let Some(hold) = self.clock.take() {
            self.gates.release(&STATE, hold);
        }
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.story.up(why);
        // The count within a tick is not worth keeping, so both ways are the same.
        self.start();
        Ok(())
    }
}
