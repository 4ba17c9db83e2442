//! The drivers that are powered down for a snapshot and up after it, and the tick's interrupt. The medium's
//! driver is none of them.

// FILL drivers: interrupt controller and tick first, then every device that the system uses. As generated there is the console
// alone: no interrupt is let through, and nothing ticks.
use oal_firmware::drivers::UartDriver;
use oal_firmware::platform::{self, DeviceRegister, DriverVec};
use oal_firmware::terminal::Terminal;

use crate::console::Console;

/// Registers that say how a device is set up, such as a timer's reload value: the self test holds them
/// against what they were, after every power-up.
pub const REGISTERS: &[DeviceRegister] = &[];

/// Answers an interrupt; `true` if it was the tick. Uses no VFP register.
///
/// # Safety
/// As for [`Platform::interrupt`](oal_firmware::Platform::interrupt).
pub unsafe fn interrupt() -> bool {
    false
}

/// All drivers.
pub struct Drivers {
    uart: UartDriver<Console>,
}

impl platform::Drivers<Console> for Drivers {
    /// Initialises all devices after a cold boot, in the order of `all`.
    unsafe fn init() -> Drivers {
        // SAFETY: the caller's promise.
        Drivers { uart: unsafe { UartDriver::init() } }
    }

    /// All of them: one that needs another comes after it. They are powered up in this order, and down in the
    /// reverse one.
    fn all(&mut self) -> DriverVec<'_> {
        DriverVec::from_iter([&mut self.uart as _])
    }

    fn terminal(&mut self) -> &mut Terminal<Console> {
        &mut self.uart.terminal
    }
}
// FILL END
