//! A board of which the compiler knows nothing.

use core::hint::black_box;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{ErrorType, InputPin};
use embedded_hal::spi::{self, Operation, SpiDevice};
use oal_drivers::clock::Clock;
use oal_drivers::mmc::{BusWidth, Capabilities, Command, Host, HostError, Response};
use oal_drivers::nand::bus::{BusFault, RawBus};
use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
use oal_snapshot::hooks::{GetSnapshotRegions, SnapshotResume};
use oal_snapshot::memory_map::MemoryLayout;
use oal_snapshot::progress::{Observer, Progress};
use oal_snapshot::store::AttemptRegister;
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};

/// Any value of a type that has one.
pub fn any<T: Default>() -> T {
    black_box(T::default())
}

/// A system.
pub struct Anyone;

impl System for Anyone {
    fn layout(&self) -> MemoryLayout<'_> {
        MemoryLayout { ram: any(), oem: any(), nosave: any() }
    }

    fn page_class(&self, frame: Pfn) -> PageClass {
        if black_box(frame.0) > any() { PageClass::Used } else { PageClass::Free }
    }

    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        black_box(Ok(()))
    }

    fn resume(&mut self, why: Resume) {
        black_box(why);
    }

    fn pause(&mut self, milliseconds: u32) {
        black_box(milliseconds);
    }

    fn staging(&self) -> Option<FrameRange> {
        black_box(Some(FrameRange::default()))
    }
}

impl GetSnapshotRegions for Anyone {
    fn get_snapshot_regions(&self) -> &[RamRegion] {
        any()
    }
}

impl SnapshotResume for Anyone {}

impl Observer for Anyone {
    fn observe(&mut self, progress: Progress) {
        black_box(progress);
    }
}

impl AttemptRegister for Anyone {
    fn get(&mut self) -> Option<u32> {
        any()
    }

    fn set(&mut self, value: u32) {
        black_box(value);
    }
}

impl Clock for Anyone {
    fn now_us(&mut self) -> u64 {
        any()
    }
}

impl DelayNs for Anyone {
    fn delay_ns(&mut self, ns: u32) {
        black_box(ns);
    }
}

impl ErrorType for Anyone {
    type Error = core::convert::Infallible;
}

impl InputPin for Anyone {
    fn is_high(&mut self) -> Result<bool, Self::Error> {
        Ok(any())
    }

    fn is_low(&mut self) -> Result<bool, Self::Error> {
        Ok(any())
    }
}

impl RawBus for Anyone {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        black_box(command);
        black_box(Ok(()))
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        black_box(cycles);
        black_box(Ok(()))
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
        black_box(data);
        black_box(Ok(()))
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        black_box(data);
        black_box(Ok(()))
    }
}

/// An SPI device.
pub struct Line;

impl spi::ErrorType for Line {
    type Error = spi::ErrorKind;
}

impl SpiDevice for Line {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Self::Error> {
        black_box(operations);
        black_box(Ok(()))
    }
}

/// A card's controller.
pub struct Controller;

impl Host for Controller {
    fn capabilities(&self) -> Capabilities {
        black_box(Capabilities {
            max_clock_hz: any(),
            widest: BusWidth::Eight,
            high_speed: any(),
            max_read_blocks: any(),
            max_write_blocks: any(),
        })
    }

    fn reset(&mut self) -> Result<(), HostError> {
        black_box(Ok(()))
    }

    fn set_clock(&mut self, hz: u32) -> u32 {
        black_box(hz)
    }

    fn set_bus_width(&mut self, width: BusWidth) {
        black_box(width);
    }

    fn command(&mut self, command: Command) -> Result<Response, HostError> {
        black_box(command);
        black_box(Ok(Response::default()))
    }

    fn read(&mut self, _: Command, _: u16, data: &mut [u8], _: u32) -> Result<Response, HostError> {
        black_box(data);
        black_box(Ok(Response::default()))
    }

    fn reads_in_background(&self) -> bool {
        any()
    }

    fn read_while(
        &mut self,
        _: Command,
        _: u16,
        data: &mut [u8],
        _: u32,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<Response, HostError> {
        meanwhile();
        black_box(data);
        black_box(Ok(Response::default()))
    }

    fn write(&mut self, _: Command, _: u16, data: &[u8], _: u32) -> Result<Response, HostError> {
        black_box(data);
        black_box(Ok(Response::default()))
    }

    fn abort(&mut self) {}

    fn now_us(&mut self) -> u64 {
        any()
    }
}
