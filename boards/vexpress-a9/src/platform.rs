//! [`Vexpress`]: the board, with one of its media.

use core::arch::global_asm;
use core::marker::PhantomData;

use oal_firmware::Platform;
use oal_firmware::platform::ReadWindow;
use oal_firmware::ram;
use oal_firmware::storage::Storage;

use crate::devices::{self, Clock};
use crate::drivers::{self, Drivers};
use crate::uart::Pl011;

/// Where this board can keep images.
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

// The global timer counts from here on. A reset stops it at 0.
global_asm!(
    r#"
    .section .text.start, "ax", %progbits
    .arm
    .global oal_early_init
oal_early_init:
    ldr     r0, ={global_timer}
    mov     r1, #1
    str     r1, [r0, #8]
    bx      lr
    .ltorg
"#,
    global_timer = const devices::GLOBAL_TIMER,
);

impl<M: Medium> Platform for Vexpress<M> {
    const NAME: &'static str = "vexpress-a9";
    const TITLE: &'static str = "Versatile Express A9";
    const RAM_START: u32 = devices::RAM_START;
    const VIDEO: (u32, u32) = devices::VIDEO;
    const FRAME_BUFFER: u32 = devices::FRAME_BUFFER;
    const PROGRESS_BUFFER: Option<u32> = Some(devices::PROGRESS_BUFFER);
    const READ_WINDOW: Option<ReadWindow> = Some(devices::NOR_WINDOW);

    type Uart = Pl011;
    type Clock = Clock;
    type Storage = M::Storage;
    type Drivers = Drivers;

    unsafe fn ram_bytes() -> u32 {
        // SAFETY: the caller's promise; the firmware's own sections end well before the last word of a step.
        unsafe { ram::size(Self::RAM_START) }
    }

    fn clock() -> Clock {
        // SAFETY: anybody may read the clock.
        unsafe { devices::clock() }
    }

    unsafe fn storage() -> M::Storage {
        // SAFETY: the caller's promise.
        unsafe { M::find() }
    }

    unsafe fn show(address: u32) {
        // The figures are constants that suit the controller.
        // SAFETY: the caller's promise.
        let _ = unsafe { devices::show(address) };
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
