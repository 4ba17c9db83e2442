//! Setting up an SD card, from ready state to transfer state.
#![forbid(unsafe_code)]

use sdio_host::{common_cmd, sd::SCR, sd_cmd};

use super::bus::Bus;
use super::card::{Info, Kind, Options, Ways};
use super::cid::Cid;
use super::command::Command;
use super::csd::Csd;
use super::error::{Error, Register};
use super::host::{BusWidth, Capabilities, Host};
use super::status::R1;

const DEFAULT_HZ: u32 = 25_000_000;
const HIGH_SPEED_HZ: u32 = 50_000_000;

impl<H: Host> Bus<H> {
    /// Address, CSD, selection, SCR, bus width, speed (SD 4.2.2, 4.3).
    pub(super) fn set_up_sd(
        &mut self,
        by_sector: bool,
        capabilities: &Capabilities,
        options: &Options,
    ) -> Result<(Info, Ways), Error> {
        let cid = Cid::new(self.identification()?, false);
        self.rca = self.ask_address()?;
        let csd = Csd(self.send(common_cmd::send_csd(self.rca))?.long());
        let sectors = csd.sd_sectors()?;
        if !by_sector && sectors > 1 << 23 {
            return Err(Error::BadRegister(Register::Csd));
        }
        self.select()?;
        self.ask(common_cmd::set_block_length(512))?;
        let scr = self.configuration()?;

        let width = self.widen_sd(&scr, capabilities, options)?;
        let limit = options.max_clock_hz.min(capabilities.max_clock_hz);
        let fast = limit > DEFAULT_HZ
            && capabilities.high_speed
            && options.high_speed
            && self.high_speed_sd(&scr)?;
        let clock = if fast { HIGH_SPEED_HZ } else { csd.clock_hz(false, DEFAULT_HZ) };
        let info = Info {
            kind: if by_sector { Kind::SdHigh } else { Kind::SdStandard },
            cid,
            sectors,
            clock_hz: self.host.set_clock(clock.min(limit)),
            width,
            counted: scr.0 >> 32 & 0b10 != 0,
            cache_kib: 0,
            reliable_write: false,
            protected_writes: false,
            trim: true,
            erase_group: 1,
            erased_byte: if scr.0 >> 55 & 1 != 0 { 0xff } else { 0 },
        };
        Ok((info, Ways::new(by_sector, capabilities)))
    }

    /// CMD3: the card chooses an address (R6, SD 4.9.5). 0 would address every card; ask again then.
    fn ask_address(&mut self) -> Result<u16, Error> {
        for _ in 0..4 {
            let address = (self.send(sd_cmd::send_relative_address())?.word() >> 16) as u16;
            if address != 0 {
                return Ok(address);
            }
        }
        Err(Error::BadRegister(Register::Rca))
    }

    /// CMD7 into transfer state, refusing a locked card.
    pub(super) fn select(&mut self) -> Result<(), Error> {
        // Its status may still tell of commands that identification tried and the card did not know.
        self.send(common_cmd::select_card(self.rca))?;
        let status = self.status()?;
        if status.0 & R1::LOCKED != 0 {
            return Err(Error::Locked);
        }
        self.wait_ready(7, 500_000).map(|_| ())
    }

    /// ACMD51: the SCR, eight bytes, most significant first (SD 5.6).
    fn configuration(&mut self) -> Result<SCR, Error> {
        let mut bytes = [0u8; 8];
        self.announce()?;
        self.read(sd_cmd::send_scr().into(), 8, &mut bytes)?;
        self.wait_ready(51, 500_000)?;
        let scr = SCR(u64::from_be_bytes(bytes));
        // Structure version 0 is the only one, and every card has one data line.
        if scr.0 >> 60 != 0 || !scr.bus_width_one() {
            return Err(Error::BadRegister(Register::Scr));
        }
        Ok(scr)
    }

    /// ACMD6: four data lines if all three parties have them.
    fn widen_sd(
        &mut self,
        scr: &SCR,
        capabilities: &Capabilities,
        options: &Options,
    ) -> Result<BusWidth, Error> {
        let wide = options.wide_bus && capabilities.widest >= BusWidth::Four;
        if !wide || !scr.bus_width_four() {
            return Ok(BusWidth::One);
        }
        self.announce()?;
        self.ask(sd_cmd::set_bus_width(true))?;
        self.host.set_bus_width(BusWidth::Four);
        Ok(BusWidth::Four)
    }

    /// CMD6: high-speed function of group 1 (SD 4.3.10), on cards of version 1.10 or later. True if the
    /// card switched.
    fn high_speed_sd(&mut self, scr: &SCR) -> Result<bool, Error> {
        const SWITCH_GROUP_1: u32 = 0x80ff_fff0;
        const HIGH_SPEED: u32 = 1;
        if scr.0 >> 56 & 0xf == 0 {
            return Ok(false);
        }
        let mut result = [0u8; 64];
        let command = Command::from(sd_cmd::cmd6(SWITCH_GROUP_1 | HIGH_SPEED));
        self.read(command, 64, &mut result)?;
        self.wait_ready(6, 500_000)?;
        // Bits 379:376 of the answer: the function now chosen in group 1, or 15.
        let [.., chosen] = result.first_chunk::<17>().copied().unwrap_or_default();
        let switched = u32::from(chosen & 0xf) == HIGH_SPEED;
        self.host.set_high_speed(switched);
        Ok(switched)
    }
}
