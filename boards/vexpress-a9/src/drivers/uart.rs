//! The console's driver.

use oal_snapshot::drivers::{DriverFailed, PowerManaged, PowerUp};

use super::Story;
use crate::uart::Terminal;

/// The driver.
pub struct UartDriver {
    /// The console, for everybody.
    pub terminal: Terminal,
    /// What happened to it.
    pub story: Story,
}

impl UartDriver {
    /// Initialises the UART.
    ///
    /// # Safety
    /// Nobody else uses the UART any more.
    pub unsafe fn init() -> UartDriver {
        // SAFETY: the caller's promise.
        let mut terminal = unsafe { Terminal::new() };
        terminal.init();
        UartDriver { terminal, story: Story::new() }
    }
}

impl PowerManaged for UartDriver {
    fn name(&self) -> &'static str {
        "uart"
    }

    /// Sends what is left. What has come stays in the FIFO: a sender may write ahead.
    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.terminal.drain();
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.story.up(why);
        if why == PowerUp::SnapshotBoot {
            self.terminal.init();
        }
        Ok(())
    }
}
