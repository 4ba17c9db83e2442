//! ARM PrimeCell Multimedia Card Interface, PL181 (and PL180): a host for SD and eMMC cards, driven by
//! polling its FIFO.
//!
//! Traps that shape this driver:
//!
//! * MCIDataLength has 16 bits, so a data phase ends after 65535 bytes; longer transfers are several
//!   phases of one command ([`Config::long_reads`] says when that is safe).
//! * A reset in mid-transfer may leave words in the FIFO under a clean status (QEMU's model does), which
//!   would shift every later read: the FIFO is emptied blindly at reset and after every error.
//! * Power, clock, command and data control cross to the card's clock: each is followed by the pause that the
//!   manual asks for between two writes.
//! * A card that never sends data raises no error in some models, so every wait has its own deadline.
//!
//! Reference: PL181 Technical Reference Manual, ARM DDI 0205.
#![forbid(unsafe_code)]

mod data;
mod regs;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use crate::clock::{Clock, Deadline};
use crate::mmc::{BusWidth, Capabilities, Command, Host, HostError, Reply, Response, SECTOR};
use crate::mmio::Registers;
use regs::*;

/// Bytes of registers, for the [`Window`](crate::mmio::Window) over them.
pub const WINDOW: usize = 0x1000;

/// The wiring of the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// Frequency of MCLK in Hz.
    pub input_hz: u32,
    /// Fastest card clock that the board's wires carry, in Hz.
    pub max_hz: u32,
    /// Whether DAT1 to DAT3 are connected (PL181 only).
    pub four_lines: bool,
    /// Whether one read command may go on over several data phases.
    ///
    /// Between two phases the controller does not watch the data lines, but a real card sends its next
    /// block at once: leave this off on hardware, and a read command moves at most 65024 bytes. QEMU's
    /// card waits. Writes are always long, because the card waits for the host there.
    pub long_reads: bool,
}

/// The controller, with its registers and a clock for time-outs.
///
/// ```no_run
/// use oal_drivers::clock::Clock;
/// use oal_drivers::mmio::Window;
/// use oal_drivers::pl181::{self, Config, Pl181};
/// # fn demo(clock: impl Clock) {
/// // SAFETY: the PL181 of the Versatile Express motherboard, used by nothing else.
/// let registers = unsafe { Window::<{ pl181::WINDOW }>::new(0x1000_5000 as *mut u32) };
/// let config = Config { input_hz: 24_000_000, max_hz: 24_000_000, four_lines: false, long_reads: false };
/// let host = Pl181::new(registers, clock, config);
/// # }
/// ```
#[derive(Debug)]
pub struct Pl181<R, C> {
    regs: R,
    clock: C,
    config: Config,
    /// The values of MCIClock and MCIPower, without the divider.
    wide: bool,
    open_drain: bool,
    /// Card clock in Hz, and MCIClock's bits for it.
    card_hz: u32,
    divider: u32,
}

/// Longest wait for a command: the controller's own time-out is 64 card clocks after it is sent.
const COMMAND_US: u64 = 10_000;
/// Settling time of the card's supply and clock: 1 ms, and 74 clocks at identification speed.
const POWER_US: u64 = 1_000;
const IDENTIFICATION_HZ: u32 = 400_000;
/// The pause between two writes: more than 3 MCLK and 2 PCLK of any board, and too short for a FIFO to run
/// over.
const WRITE_US: u64 = 2;

impl<R: Registers, C: Clock> Pl181<R, C> {
    /// A driver for the controller at `regs`. Nothing is touched before [`Host::reset`].
    pub const fn new(regs: R, clock: C, config: Config) -> Self {
        Self {
            regs,
            clock,
            config,
            wide: false,
            open_drain: false,
            card_hz: IDENTIFICATION_HZ,
            divider: 0xff,
        }
    }

    /// Gives registers and clock back.
    pub fn release(self) -> (R, C) {
        (self.regs, self.clock)
    }

    /// Stops the card clock and takes the card's power away (MCIPower), for instance before the board
    /// powers down.
    pub fn off(&mut self) {
        self.abort();
        self.write_slowly(CLOCK, 0);
        self.write_slowly(POWER, 0);
    }

    fn deadline(&mut self, limit_us: u64) -> Deadline {
        Deadline::new(self.clock.now_us(), limit_us)
    }

    fn pause(&mut self, us: u64) {
        let mut deadline = self.deadline(us);
        while !deadline.passed(self.clock.now_us()) {}
    }

    /// Writes MCIPower, MCIClock, MCICommand or MCIDataCtrl, then makes the pause that the manual asks for
    /// between two writes (3 MCLK and 2 PCLK).
    fn write_slowly(&mut self, register: usize, value: u32) {
        self.regs.write(register, value);
        self.pause(WRITE_US);
    }

    fn apply_clock(&mut self) {
        let wide = if self.wide { WIDE_BUS } else { 0 };
        self.write_slowly(CLOCK, self.divider | CLOCK_ENABLE | wide);
    }

    fn apply_power(&mut self, state: u32) {
        let open_drain = if self.open_drain { OPEN_DRAIN } else { 0 };
        self.write_slowly(POWER, state | open_drain);
    }
}

/// MCIClock's divider bits for the fastest clock not above `hz`, and that clock: the input
/// itself, or the input over 2 (n + 1).
fn divide(input_hz: u32, hz: u32) -> (u32, u32) {
    if input_hz <= hz {
        return (CLOCK_BYPASS, input_hz);
    }
    let n = input_hz.div_ceil(hz.max(1)).div_ceil(2).clamp(1, 256);
    (n - 1, input_hz / (2 * n))
}

impl<R: Registers, C: Clock> Host for Pl181<R, C> {
    fn capabilities(&self) -> Capabilities {
        let sectors = (phase(SECTOR as u16) / SECTOR) as u16;
        Capabilities {
            max_clock_hz: self.config.max_hz,
            widest: if self.config.four_lines { BusWidth::Four } else { BusWidth::One },
            high_speed: false,
            max_read_blocks: if self.config.long_reads { u16::MAX } else { sectors },
            max_write_blocks: u16::MAX,
        }
    }

    fn reset(&mut self) -> Result<(), HostError> {
        self.regs.write(MASK0, 0);
        self.regs.write(MASK1, 0);
        self.write_slowly(COMMAND, 0);
        self.abort();
        self.wide = false;
        self.open_drain = false;
        self.apply_power(POWER_UP);
        self.pause(POWER_US);
        self.set_clock(IDENTIFICATION_HZ);
        self.apply_power(POWER_ON);
        self.pause(POWER_US);
        Ok(())
    }

    fn set_clock(&mut self, hz: u32) -> u32 {
        (self.divider, self.card_hz) = divide(self.config.input_hz, hz);
        self.apply_clock();
        self.card_hz
    }

    fn set_bus_width(&mut self, width: BusWidth) {
        self.wide = width != BusWidth::One;
        self.apply_clock();
    }

    fn set_open_drain(&mut self, on: bool) {
        self.open_drain = on;
        self.apply_power(POWER_ON);
    }

    /// MCIArgument, MCICommand, MCIStatus, MCIResponse: argument, command with
    /// the enable bit, then one of the three ways in which the command path state machine can end.
    fn command(&mut self, command: Command) -> Result<Response, HostError> {
        let kind = match command.reply {
            Reply::None => 0,
            Reply::R2 => EXPECT_RESPONSE | LONG_RESPONSE,
            _ => EXPECT_RESPONSE,
        };
        let done = match command.reply {
            Reply::None => COMMAND_SENT,
            _ => RESPONSE_END,
        } | COMMAND_CRC
            | COMMAND_TIMEOUT;
        self.regs.write(CLEAR, COMMAND_CRC | COMMAND_TIMEOUT | RESPONSE_END | COMMAND_SENT);
        // The state machine starts when its enable bit rises.
        if self.regs.read(COMMAND) & SEND_COMMAND != 0 {
            self.write_slowly(COMMAND, 0);
        }
        self.regs.write(ARGUMENT, command.argument);
        let index = u32::from(command.index & 0x3f);
        self.write_slowly(COMMAND, index | kind | SEND_COMMAND);

        let mut status = self.regs.read(STATUS);
        if status & done == 0 {
            let mut deadline = self.deadline(COMMAND_US);
            while status & done == 0 {
                if deadline.passed(self.clock.now_us()) {
                    self.write_slowly(COMMAND, 0);
                    return Err(HostError::Stuck);
                }
                status = self.regs.read(STATUS);
            }
        }
        if status & COMMAND_TIMEOUT != 0 {
            return Err(HostError::CommandTimeout);
        }
        // The OCR carries ones where others carry their CRC: the controller must complain there.
        if status & COMMAND_CRC != 0 && command.reply != Reply::R3 {
            return Err(HostError::CommandCrc);
        }
        Ok(match command.reply {
            Reply::None => Response::default(),
            Reply::R2 => Response([0, 4, 8, 12].map(|offset| self.regs.read(RESPONSE + offset))),
            _ => Response::short(self.regs.read(RESPONSE)),
        })
    }

    fn read(
        &mut self,
        command: Command,
        block: u16,
        data: &mut [u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let result = self.read_phases(command, block, data, timeout_us);
        if result.is_err() {
            self.abort();
        }
        result
    }

    fn write(
        &mut self,
        command: Command,
        block: u16,
        data: &[u8],
        timeout_us: u32,
    ) -> Result<Response, HostError> {
        let result = self.write_phases(command, block, data, timeout_us);
        if result.is_err() {
            self.abort();
        }
        result
    }

    fn abort(&mut self) {
        self.write_slowly(DATA_CONTROL, 0);
        for word in 0..FIFO_WORDS {
            self.regs.read(FIFO + 4 * word);
        }
        self.regs.write(CLEAR, STICKY);
    }

    fn now_us(&mut self) -> u64 {
        self.clock.now_us()
    }
}
