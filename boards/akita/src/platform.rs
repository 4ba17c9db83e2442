//! [`Akita`]: the board.

use oal_demo::Display;
use oal_firmware::Platform;
use oal_firmware::platform::DeviceRegister;
use oal_firmware::ram::Ram;
use oal_snapshot::frame::RamRegion;

use crate::devices::{self, Clock};
use crate::drivers::{self, Drivers};
use crate::flash::Flash;
use crate::uart::Console;

/// The board.
pub enum Akita {}

impl Platform for Akita {
    const NAME: &'static str = "akita";
    const TITLE: &'static str = "Zaurus SL-C1000";
    const REGISTERS: &'static [DeviceRegister] = &devices::SET_UP;

    type Uart = Console;
    type Clock = Clock;
    type Storage = Flash;
    type Drivers = Drivers;

    /// The board has one size.
    unsafe fn ram() -> Ram {
        Ram::from_array([RamRegion::new(0xa000_0000, 64 << 20)])
    }

    fn clock() -> Clock {
        // SAFETY: anybody may read the clock.
        unsafe { devices::clock() }
    }

    unsafe fn storage() -> Flash {
        // SAFETY: the caller's promise.
        unsafe { Flash::find() }
    }

    unsafe fn interrupt() -> bool {
        // SAFETY: the caller's promise.
        unsafe { drivers::interrupt() }
    }

    unsafe fn reset() {
        // SAFETY: the caller's promise.
        unsafe { devices::timer() }.reset();
    }

    /// The power controller is not driven: the emulator is asked.
    unsafe fn power_off() {
        semihosting::process::exit(0)
    }
}

/// The screen, behind a controller of its own, is not driven.
impl Display for Akita {}
