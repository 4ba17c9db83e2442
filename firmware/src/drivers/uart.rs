//! The console's driver.

use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};

use crate::history::PowerHistory;
use crate::platform::Driver;
use crate::terminal::{Terminal, Uart};

/// The driver.
pub struct UartDriver<U> {
    /// The console, for everybody.
    pub terminal: Terminal<U>,
    history: PowerHistory,
}

impl<U: Uart> UartDriver<U> {
    /// Initialises the UART.
    ///
    /// # Safety
    /// Nobody else uses the UART any more.
    pub unsafe fn init() -> Self {
        // SAFETY: the caller's promise.
        let mut terminal = unsafe { Terminal::new() };
        terminal.init();
        UartDriver { terminal, history: PowerHistory::new() }
    }
}

impl<U: Uart> PowerManaged for UartDriver<U> {
    fn name(&self) -> &'static str {
        "uart"
    }

    /// Sends what is left. What has come stays in the FIFO: a sender may write ahead.
    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.terminal.drain();
        Ok(())
    }

    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.history.up(why);
        if why == PowerUp::SnapshotBoot {
            self.terminal.init();
        }
        Ok(())
    }
}

impl<U: Uart> Driver for UartDriver<U> {
    fn history(&self) -> PowerHistory {
        self.history
    }
}
