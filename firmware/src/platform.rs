//! [`Platform`]: what the firmware asks of a board.

use oal_drivers::clock::Clock;
use oal_snapshot::cpu::{NosaveStack, OuterCache};
use oal_snapshot::frame::RamRegion;
use oal_snapshot::power::PowerManaged;

use crate::arch;
use crate::history::{GateUse, PowerHistory};
use crate::mapping::ReadWindow;
use crate::ram::Ram;
use crate::storage::Storage;
use crate::terminal::{Terminal, Uart};

/// Most drivers of a board.
pub const MAX_DRIVERS: usize = 8;

/// Drivers, in the order in which they are powered up.
pub type DriverVec<'a> = heapless::Vec<&'a mut dyn Driver, MAX_DRIVERS>;

/// A register that holds how a device is set up, such as a timer's reload value. The command `selftest` reads
/// it before drivers go down, and compares it after they came up.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRegister {
    /// Its name, without blanks.
    pub name: &'static str,
    /// Its address: a word that can be read at any time while its driver is up, and that reading does not
    /// change.
    pub address: usize,
    /// The bits that stay the same as long as nobody sets the device up anew.
    pub mask: u32,
}

/// A board. The type has no values; everything is where the board has it.
///
/// Two things belong to it as well: a linker script that gives `CODE` and `RAM` and includes
/// `oal-firmware.x`; and, if something has to be done by the first instructions, such as starting the clock,
/// [`early_store!`](crate::early_store). How it is done step by step: `docs/porting.md`.
pub trait Platform: Sized + 'static {
    /// The board's name, in the console's lines and in every image: at most 16 bytes.
    const NAME: &'static str;
    /// The board's name for people.
    const TITLE: &'static str;
    /// Whether the core is in Secure state, as after power-on; not so if a monitor (TF-A, OP-TEE) started the
    /// firmware. Monitor mode's registers, which only Secure state can reach, are not saved then.
    const SECURE: bool = true;
    /// Memory outside RAM that is saved with it, such as a frame buffer: whole pages, at most
    /// [`MAX_OEM`](crate::ram::MAX_OEM) regions. `OEMGetSnapshotRegions` names them.
    const OEM: &'static [RamRegion] = &[];
    /// Memory outside RAM that is mapped as Normal memory without caches, for a controller that reads it
    /// behind the CPU's back: whole MiB.
    const UNCACHED: &'static [RamRegion] = &[];
    /// Memory to be seen at another address as well: read-only, Normal, not cached.
    const READ_WINDOW: Option<ReadWindow> = None;

    /// Registers that every power-up of a driver must bring back, for the command `selftest`: the first 32
    /// count.
    const REGISTERS: &'static [DeviceRegister] = &[];
    /// The registers of the outer cache's controller, an L2C-310, if the board has one, be it on or off.
    const OUTER_CACHE: Option<usize> = None;

    /// The console's UART.
    type Uart: Uart;
    /// A clock that counts from power-on or reset.
    type Clock: Clock;
    /// The medium of the images.
    type Storage: Storage;
    /// The devices that are powered down for a snapshot.
    type Drivers: Drivers<Self::Uart>;

    /// All RAM that the system uses, bank by bank by rising addresses: whole MiB, at most 1 GiB in all. The
    /// linker script's `RAM` lies in one bank; the heap takes the rest of that one and all of the others.
    ///
    /// # Safety
    /// Called once, before the MMU is on, with nothing in RAM in use but the firmware's own sections.
    unsafe fn ram() -> Ram;

    /// The core, with the stack on which the engine writes, and the cache outside it.
    fn cpu<O: OuterCache, const BYTES: usize>(
        stack: &'static mut NosaveStack<BYTES>,
        outer: O,
    ) -> arch::Core<O> {
        arch::core(stack, Self::SECURE, outer)
    }

    /// A function that cleans and invalidates the cache outside the core, and waits until that is done;
    /// needed if the board switches it on. It uses nosave memory only.
    fn outer_cache() -> Option<fn()> {
        None
    }

    /// The clock.
    fn clock() -> Self::Clock;

    /// Looks for the medium. Runs in the boot stage, before any driver does.
    ///
    /// # Safety
    /// Nobody else uses the medium's controller.
    unsafe fn storage() -> Self::Storage;

    /// Seconds since 1970; 0 if the board does not know.
    fn seconds() -> u32 {
        0
    }

    /// Brings back what no driver looks after (pads, clocks, power domains), as a cold boot does:
    /// `OEMSnapshotResume`, the first code of the restored system, before any driver.
    ///
    /// # Safety
    /// Interrupts are masked, and no driver runs.
    unsafe fn snapshot_resume() {}

    /// Answers an interrupt: `true` if it was the tick. Uses no VFP register.
    ///
    /// # Safety
    /// Interrupts are masked, and an interrupt is pending.
    unsafe fn interrupt() -> bool;

    /// Resets the board. Returns if the board needs a moment.
    ///
    /// # Safety
    /// The last use of anything.
    unsafe fn reset();

    /// Switches the board off. Returns if the board needs a moment.
    ///
    /// # Safety
    /// The last use of anything.
    unsafe fn power_off();
}

/// The drivers of a board.
pub trait Drivers<U: Uart>: Sized {
    /// Initialises all devices after a cold boot.
    ///
    /// # Safety
    /// Nobody else uses them, the interrupt handler excepted; interrupts are masked.
    unsafe fn init() -> Self;

    /// All of them, in the order in which they are powered up.
    fn all(&mut self) -> DriverVec<'_>;

    /// The console, which is one of them.
    fn terminal(&mut self) -> &mut Terminal<U>;
}

/// A driver that records its power transitions.
pub trait Driver: PowerManaged {
    /// Its record.
    fn history(&self) -> PowerHistory;

    /// Its actions on the gate of its clock, if it has one.
    fn gate(&self) -> Option<GateUse> {
        None
    }
}
