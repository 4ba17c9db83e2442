//! [`Zynq`]: the board.

use oal_demo::{Display, FrameBuffer};
use oal_drivers::a9_timer::GLOBAL_CONTROL;
use oal_firmware::Platform;
use oal_firmware::card::CardStorage;
use oal_firmware::platform::DeviceRegister;
use oal_firmware::ram::{self, Ram};
use oal_snapshot::frame::RamRegion;

use crate::devices::{self, CardHost, Clock};
use crate::drivers::{self, Drivers};
use crate::uart::Console;

/// The board.
pub enum Zynq {}

// The global timer counts from the first instructions on. A reset stops it at 0.
oal_firmware::early_store!(devices::GLOBAL_TIMER + GLOBAL_CONTROL, 1);

/// The first byte of DDR. Its first MiB is not used: it is not mapped, and on hardware on-chip memory may lie
/// over a part of it (UG585, 29.4.1).
const DDR: usize = 0;
/// The second MiB of DDR holds the frame buffer.
const VIDEO: usize = DDR + (1 << 20);
/// The application's screen in it.
const SCREEN: FrameBuffer = FrameBuffer { address: VIDEO, width: 640, height: 480 };
/// The rest is the firmware's RAM.
const RAM_START: usize = VIDEO + (1 << 20);

impl Platform for Zynq {
    const NAME: &'static str = "xilinx-zynq-a9";
    const TITLE: &'static str = "Zynq-7000";
    const OEM: &'static [RamRegion] = &[SCREEN.region()];
    const UNCACHED: &'static [RamRegion] = &[RamRegion::new(VIDEO as u64, 1 << 20)];
    const REGISTERS: &'static [DeviceRegister] = &devices::SET_UP;
    const OUTER_CACHE: Option<usize> = Some(devices::OUTER_CACHE);

    type Uart = Console;
    type Clock = Clock;
    type Storage = CardStorage<CardHost>;
    type Drivers = Drivers;

    unsafe fn ram() -> Ram {
        // SAFETY: the caller's promise; the firmware's own sections end well before the last word of a step.
        let bytes = unsafe { ram::size(DDR) }.saturating_sub((RAM_START - DDR) as u64);
        Ram::from_array([RamRegion::new(RAM_START as u64, bytes)])
    }

    fn clock() -> Clock {
        // SAFETY: anybody may read the clock.
        unsafe { devices::clock() }
    }

    unsafe fn storage() -> CardStorage<CardHost> {
        // SAFETY: the caller's promise.
        CardStorage::find(unsafe { devices::card_host() })
    }

    unsafe fn interrupt() -> bool {
        // SAFETY: the caller's promise.
        unsafe { drivers::interrupt() }
    }

    unsafe fn reset() {
        // SAFETY: the caller's promise.
        unsafe { devices::system() }.reset();
    }

    /// The board's supplies are not driven: the emulator is asked.
    unsafe fn power_off() {
        semihosting::process::exit(0)
    }
}

/// The processor has no display controller: nobody shows the screen.
impl Display for Zynq {
    const SCREEN: Option<FrameBuffer> = Some(SCREEN);
}
