//! [`Platform`]: what the firmware asks of a board.

use oal_parts::clock::Clock;
use oal_snapshot::drivers::PowerManaged;

use crate::drivers::Story;
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

/// A board. The type has no values; everything is where the board has it.
///
/// Two symbols belong to it as well. `oal_early_init`, in assembly, is the first code after power-on: interrupts are
/// masked, there is no stack, and it may use r0 to r3. It starts the clock, if that needs starting. And a linker script
/// that gives `CODE` and `RAM` and includes `oal-firmware.x`.
pub trait Platform: Sized + 'static {
    /// The board's name, in the console's lines and in every image: at most 16 bytes.
    const NAME: &'static str;
    /// The board's name for people.
    const TITLE: &'static str;
    /// First byte of RAM, on a MiB.
    const RAM_START: u32;
    /// The MiB of memory outside RAM that holds frame buffers: first byte and number of bytes. It is mapped as Normal
    /// memory without caches.
    const VIDEO: (u32, u32);
    /// The frame buffer that belongs to the picture: 640 by 480 pixels of two bytes, inside [`Platform::VIDEO`].
    const FRAME_BUFFER: u32;
    /// The frame buffer of the progress bar, which no snapshot holds, if there is room for one.
    const PROGRESS_BUFFER: Option<u32>;

    /// Memory to be seen at another address as well: read-only, Normal, not cached.
    const READ_WINDOW: Option<ReadWindow>;

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
    unsafe fn show(address: u32);

    /// Seconds since 1970, if the board knows.
    fn seconds() -> u32;

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
}
