//! Setting up an eMMC, from ready state to transfer state with the user area selected.
#![forbid(unsafe_code)]

use sdio_host::common_cmd;
use sdio_host::emmc_cmd::{self, AccessMode};

use super::bus::{Bus, judge};
use super::card::{Info, Kind, Options, Ways};
use super::cid::Cid;
use super::command::Command;
use super::csd::Csd;
use super::error::{Error, Register};
use super::ext_csd::{self, ExtCsd, Reliable};
use super::host::{BusWidth, Capabilities, Host};
use super::status::R1;

/// The address given to the card: any but 0, which deselects.
const ADDRESS: u16 = 1;
const DEFAULT_HZ: u32 = 26_000_000;
const HIGH_SPEED_HZ: u32 = 52_000_000;
/// Sectors that byte addresses reach, 4 GiB.
const BYTE_ADDRESSED: u64 = 1 << 23;

impl<H: Host> Bus<H> {
    /// Address, CSD, selection, EXT_CSD, partition, speed, width, cache (JESD84-B51 6.4, 6.6).
    pub(super) fn set_up_emmc(
        &mut self,
        by_sector: bool,
        capabilities: &Capabilities,
        options: &Options,
    ) -> Result<(Info, Ways), Error> {
        let cid = Cid::new(self.identification()?, true);
        self.send(emmc_cmd::assign_relative_address(ADDRESS))?;
        self.host.set_open_drain(false);
        self.rca = ADDRESS;
        let csd = Csd(self.send(common_cmd::send_csd(self.rca))?.long());
        if csd.emmc_version() < 4 {
            return Err(Error::Unsupported);
        }
        let limit = options.max_clock_hz.min(capabilities.max_clock_hz);
        let slow = csd.clock_hz(true, DEFAULT_HZ).min(limit);
        self.select()?;
        self.ask(common_cmd::set_block_length(512))?;
        let mut clock_hz = self.host.set_clock(slow);

        let mut bytes = [0u8; 512];
        self.extended(&mut bytes)?;
        ExtCsd(&bytes).check()?;
        self.select_user_area(&mut bytes)?;
        let register = ExtCsd(&bytes);
        let sectors = user_sectors(&register, csd, by_sector)?;

        let mut width = BusWidth::One;
        if capabilities.widest > BusWidth::One {
            if let Some(fast) = self.high_speed_emmc(&register, capabilities, options)? {
                clock_hz = self.host.set_clock(fast.min(limit));
            }
            if options.wide_bus {
                width = self.widen_emmc(&register, capabilities.widest)?;
            }
        }
        let cache_kib = self.switch_cache_on(&register, options)?;

        let ways = Ways {
            reliable: register.reliable(),
            switch_us: register.switch_us(),
            erase_group_us: register.erase_group_us(),
            ..Ways::new(by_sector, capabilities)
        };
        let info = Info {
            kind: Kind::Emmc,
            cid,
            sectors,
            clock_hz,
            width,
            counted: true,
            cache_kib,
            reliable_write: ways.reliable != Reliable::No,
            protected_writes: register.protected_writes(),
            trim: register.trim(),
            erase_group: register.large_erase_group().unwrap_or_else(|| csd.emmc_erase_group()),
            erased_byte: register.erased_byte(),
        };
        Ok((info, ways))
    }

    /// CMD8: the EXT_CSD.
    fn extended(&mut self, bytes: &mut [u8; 512]) -> Result<(), Error> {
        self.read(emmc_cmd::send_ext_csd().into(), 512, bytes)?;
        self.wait_ready(8, 500_000).map(|_| ())
    }

    /// CMD6, then CMD13 until the card is done, then the verdict (JESD84-B51 6.6.1). The switch error
    /// may stick until CMD0 (it does in QEMU), so nothing is switched that may be refused.
    pub(super) fn switch(
        &mut self,
        mode: AccessMode,
        index: u8,
        value: u8,
        limit_us: u32,
    ) -> Result<(), Error> {
        let command = Command::from(emmc_cmd::modify_ext_csd(mode, index, value)).busy();
        let first = self.send(command)?.status();
        let status = self.wait_ready(6, limit_us)?;
        if (first.0 | status.0) & R1::SWITCH_ERROR != 0 {
            return Err(Error::Switch { index });
        }
        judge(command, first, R1::ERRORS).map(|_| ())
    }

    fn set_byte(&mut self, index: u8, value: u8, limit_us: u32) -> Result<(), Error> {
        self.switch(AccessMode::WriteByte, index, value, limit_us)
    }

    /// Makes sure that reads and writes go to the user area and not to a boot area or RPMB
    /// (JESD84-B51 7.4). CMD0 should have seen to that; only the access bits are ever touched.
    fn select_user_area(&mut self, bytes: &mut [u8; 512]) -> Result<(), Error> {
        if ExtCsd(bytes).partition() == 0 {
            return Ok(());
        }
        let time = ExtCsd(bytes).switch_us();
        self.switch(AccessMode::ClearBits, ext_csd::PARTITION_CONFIG, 7, time)?;
        self.extended(bytes)?;
        match ExtCsd(bytes).partition() {
            0 => Ok(()),
            _ => Err(Error::NotUserArea),
        }
    }

    /// High-speed timing if all three parties have it; the clock in Hz that it allows.
    fn high_speed_emmc(
        &mut self,
        register: &ExtCsd<'_>,
        capabilities: &Capabilities,
        options: &Options,
    ) -> Result<Option<u32>, Error> {
        let able = register.high_speed_52() || register.high_speed_26();
        if !(able && capabilities.high_speed && options.high_speed) {
            return Ok(None);
        }
        self.set_byte(ext_csd::HS_TIMING, 1, register.switch_us())?;
        self.host.set_high_speed(true);
        Ok(Some(if register.high_speed_52() { HIGH_SPEED_HZ } else { DEFAULT_HZ }))
    }

    /// As many data lines as host and board have. A register read over them shows that they work.
    fn widen_emmc(&mut self, register: &ExtCsd<'_>, widest: BusWidth) -> Result<BusWidth, Error> {
        let (width, value) = match widest {
            BusWidth::Eight => (BusWidth::Eight, 2),
            BusWidth::Four => (BusWidth::Four, 1),
            BusWidth::One => return Ok(BusWidth::One),
        };
        self.set_byte(ext_csd::BUS_WIDTH, value, register.switch_us())?;
        self.host.set_bus_width(width);
        let mut again = [0u8; 512];
        self.extended(&mut again)?;
        if ExtCsd(&again).sectors() != register.sectors() {
            return Err(Error::BadRegister(Register::ExtCsd));
        }
        Ok(width)
    }

    /// Switches the cache on (JESD84-B51 6.6, cache), or off if it is not wanted. Its size in KiB.
    fn switch_cache_on(&mut self, register: &ExtCsd<'_>, options: &Options) -> Result<u32, Error> {
        let kib = (register.cache_kbit() / 8).max(1);
        if register.cache_kbit() == 0 {
            return Ok(0);
        }
        let on = u8::from(options.cache);
        self.set_byte(ext_csd::CACHE_CTRL, on, register.switch_us().max(super::bus::WRITE_US))?;
        Ok(if options.cache { kib } else { 0 })
    }
}

/// The user area in sectors: from the EXT_CSD, or from the CSD of a small card that leaves it empty.
fn user_sectors(register: &ExtCsd<'_>, csd: Csd, by_sector: bool) -> Result<u64, Error> {
    let sectors = match register.sectors() {
        0 if by_sector => return Err(Error::BadRegister(Register::ExtCsd)),
        0 => csd.small_sectors()?,
        sectors => u64::from(sectors),
    };
    if !by_sector && sectors > BYTE_ADDRESSED {
        return Err(Error::BadRegister(Register::ExtCsd));
    }
    Ok(sectors)
}
