//! [`Board`]: the hooks of all files as the firmware takes them. Nothing to fill.

use oal_firmware::Platform;
use oal_firmware::platform::DeviceRegister;
use oal_firmware::ram::Ram;
use oal_snapshot::frame::RamRegion;

use crate::{caches, clock, console, cpu, display, drivers, medium, memory, power};

/// The board.
pub enum Board {}

impl Platform for Board {
    const NAME: &'static str = "{{name}}";
    const TITLE: &'static str = "{{name}}";
    const SECURE: bool = cpu::SECURE;
    const OEM: &'static [RamRegion] = display::OEM;
    const UNCACHED: &'static [RamRegion] = display::UNCACHED;
    const REGISTERS: &'static [DeviceRegister] = drivers::REGISTERS;
    const OUTER_CACHE: Option<usize> = caches::OUTER_CACHE;

    type Uart = console::Console;
    type Clock = clock::Clock;
    type Storage = medium::Medium;
    type Drivers = drivers::Drivers;

    unsafe fn ram() -> Ram {
        // SAFETY: the caller's promise.
        unsafe { memory::ram() }
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
