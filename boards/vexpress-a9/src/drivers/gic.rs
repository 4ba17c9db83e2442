//! The interrupt controller: distributor and CPU interface come back register by register.

use oal_parts::gic::Context;
use oal_snapshot::drivers::{DriverFailed, PowerManaged, PowerUp};

use oal_firmware::drivers::Story;
use oal_firmware::platform::Driver;

use crate::devices::{self, Interrupts, TIMER_INTERRUPT};

/// The driver.
pub struct GicDriver {
    gic: Interrupts,
    context: Context,
    story: Story,
}

impl GicDriver {
    /// Initialises the controller and lets the timer's interrupt through.
    ///
    /// # Safety
    /// Nobody else uses the controller, the interrupt handler excepted.
    pub unsafe fn init() -> GicDriver {
        // SAFETY: the caller's promise.
        let mut gic = unsafe { devices::interrupts() };
        gic.init();
        gic.enable(TIMER_INTERRUPT);
        GicDriver { gic, context: Context::new(), story: Story::new() }
    }
}

impl PowerManaged for GicDriver {
    fn name(&self) -> &'static str {
        "gic"
    }

    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.gic.save(&mut self.context).map_err(|_| DriverFailed)?;
        self.gic.silence();
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.story.up(why);
        if why == PowerUp::SnapshotBoot {
            self.gic.init();
        }
        self.gic.restore(&self.context).map_err(|_| DriverFailed)
    }
}

impl Driver for GicDriver {
    fn story(&self) -> Story {
        self.story
    }
}
