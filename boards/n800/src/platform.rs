//! [`N800`]: the board.

use oal_demo::{Display, FrameBuffer};
use oal_firmware::Platform;
use oal_firmware::ram::Ram;
use oal_snapshot::frame::RamRegion;

use crate::devices::{self, Clock};
use crate::drivers::{self, Drivers};
use crate::onenand::Flash;
use crate::uart::Console;

/// The board.
pub enum N800 {}

/// On-chip memory, 640 KiB, in a MiB of its own.
const ON_CHIP_MEMORY: usize = 0x4020_0000;
/// The application's screen in it.
const SCREEN: FrameBuffer = FrameBuffer { address: ON_CHIP_MEMORY, width: 640, height: 480 };

impl Platform for N800 {
    const NAME: &'static str = "n800";
    const TITLE: &'static str = "Nokia N800";
    const OEM: &'static [RamRegion] = &[SCREEN.region()];
    const UNCACHED: &'static [RamRegion] = &[RamRegion::new(ON_CHIP_MEMORY as u64, 1 << 20)];

    type Uart = Console;
    type Clock = Clock;
    type Storage = Flash;
    type Drivers = Drivers;

    /// The board has one size.
    unsafe fn ram() -> Ram {
        Ram::from_array([RamRegion::new(0x8000_0000, 128 << 20)])
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

/// The panel, behind a controller of its own, is not driven.
impl Display for N800 {
    const SCREEN: Option<FrameBuffer> = Some(SCREEN);
}
