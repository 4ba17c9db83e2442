//! Identification of the card: SD if it answers ACMD41, eMMC if it answers CMD1 and not ACMD41.
#![forbid(unsafe_code)]

use sdio_host::{common_cmd, emmc_cmd, sd_cmd};

use super::bus::Bus;
use super::error::{Error, Register};
use super::host::Host;
use crate::clock::Deadline;

/// A card that finished powering up, in ready state, waiting for CMD2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// eMMC; otherwise SD.
    pub(super) emmc: bool,
    /// Addresses count sectors, not bytes.
    pub(super) by_sector: bool,
}

/// 2.7 to 3.6 V, in OCR, CMD1 and ACMD41.
const VOLTAGES: u32 = 0x00ff_8000;
/// OCR: power-up is done.
const POWERED: u32 = 1 << 31;
/// SD: host, or card, knows high capacity. eMMC: sector mode (with bit 29 clear).
const HIGH_CAPACITY: u32 = 1 << 30;
/// Both standards give a card one second to power up.
const POWER_UP_US: u64 = 1_000_000;

impl<H: Host> Bus<H> {
    /// From idle state to ready state (SD 4.2.3, JESD84-B51 6.4).
    pub(super) fn find(&mut self) -> Result<Found, Error> {
        self.idle()?;
        let version2 = self.interface_condition()?;
        if let Some(ocr) = self.power_up_sd(version2)? {
            return Ok(Found { emmc: false, by_sector: version2 && ocr & HIGH_CAPACITY != 0 });
        }
        if version2 {
            return Err(Error::Unsupported);
        }
        self.idle()?;
        self.host.set_open_drain(true);
        match self.power_up_emmc()? {
            Some(ocr) => Ok(Found { emmc: true, by_sector: sector_mode(ocr)? }),
            None => Err(Error::NoCard),
        }
    }

    /// CMD8 (SD 4.3.13): true for an SD card of version 2 or later. Older ones, and eMMC, do not
    /// answer in idle state.
    fn interface_condition(&mut self) -> Result<bool, Error> {
        const PATTERN: u8 = 0xaa;
        match self.send(sd_cmd::send_if_cond(1, PATTERN)) {
            Ok(reply) if reply.word() & 0xfff == 0x1aa => Ok(true),
            Ok(_) => Err(Error::Voltage),
            Err(error) if error.is_silence() => {
                // An old card may remember the illegal command; CMD0 makes it forget.
                self.idle()?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// ACMD41 until the card is powered up; the OCR, or nothing if no card knows the command.
    fn power_up_sd(&mut self, version2: bool) -> Result<Option<u32>, Error> {
        self.power_up(|bus| {
            bus.announce()?;
            let condition = sd_cmd::sd_send_op_cond(version2, false, false, 0x1ff);
            Ok(bus.send(condition)?.word())
        })
    }

    /// CMD1 until the card is powered up; the OCR, or nothing if no card knows the command.
    fn power_up_emmc(&mut self) -> Result<Option<u32>, Error> {
        self.power_up(|bus| {
            let condition = emmc_cmd::send_op_cond(HIGH_CAPACITY | VOLTAGES | 0x80);
            Ok(bus.send(condition)?.word())
        })
    }

    fn power_up(
        &mut self,
        mut ask: impl FnMut(&mut Self) -> Result<u32, Error>,
    ) -> Result<Option<u32>, Error> {
        let mut deadline = Deadline::new(self.host.now_us(), POWER_UP_US);
        let mut answered = false;
        // Each round pauses a millisecond, so a thousand of them outlast the deadline.
        for _ in 0..1000 {
            match ask(self) {
                Ok(ocr) if ocr & VOLTAGES == 0 => return Err(Error::Voltage),
                Ok(ocr) if ocr & POWERED != 0 => return Ok(Some(ocr)),
                Ok(_) => answered = true,
                Err(error) if error.is_silence() && !answered => return Ok(None),
                Err(error) => return Err(error),
            }
            if deadline.passed(self.host.now_us()) {
                break;
            }
            self.pause(1000);
        }
        Err(Error::PowerUp)
    }

    /// CMD2: the card's identification; it goes to identification state.
    pub(super) fn identification(&mut self) -> Result<u128, Error> {
        Ok(self.send(common_cmd::all_send_cid())?.long())
    }
}

/// Access mode in the OCR of an eMMC (JESD84-B51 7.1): bits 30 and 29 are 10 for sectors, 00 for bytes.
fn sector_mode(ocr: u32) -> Result<bool, Error> {
    match (ocr >> 29) & 3 {
        0b00 => Ok(false),
        0b10 => Ok(true),
        _ => Err(Error::BadRegister(Register::Ocr)),
    }
}
