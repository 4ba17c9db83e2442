//! [`Port`]: the good board with a fault.

use core::marker::PhantomData;

use oal_drivers::clock::Clock;
use oal_firmware::Platform;
use oal_firmware::card::CardStorage;
use oal_firmware::platform::{DeviceRegister, Drivers, ReadWindow};
use oal_firmware::storage::Storage;
use oal_snapshot::cpu::NosaveStack;
use oal_snapshot::cpu::armv7a::Armv7a;
use vexpress_a9::Vexpress;
use vexpress_a9::card::Card;
use vexpress_a9::devices;

/// The board without a fault.
pub type Good = Vexpress<Card>;
/// Its clock.
pub type GoodClock = devices::Clock;
/// Its medium.
pub type GoodStorage = CardStorage<devices::Mmci>;
/// Its drivers.
pub type GoodDrivers = <Good as Platform>::Drivers;
/// Its console.
pub type GoodUart = <Good as Platform>::Uart;

/// What is wrong: all that is not said here is as on the good board.
pub trait Fault: 'static {
    /// The clock.
    type Clock: Clock + From<GoodClock>;
    /// The medium.
    type Storage: Storage + From<GoodStorage>;
    /// The drivers.
    type Drivers: Drivers<GoodUart>;

    /// The picture's frame buffer.
    const FRAME_BUFFER: Option<u32> = Good::FRAME_BUFFER;
    /// The progress bar's.
    const PROGRESS_BUFFER: Option<u32> = Good::PROGRESS_BUFFER;

    /// Changes the size of RAM, or does something else before the MMU is on.
    fn ram_bytes(bytes: u32) -> u32 {
        bytes
    }

    /// The core.
    fn cpu<const BYTES: usize>(stack: &'static mut NosaveStack<BYTES>) -> Armv7a {
        Good::cpu(stack)
    }

    /// Changes the answer to an interrupt.
    fn interrupt(is_tick: bool) -> bool {
        is_tick
    }
}

/// The good board with a fault.
pub struct Port<F>(PhantomData<F>);

impl<F: Fault> Platform for Port<F> {
    const NAME: &'static str = Good::NAME;
    const TITLE: &'static str = Good::TITLE;
    const RAM_START: u32 = Good::RAM_START;
    const SECURE: bool = Good::SECURE;
    const VIDEO: (u32, u32) = Good::VIDEO;
    const FRAME_BUFFER: Option<u32> = F::FRAME_BUFFER;
    const PROGRESS_BUFFER: Option<u32> = F::PROGRESS_BUFFER;
    const READ_WINDOW: Option<ReadWindow> = Good::READ_WINDOW;
    const REGISTERS: &'static [DeviceRegister] = Good::REGISTERS;
    const OUTER_CACHE: Option<u32> = Good::OUTER_CACHE;

    type Uart = GoodUart;
    type Clock = F::Clock;
    type Storage = F::Storage;
    type Drivers = F::Drivers;

    unsafe fn ram_bytes() -> u32 {
        // SAFETY: the caller's promise.
        F::ram_bytes(unsafe { Good::ram_bytes() })
    }

    fn cpu<const BYTES: usize>(stack: &'static mut NosaveStack<BYTES>) -> Armv7a {
        F::cpu(stack)
    }

    fn outer_cache() -> Option<fn()> {
        Good::outer_cache()
    }

    fn clock() -> F::Clock {
        Good::clock().into()
    }

    unsafe fn storage() -> F::Storage {
        // SAFETY: the caller's promise.
        unsafe { Good::storage() }.into()
    }

    unsafe fn show(address: u32) {
        // SAFETY: the caller's promise.
        unsafe { Good::show(address) }
    }

    fn seconds() -> u32 {
        Good::seconds()
    }

    unsafe fn snapshot_resume() {
        // SAFETY: the caller's promise.
        unsafe { Good::snapshot_resume() }
    }

    unsafe fn interrupt() -> bool {
        // SAFETY: the caller's promise.
        F::interrupt(unsafe { Good::interrupt() })
    }

    unsafe fn reset() {
        // SAFETY: the caller's promise.
        unsafe { Good::reset() }
    }

    unsafe fn power_off() {
        // SAFETY: the caller's promise.
        unsafe { Good::power_off() }
    }
}
