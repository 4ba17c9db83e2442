//! [`Board`]: the hooks of all files as the firmware takes them. Nothing to fill.

use oal_firmware::Platform;
use oal_firmware::platform::DeviceRegister;

use crate::{caches, clock, console, cpu, display, drivers, medium, memory, power};

/// The board.
pub enum Board {}

impl Platform for Board {
    const NAME: &'static str = "{{name}}";
    const TITLE: &'static str = "{{name}}";
    const RAM_START: u32 = memory::RAM_START;
    const SECURE: bool = cpu::SECURE;
    const VIDEO: (u32, u32) = display::VIDEO;
    const FRAME_BUFFER: Option<u32> = display::FRAME_BUFFER;
    const REGISTERS: &'static [DeviceRegister] = drivers::REGISTERS;
    const OUTER_CACHE: Option<u32> = caches::OUTER_CACHE;

    type Uart = console::Console;
    type Clock = clock::Clock;
    type Storage = medium::Medium;
    type Drivers = drivers::Drivers;

    unsafe fn ram_bytes() -> u32 {
        // SAFETY: the caller's promise.
        unsafe { memory::ram_bytes() }
    }

    fn outer_cache() -> Option<fn()> {
        caches::outer_cache()
    }

    fn clock() -> clock::Clock {
        clock::clock()
    }

    unsafe fn storage() -> medium::Medium {
        // SAFETY: the caller's promise.
        unsafe { medium::find() }
    }

    fn seconds() -> u32 {
        clock::seconds()
    }

    unsafe fn snapshot_resume() {
        // SAFETY: the caller's promise.
        unsafe { cpu::snapshot_resume() }
    }

    unsafe fn interrupt() -> bool {
        // SAFETY: the caller's promise.
        unsafe { drivers::interrupt() }
    }

    unsafe fn reset() {
        // SAFETY: the caller's promise.
        unsafe { power::reset() }
    }

    unsafe fn power_off() {
        // SAFETY: the caller's promise.
        unsafe { power::power_off() }
    }
}
