//! [`Platform`]: what the firmware asks of a board.

use oal_drivers::clock::Clock;
use oal_snapshot::cpu::NosaveStack;
use oal_snapshot::cpu::armv7a::Armv7a;
use oal_snapshot::power::PowerManaged;

use crate::drivers::{GateUse, Story};
use crate::storage::Storage;
use crate::terminal::{Terminal, Uart};

/// Most drivers of a board.
pub const MAX_DRIVERS: usize = 8;

/// Drivers, in the order in which they are powered up.
pub type DriverVec<'a> = heapless::Vec<&'a mut dyn Driver, MAX_DRIVERS>;

/// Flash that is seen as memory at an address of its own, all in whole MiB, so that it can be read at any alignment. It must
/// not cover anything else that is used.
#[derive(Clone, Copy, Debug)]
pub struct ReadWindow {
    /// Where it is seen.
    pub at: u32,
    /// Where it is.
    pub physical: u32,
    /// How many bytes of it.
    pub bytes: u32,
}

/// A register that holds how a device is set up, such as a timer's reload value. The command `selftest` reads it before drivers
/// go down, and compares it after they came up.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRegister {
    /// Its name, without blanks.
    pub name: &'static str,
    /// Its address: a word that can be read at any time while its driver is up, and that reading does not change.
    pub address: u32,
    /// The bits that stay the same as long as nobody sets the device up anew.
    pub mask: u32,
}

/// A board. The type has no values; everything is where the board has it.
///
/// Two things belong to it as well: a linker script that gives `CODE` and `RAM` and includes `oal-firmware.x`; and, if something
/// has to be done by the first instructions, such as starting the clock, [`early_store!`](crate::early_store). How it is
/// done step by step: `docs/porting.md`.
pub trait Platform: Sized + 'static {
    /// The board's name, in the console's lines and in every image: at most 16 bytes.
    const NAME: &'static str;
    /// The board's name for people.
    const TITLE: &'static str;
    /// First byte of RAM, on a MiB.
    const RAM_START: u32;
    /// Whether the core is in Secure state, as after power-on; not so if a monitor (TF-A, OP-TEE) started the firmware. Monitor
    /// mode's registers, which only Secure state can reach, are then no part of a picture.
    const SECURE: bool = true;
    /// The MiB of memory outside RAM that hold frame buffers: first byte and number of bytes. They are mapped as Normal
    /// memory without caches.
    const VIDEO: (u32, u32) = (0, 0);
    /// The frame buffer that belongs to the picture, if there is one: 640 by 480 pixels of two bytes, inside
    /// [`Platform::VIDEO`]. `OEMGetSnapshotRegions` names it.
    const FRAME_BUFFER: Option<u32> = None;
    /// The frame buffer of the progress bar, which no snapshot holds, if there is room for one.
    const PROGRESS_BUFFER: Option<u32> = None;

    /// Memory to be seen at another address as well: read-only, Normal, not cached.
    const READ_WINDOW: Option<ReadWindow> = None;

    /// Registers that every power-up of a driver must bring back, for the command `selftest`: the first 32 count.
    const REGISTERS: &'static [DeviceRegister] = &[];
    /// Where the registers of the outer cache's controller, an L2C-310, are, if the board has one, be it on or off.
    const OUTER_CACHE: Option<u32> = None;

    /// The console's UART.
    type Uart: Uart;
    /// A clock that counts from power-on or reset.
    type Clock: Clock;
    /// Where images are kept.
    type Storage: Storage;
    /// The devices that are powered down for a snapshot.
    type Drivers: Drivers<Self::Uart>;

    /// Bytes of RAM: whole MiB, at most 1 GiB.
    ///
    /// # Safety
    /// Called once, before the MMU is on, with nothing in RAM in use but the firmware's own sections.
    unsafe fn ram_bytes() -> u32;

    /// The core, with the stack on which the engine writes.
    fn cpu<const BYTES: usize>(stack: &'static mut NosaveStack<BYTES>) -> Armv7a {
        let cpu = Armv7a::new(stack);
        if Self::SECURE { cpu.secure() } else { cpu }
    }

    /// What cleans and invalidates the cache outside the core, and waits until that is done; needed if the board switches it
    /// on. It uses nosave memory only.
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

    /// Shows the frame buffer at `address`, whatever was shown before; nothing if the board has no display.
    ///
    /// # Safety
    /// Nobody else uses the display's controller meanwhile.
    unsafe fn show(address: u32) {
        let _ = address;
    }

    /// Seconds since 1970; 0 if the board does not know.
    fn seconds() -> u32 {
        0
    }

    /// Brings back what no driver looks after (pads, clocks, power domains), as a cold boot does: `OEMSnapshotResume`, the
    /// first code of the restored system, before any driver.
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

/// A driver that remembers its life.
pub trait Driver: PowerManaged {
    /// What happened to it.
    fn story(&self) -> Story;

    /// What it did to the gate of its clock, if it has one.
    fn gate(&self) -> Option<GateUse> {
        None
    }
}
