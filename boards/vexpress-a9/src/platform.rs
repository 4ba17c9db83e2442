//! [`Vexpress`]: the board, with one of its media.

use core::marker::PhantomData;

use oal_demo::{Display, FrameBuffer};
use oal_drivers::a9_timer::GLOBAL_CONTROL;
use oal_firmware::Platform;
use oal_firmware::mapping::ReadWindow;
use oal_firmware::platform::DeviceRegister;
use oal_firmware::ram::{self, Ram};
use oal_firmware::storage::Storage;
use oal_snapshot::frame::RamRegion;

use crate::devices::{self, Clock};
use crate::drivers::{self, Drivers};
use crate::uart::Pl011;

/// The media of this board.
pub trait Medium: 'static {
    /// The store on it.
    type Storage: Storage;

    /// Looks for the medium.
    ///
    /// # Safety
    /// Nobody else uses its controller.
    unsafe fn find() -> Self::Storage;
}

/// The board, with a medium.
pub struct Vexpress<M>(PhantomData<M>);

// The global timer counts from the first instructions on. A reset stops it at 0.
oal_firmware::early_store!(devices::GLOBAL_TIMER + GLOBAL_CONTROL, 1);

impl<M: Medium> Platform for Vexpress<M> {
    const NAME: &'static str = "vexpress-a9";
    const TITLE: &'static str = "Versatile Express A9";
    const OEM: &'static [RamRegion] = &[devices::SCREEN.region()];
    const UNCACHED: &'static [RamRegion] = &[devices::VIDEO];
    const READ_WINDOW: Option<ReadWindow> = Some(devices::NOR_WINDOW);
    const REGISTERS: &'static [DeviceRegister] = &devices::SET_UP;
    const OUTER_CACHE: Option<usize> = Some(devices::OUTER_CACHE);

    type Uart = Pl011;
    type Clock = Clock;
    type Storage = M::Storage;
    type Drivers = Drivers;

    unsafe fn ram() -> Ram {
        // SAFETY: the caller's promise; the firmware's own sections end well before the last word of a step.
        let bytes = unsafe { ram::size(devices::RAM_START) };
        Ram::from_array([RamRegion::new(devices::RAM_START as u64, bytes)])
    }

    fn clock() -> Clock {
        // SAFETY: anybody may read the clock.
        unsafe { devices::clock() }
    }

    unsafe fn storage() -> M::Storage {
        // SAFETY: the caller's promise.
        unsafe { M::find() }
    }

    fn seconds() -> u32 {
        // SAFETY: nothing else uses the real-time clock.
        unsafe { devices::rtc() }.seconds()
    }

    unsafe fn interrupt() -> bool {
        // SAFETY: the caller's promise.
        unsafe { drivers::interrupt() }
    }

    unsafe fn reset() {
        // SAFETY: the caller's promise.
        unsafe { devices::system() }.reset();
    }

    unsafe fn power_off() {
        // SAFETY: the caller's promise.
        unsafe { devices::system() }.power_off();
    }
}

impl<M: Medium> Display for Vexpress<M> {
    const SCREEN: Option<FrameBuffer> = Some(devices::SCREEN);
    const PROGRESS: Option<FrameBuffer> = Some(devices::PROGRESS);

    unsafe fn show(frame: FrameBuffer) {
        // The figures are constants that suit the controller.
        // SAFETY: the caller's promise.
        let _ = unsafe { devices::show(frame) };
    }
}
