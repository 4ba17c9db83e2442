//! The protocol's requests to a host controller.
#![forbid(unsafe_code)]

use super::command::{Command, Response};

/// Data lines in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BusWidth {
    /// DAT0 only.
    One,
    /// DAT0 to DAT3.
    Four,
    /// DAT0 to DAT7, eMMC only.
    Eight,
}

/// Capabilities of a controller, as wired on its board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capabilities {
    /// Fastest card clock in Hz.
    pub max_clock_hz: u32,
    /// Most data lines.
    pub widest: BusWidth,
    /// Whether the controller meets high-speed timing (above 25 MHz SD, 26 MHz eMMC).
    pub high_speed: bool,
    /// Most blocks of 512 bytes in one read command. 0 counts as 1.
    pub max_read_blocks: u16,
    /// Most blocks of 512 bytes in one write command. 0 counts as 1.
    pub max_write_blocks: u16,
}

/// An error between the controller and the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HostError {
    /// The card did not answer the command.
    CommandTimeout,
    /// The answer arrived damaged.
    CommandCrc,
    /// No data moved for the time allowed.
    DataTimeout,
    /// Data arrived damaged, or the card reported that it did.
    DataCrc,
    /// Data came faster than it was fetched.
    Overrun,
    /// Data was not delivered in time.
    Underrun,
    /// The controller itself did not finish its command.
    Stuck,
    /// The controller cannot do this transfer (block length, number of blocks).
    Unsupported,
}

/// A host controller with one card behind it.
///
/// A command and its data are one call, because a controller with DMA has to know the buffer before
/// it sends the command. Nothing here is asynchronous: the snapshot path runs with interrupts off.
///
/// An implementation keeps its whole state in itself (no statics, no heap), so that a board can put
/// it into memory that no snapshot contains.
pub trait Host {
    /// The controller's capabilities. Asked once, at the start of `Card::init`.
    fn capabilities(&self) -> Capabilities;

    /// Whether a card is in the slot, where the board can tell; otherwise true.
    fn card_present(&mut self) -> bool {
        true
    }

    /// Brings controller and bus to the state in which identification begins, from any state that a
    /// previous owner left: data path off and empty, power on, one data line, clock at most 400 kHz
    /// and running for 74 cycles or more (SD 6.4.1, JESD84-B51 6.4).
    fn reset(&mut self) -> Result<(), HostError>;

    /// Sets the card clock to the highest possible rate not above `hz`; gives back that rate, in Hz.
    fn set_clock(&mut self, hz: u32) -> u32;

    /// Sets the number of data lines used.
    fn set_bus_width(&mut self, width: BusWidth);

    /// Chooses high-speed timing, or the default.
    fn set_high_speed(&mut self, _on: bool) {}

    /// Chooses open-drain signalling on the command line, which eMMC identification uses
    /// (JESD84-B51 6.3), or push-pull.
    fn set_open_drain(&mut self, _on: bool) {}

    /// Sends a command without data and waits for its response. It need not wait for the busy
    /// signal of R1b: the protocol polls the card's status.
    fn command(&mut self, command: Command) -> Result<Response, HostError>;

    /// Sends a command and reads `data.len()` bytes in blocks of `block` bytes.
    ///
    /// If the response has a bit of [`Command::no_data_if`] the data phase is called off and the
    /// response is given back. `timeout_us` is the longest time without any progress.
    fn read(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError>;

    /// Whether [`Host::read_while`] leaves the CPU free while data comes. Known after [`Host::reset`].
    fn reads_in_background(&self) -> bool {
        false
    }

    /// Reads as [`Host::read`] does, and calls `meanwhile`, once, while the data comes; by default, when it
    /// is there. If the command fails, or its data is called off, `meanwhile` need not be called. On return,
    /// whatever happened, the controller writes to no memory.
    fn read_while(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<Response, HostError> {
        let response = self.read(command, block, data, timeout_us)?;
        meanwhile();
        Ok(response)
    }

    /// Sends a command and then `data`, in blocks of `block` bytes. The rest as for [`Host::read`].
    fn write(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError>;

    /// After an error: stops the data path and throws away what is in it. Clock, width and power stay.
    fn abort(&mut self);

    /// Microseconds since some fixed moment, never going back.
    fn now_us(&mut self) -> u64;
}

impl<H: Host + ?Sized> Host for &mut H {
    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }
    fn card_present(&mut self) -> bool {
        (**self).card_present()
    }
    fn reset(&mut self) -> Result<(), HostError> {
        (**self).reset()
    }
    fn set_clock(&mut self, hz: u32) -> u32 {
        (**self).set_clock(hz)
    }
    fn set_bus_width(&mut self, width: BusWidth) {
        (**self).set_bus_width(width);
    }
    fn set_high_speed(&mut self, on: bool) {
        (**self).set_high_speed(on);
    }
    fn set_open_drain(&mut self, on: bool) {
        (**self).set_open_drain(on);
    }
    fn command(&mut self, command: Command) -> Result<Response, HostError> {
        (**self).command(command)
    }
    fn read(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        (**self).read(command, block, data, timeout_us)
    }
    fn reads_in_background(&self) -> bool {
        (**self).reads_in_background()
    }
    fn read_while(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<Response, HostError> {
        (**self).read_while(command, block, data, timeout_us, meanwhile)
    }
    fn write(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        (**self).write(command, block, data, timeout_us)
    }
    fn abort(&mut self) {
        (**self).abort();
    }
    fn now_us(&mut self) -> u64 {
        (**self).now_us()
    }
}
