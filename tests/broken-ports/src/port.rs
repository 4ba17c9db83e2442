//! [`Port`]: the good board with a fault.

use core::marker::PhantomData;

use oal_demo::{Display, FrameBuffer};
use oal_drivers::clock::Clock;
use oal_firmware::Platform;
use oal_firmware::arch;
use oal_firmware::card::CardStorage;
use oal_firmware::mapping::ReadWindow;
use oal_firmware::platform::{DeviceRegister, Drivers};
use oal_firmware::ram::Ram;
use oal_firmware::storage::Storage;
use oal_snapshot::cpu::{NosaveStack, OuterCache};
use oal_snapshot::frame::RamRegion;
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

    /// Memory outside RAM that is saved.
    const OEM: &'static [RamRegion] = Good::OEM;
    /// The progress bar's frame buffer.
    const PROGRESS: Option<FrameBuffer> = Good::PROGRESS;

    /// Changes the banks of RAM, or does something else before the MMU is on.
    fn ram(ram: Ram) -> Ram {
        ram
    }

    /// The core.
    fn cpu<O: OuterCache, const BYTES: usize>(
        stack: &'static mut NosaveStack<BYTES>,
        outer: O,
    ) -> arch::Core<O> {
        Good::cpu(stack, outer)
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
    const SECURE: bool = Good::SECURE;
    const OEM: &'static [RamRegion] = F::OEM;
    const UNCACHED: &'static [RamRegion] = Good::UNCACHED;
    const READ_WINDOW: Option<ReadWindow> = Good::READ_WINDOW;
    const REGISTERS: &'static [DeviceRegister] = Good::REGISTERS;
    const OUTER_CACHE: Option<usize> = Good::OUTER_CACHE;

    type Uart = GoodUart;
    type Clock = F::Clock;
    type Storage = F::Storage;
    type Drivers = F::Drivers;

    unsafe fn ram() -> Ram {
        // SAFETY: the caller's promise.
        F::ram(unsafe { Good::ram() })
    }

    fn cpu<O: OuterCache, const BYTES: usize>(
        stack: &'static mut NosaveStack<BYTES>,
        outer: O,
    ) -> arch::Core<O> {
        F::cpu(stack, outer)
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

impl<F: Fault> Display for Port<F> {
    const SCREEN: Option<FrameBuffer> = Good::SCREEN;
    const PROGRESS: Option<FrameBuffer> = F::PROGRESS;

    unsafe fn show(frame: FrameBuffer) {
        // SAFETY: the caller's promise.
        unsafe { Good::show(frame) }
    }
}
