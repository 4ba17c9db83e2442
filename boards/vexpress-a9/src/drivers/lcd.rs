//! The screen's driver.

use oal_drivers::pl111::Mode;
use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};

use oal_firmware::history::PowerHistory;
use oal_firmware::platform::Driver;

use crate::devices::{self, SCREEN};

/// The driver.
pub struct LcdDriver {
    history: PowerHistory,
}

impl LcdDriver {
    /// Shows the application's screen.
    ///
    /// # Safety
    /// Nobody else uses the LCD controller.
    pub unsafe fn init() -> LcdDriver {
        let mut driver = LcdDriver { history: PowerHistory::new() };
        // A board without video works on its console.
        let _ = driver.init_video().and_then(|()| driver.show());
        driver
    }

    /// The pixel clock, and this controller to the connector.
    fn init_video(&mut self) -> Result<(), DriverFailed> {
        // SAFETY: nothing else asks the motherboard for something meanwhile, and anybody may read the clock.
        let (mut system, mut clock) = unsafe { (devices::system(), devices::clock()) };
        system.set_up_video(Mode::VGA.pixel_hz, &mut clock).map_err(|_| DriverFailed)
    }

    fn show(&mut self) -> Result<(), DriverFailed> {
        // SAFETY: the driver is the controller's user; the progress bar is one only while it is powered down.
        unsafe { devices::show(SCREEN) }.map_err(|_| DriverFailed)
    }
}

impl PowerManaged for LcdDriver {
    fn name(&self) -> &'static str {
        "lcd"
    }

    fn power_down(&mut self) -> Result<(), DriverFailed> {
        // SAFETY: as in `show`.
        unsafe { devices::lcd() }.off();
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.history.up(why);
        if why == PowerUp::SnapshotBoot {
            // Without video the rest comes back all the same.
            self.init_video()?;
        }
        self.show()
    }
}

impl Driver for LcdDriver {
    fn history(&self) -> PowerHistory {
        self.history
    }
}
