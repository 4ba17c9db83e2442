//! [`N800`]: the board.

use oal_firmware::Platform;

use crate::devices::{self, Clock};
use crate::drivers::{self, Drivers};
use crate::onenand::Flash;
use crate::uart::Console;

/// The board.
pub enum N800 {}

/// On-chip memory, 640 KiB, in a MiB of its own.
const ON_CHIP_MEMORY: u32 = 0x4020_0000;

impl Platform for N800 {
    const NAME: &'static str = "n800";
    const TITLE: &'static str = "Nokia N800";
    const RAM_START: u32 = 0x8000_0000;
    const VIDEO: (u32, u32) = (ON_CHIP_MEMORY, 1 << 20);
    const FRAME_BUFFER: Option<u32> = Some(ON_CHIP_MEMORY);

    type Uart = Console;
    type Clock = Clock;
    type Storage = Flash;
    type Drivers = Drivers;

    /// The board has one size.
    unsafe fn ram_bytes() -> u32 {
        128 << 20
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
        unsafe { devices::clocks() }.reset();
    }

    /// The power controller is not driven: the emulator is asked.
    unsafe fn power_off() {
        semihosting::process::exit(0)
    }
}
