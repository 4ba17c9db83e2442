//! SD host controller as the SD Association standardised it (SDHCI): a host for SD and eMMC cards, driven by
//! polling its buffer.
//!
//! The rules of this driver:
//!
//! * The buffer becomes ready once a block. The ready bit is cleared before the block is moved, since the
//!   controller sets it again for the next block as soon as the last word is gone (3.7.2.1).
//! * A command with a busy signal keeps the data lines for itself until the card is done: commands that need
//!   them wait for that, others do not (2.2.9).
//! * A transfer that ended well may show a data time-out as well, and did end well (2.2.17).
//! * After an error the command and data circuits are reset, each by its own bit (3.10.1).
//! * A read that is to leave the CPU free goes by SDMA ([`Host::read_while`]), if the board lends the buffer
//!   ([`Dma`]); all else goes through the port: there is nothing to clean or to invalidate, whoever owns the
//!   caches.
//!
//! Reference: SD Host Controller Simplified Specification, version 3.00. Controllers of version 1.00 and 2.00
//! differ in the divider of the card's clock only, as far as this driver goes.
#![forbid(unsafe_code)]

mod data;
mod regs;
mod sdma;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use crate::clock::{Clock, Deadline};
use crate::dma::{Dma, NoDma};
use crate::mmc::{BusWidth, Capabilities, Command, Host, HostError, Reply, Response};
use crate::mmio::Registers;
use regs::*;

/// Bytes of registers, for the [`Window`](crate::mmio::Window) over them.
pub const WINDOW: usize = 0x100;

/// The wiring of the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// Frequency of the base clock in Hz.
    pub input_hz: u32,
    /// Fastest card clock that the board's wires carry, in Hz.
    pub max_hz: u32,
    /// Data lines that are connected.
    pub widest: BusWidth,
    /// Whether the card is in a slot whose switch the controller sees; a soldered one is always there.
    pub removable: bool,
}

/// The controller, with its registers and a clock for time-outs.
///
/// ```no_run
/// use oal_drivers::clock::Clock;
/// use oal_drivers::mmc::BusWidth;
/// use oal_drivers::mmio::Window;
/// use oal_drivers::sdhci::{self, Config, Sdhci};
/// # fn demo(clock: impl Clock) {
/// // SAFETY: the second controller of a Zynq-7000, used by nothing else.
/// let registers = unsafe { Window::<{ sdhci::WINDOW }>::new(0xe010_1000 as *mut u32) };
/// let config =
///     Config { input_hz: 50_000_000, max_hz: 25_000_000, widest: BusWidth::Four, removable: false };
/// let host = Sdhci::new(registers, clock, config);
/// # }
/// ```
#[derive(Debug)]
pub struct Sdhci<R, C, D = NoDma> {
    regs: R,
    clock: C,
    config: Config,
    width: BusWidth,
    high_speed: bool,
    dma: D,
    /// Whether the controller has SDMA and the board lends it buffers.
    sdma: bool,
}

/// Longest wait for a command: the controller's own time-out is 64 card clocks after it is sent.
const COMMAND_US: u64 = 10_000;
/// Longest wait for a software reset, for which the specification names no time.
const RESET_US: u64 = 100_000;
/// Longest wait for a stable internal clock (3.2.1).
const STABLE_US: u64 = 150_000;
/// Settling time of the card's supply and clock: 1 ms, and 74 clocks at identification speed.
const POWER_US: u64 = 1_000;
const IDENTIFICATION_HZ: u32 = 400_000;
/// Host Controller Version of the first with a divider of ten bits.
const VERSION_3: u32 = 2;

impl<R: Registers, C: Clock> Sdhci<R, C> {
    /// A driver for the controller at `regs`. Nothing is touched before [`Host::reset`].
    pub const fn new(regs: R, clock: C, config: Config) -> Self {
        let (width, high_speed) = (BusWidth::One, false);
        Self { regs, clock, config, width, high_speed, dma: NoDma, sdma: false }
    }

    /// The same, with buffers lent by `dma` where a read is to leave the CPU free.
    pub fn with_dma<D: Dma>(self, dma: D) -> Sdhci<R, C, D> {
        let Self { regs, clock, config, width, high_speed, .. } = self;
        Sdhci { regs, clock, config, width, high_speed, dma, sdma: false }
    }
}

impl<R: Registers, C: Clock, D> Sdhci<R, C, D> {
    fn deadline(&mut self, limit_us: u64) -> Deadline {
        Deadline::new(self.clock.now_us(), limit_us)
    }

    fn pause(&mut self, us: u64) {
        let mut deadline = self.deadline(us);
        while !deadline.passed(self.clock.now_us()) {}
    }

    /// Waits until the bits `mask` of a register are as in `wanted`.
    fn wait_for(&mut self, register: usize, mask: u32, wanted: u32, limit_us: u64) -> Result<(), HostError> {
        let mut deadline = self.deadline(limit_us);
        while self.regs.read(register) & mask != wanted {
            if deadline.passed(self.clock.now_us()) {
                return Err(HostError::Stuck);
            }
        }
        Ok(())
    }

    /// Software Reset (2.2.16) of what `bits` says. The rest of the word stays.
    fn software_reset(&mut self, bits: u32) -> Result<(), HostError> {
        let others = self.regs.read(CLOCK);
        self.regs.write(CLOCK, others | bits);
        self.wait_for(CLOCK, bits, 0, RESET_US)
    }

    /// The highest supply voltage that the controller offers (2.2.26), as Power Control wants it (2.2.11):
    /// 3.3 V, 3.0 V or 1.8 V.
    fn voltage(&mut self) -> u32 {
        let offered = self.regs.read(CAPABILITIES) >> 24;
        let value = match offered {
            _ if offered & 1 != 0 => 7,
            _ if offered & 2 != 0 => 6,
            _ => 5,
        };
        value << VOLTAGE_SHIFT
    }

    /// Writes Host Control 1 and Power Control: power on, lines and timing as chosen.
    fn apply_host(&mut self) {
        let lines = match self.width {
            BusWidth::One => 0,
            BusWidth::Four => FOUR_LINES,
            BusWidth::Eight => EIGHT_LINES,
        };
        let timing = if self.high_speed { HIGH_SPEED } else { 0 };
        let voltage = self.voltage();
        self.regs.write(HOST, lines | timing | voltage | BUS_POWER);
    }

    /// Sends a command, with the bits `mode` of Transfer Mode and Command besides its own (3.7.1).
    fn send(&mut self, command: Command, mode: u32) -> Result<Response, HostError> {
        let kind = match command.reply {
            Reply::None => 0,
            Reply::R2 => LONG | CHECK_CRC,
            Reply::R3 => SHORT,
            Reply::R1b => SHORT_BUSY | CHECK_CRC | CHECK_INDEX,
            _ => SHORT | CHECK_CRC | CHECK_INDEX,
        };
        // CMD12 ends what occupies the data lines (3.8): it does not wait for them.
        let abort = if command.index == 12 { ABORT } else { 0 };
        let needs_data_lines = abort == 0 && (mode & WITH_DATA != 0 || command.reply == Reply::R1b);
        let inhibit = COMMAND_INHIBIT | if needs_data_lines { DATA_INHIBIT } else { 0 };
        self.wait_for(PRESENT, inhibit, 0, COMMAND_US)?;

        self.regs.write(STATUS, WATCHED);
        self.regs.write(ARGUMENT, command.argument);
        let index = u32::from(command.index & 0x3f) << INDEX_SHIFT;
        self.regs.write(COMMAND, index | kind | abort | mode);

        let mut deadline = self.deadline(COMMAND_US);
        let status = loop {
            let status = self.regs.read(STATUS);
            if status & (COMMAND_COMPLETE | COMMAND_ERRORS) != 0 {
                break status;
            }
            if deadline.passed(self.clock.now_us()) {
                self.recover();
                return Err(HostError::Stuck);
            }
        };
        if status & COMMAND_ERRORS != 0 {
            self.recover();
            // Time-out and CRC together: two on the command line at once (2.2.18).
            let alone = status & (COMMAND_TIMEOUT | COMMAND_CRC) == COMMAND_TIMEOUT;
            return Err(if alone { HostError::CommandTimeout } else { HostError::CommandCrc });
        }
        self.regs.write(STATUS, COMMAND_COMPLETE);
        Ok(match command.reply {
            Reply::None => Response::default(),
            Reply::R2 => {
                // The CRC is not kept: bit 8 of the response is bit 0 of the registers (2.2.7).
                let [w0, w1, w2, w3] = [12, 8, 4, 0].map(|offset| self.regs.read(RESPONSE + offset));
                Response([w0 << 8 | w1 >> 24, w1 << 8 | w2 >> 24, w2 << 8 | w3 >> 24, w3 << 8])
            }
            _ => Response::short(self.regs.read(RESPONSE)),
        })
    }

    /// Error recovery (3.10.1): both circuits reset, and their reports discarded.
    ///
    /// The reset of the data circuit is that of the DMA circuit, too (2.2.16): nothing is written to memory
    /// any more. A controller that does not come out of it loses the card's clock, without which no data
    /// comes.
    fn recover(&mut self) {
        // A command circuit that does not come out of its reset shows at the next command.
        let _ = self.software_reset(RESET_COMMAND);
        if self.software_reset(RESET_DATA).is_err() {
            self.regs.write(CLOCK, LONGEST_TIMEOUT);
        }
        self.regs.write(STATUS, WATCHED);
    }
}

/// The divider's bits of Clock Control for the fastest clock not above `hz`, and that clock (2.2.14): the
/// input over a power of two up to 256; since version 3.00 over 1 or any even number up to 2046.
fn divide(version: u32, input_hz: u32, hz: u32) -> (u32, u32) {
    let needed = input_hz.div_ceil(hz.max(1)).max(1);
    let divisor = if version >= VERSION_3 {
        if needed == 1 { 1 } else { (needed.min(2046) + 1) & !1 }
    } else {
        needed.min(256).next_power_of_two()
    };
    let field = divisor / 2;
    ((field & 0xff) << 8 | (field >> 8) << 6, input_hz.checked_div(divisor).unwrap_or(0))
}

impl<R: Registers, C: Clock, D: Dma> Host for Sdhci<R, C, D> {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_clock_hz: self.config.max_hz,
            widest: self.config.widest,
            high_speed: self.config.max_hz > 26_000_000,
            max_read_blocks: u16::MAX,
            max_write_blocks: u16::MAX,
        }
    }

    fn card_present(&mut self) -> bool {
        !self.config.removable || self.regs.read(PRESENT) & CARD_INSERTED != 0
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.software_reset(RESET_ALL)?;
        self.sdma = D::LENDS && self.regs.read(CAPABILITIES) & HAS_SDMA != 0;
        self.regs.write(SIGNAL_ENABLE, 0);
        self.regs.write(STATUS_ENABLE, WATCHED);
        self.regs.write(STATUS, WATCHED);
        self.width = BusWidth::One;
        self.high_speed = false;
        self.apply_host();
        self.pause(POWER_US);
        self.set_clock(IDENTIFICATION_HZ);
        self.pause(POWER_US);
        Ok(())
    }

    /// Clock stop, frequency change and start (3.2.1 to 3.2.3).
    fn set_clock(&mut self, hz: u32) -> u32 {
        let version = self.regs.read(VERSION) >> 16 & 0xff;
        let (field, card_hz) = divide(version, self.config.input_hz, hz);
        self.regs.write(CLOCK, LONGEST_TIMEOUT);
        self.regs.write(CLOCK, LONGEST_TIMEOUT | field | INTERNAL_ENABLE);
        // A clock that does not come: every command will time out.
        let _ = self.wait_for(CLOCK, INTERNAL_STABLE, INTERNAL_STABLE, STABLE_US);
        self.regs.write(CLOCK, LONGEST_TIMEOUT | field | INTERNAL_ENABLE | CARD_ENABLE);
        card_hz
    }

    fn set_bus_width(&mut self, width: BusWidth) {
        self.width = width;
        self.apply_host();
    }

    fn set_high_speed(&mut self, on: bool) {
        self.high_speed = on;
        self.apply_host();
    }

    fn command(&mut self, command: Command) -> Result<Response, HostError> {
        self.send(command, 0)
    }

    fn read(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let result = self.read_blocks(command, block, data, timeout_us);
        if result.is_err() {
            self.recover();
        }
        result
    }

    fn reads_in_background(&self) -> bool {
        self.sdma
    }

    fn read_while(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<Response, HostError> {
        let address = if self.sdma { self.dma.lend(data) } else { None };
        let Some(address) = address else {
            let response = self.read(command, block, data, timeout_us)?;
            meanwhile();
            return Ok(response);
        };
        let result = self.read_by_sdma(command, block, address, data.len(), timeout_us, meanwhile);
        self.dma.take_back(data);
        result
    }

    fn write(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let result = self.write_blocks(command, block, data, timeout_us);
        if result.is_err() {
            self.recover();
        }
        result
    }

    fn abort(&mut self) {
        self.recover();
    }

    fn now_us(&mut self) -> u64 {
        self.clock.now_us()
    }
}
