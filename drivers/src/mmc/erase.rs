//! Trim and erase.
#![forbid(unsafe_code)]

use sdio_host::emmc_cmd;

use super::card::{Card, Kind};
use super::command::Command;
use super::error::Error;
use super::host::Host;

/// Most sectors in one erase command (32 MiB), so that its time-out stays within reason.
const PIECE: u64 = 1 << 16;
/// SD: a card that does not state its erase time-out needs at most 250 ms per block in theory (SD 4.14);
/// in practice far less.
const SD_ERASE_US: u32 = 60_000_000;
/// eMMC: the groups of a piece times the card's own figure, but between these.
const LEAST_US: u32 = 1_000_000;
const MOST_US: u32 = 120_000_000;

/// CMD38 arguments for eMMC.
const ERASE: u32 = 0;
const TRIM: u32 = 1;

impl<H: Host> Card<H> {
    /// Gives up the contents of `count` sectors: they read as [`Card::erased_byte`] afterwards.
    ///
    /// SD: CMD32, 33, 38 (SD 4.3.5). eMMC: TRIM (JESD84-B51 6.6.10) where the card has it, else erase.
    /// A power cut during the call leaves each sector old or erased.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`]; [`Error::Unsupported`] if the card can only erase whole groups
    /// ([`Info::erase_group`](super::Info::erase_group)) and this is not a number of them.
    pub fn trim(&mut self, first: u64, count: u64) -> Result<(), Error> {
        if self.info.kind == Kind::Emmc && !self.info.trim {
            return self.erase(first, count);
        }
        self.check_count(first, count)?;
        self.erase_all(first, count, PIECE, TRIM)
    }

    /// Erases whole erase groups (JESD84-B51 6.6.9). On SD cards the same as [`Card::trim`].
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`]; [`Error::Unsupported`] if the sectors are not whole groups. The end of the
    /// card ends its last group.
    pub fn erase(&mut self, first: u64, count: u64) -> Result<(), Error> {
        self.check_count(first, count)?;
        let group = u64::from(self.info.erase_group.max(1));
        let at_end = first + count == self.info.sectors;
        if !first.is_multiple_of(group) || !(at_end || count.is_multiple_of(group)) {
            return Err(Error::Unsupported);
        }
        let piece = (PIECE / group).max(1) * group;
        self.erase_all(first, count, piece, ERASE)
    }

    fn erase_all(&mut self, first: u64, count: u64, piece: u64, how: u32) -> Result<(), Error> {
        self.attempt(|card| {
            let mut sector = first;
            let end = first + count;
            while sector < end {
                let last = end.min(sector + piece) - 1;
                card.erase_piece(sector, last, how)?;
                sector = last + 1;
            }
            Ok(())
        })
    }

    fn erase_piece(&mut self, first: u64, last: u64, how: u32) -> Result<(), Error> {
        let (from, to) = (self.address(first)?, self.address(last)?);
        let limit = if self.info.kind == Kind::Emmc {
            self.bus.ask(emmc_cmd::erase_group_start(from))?;
            self.bus.ask(emmc_cmd::erase_group_end(to))?;
            self.bus.ask(Command::erase(how))?;
            self.group_limit(last - first + 1)
        } else {
            self.bus.ask(Command::sd_erase_first(from))?;
            self.bus.ask(Command::sd_erase_last(to))?;
            self.bus.ask(Command::erase(ERASE))?;
            SD_ERASE_US
        };
        self.bus.wait_ready(38, limit).map(|_| ())
    }

    /// Time for the groups that `sectors` touch.
    fn group_limit(&self, sectors: u64) -> u32 {
        let groups = sectors / u64::from(self.info.erase_group.max(1)) + 2;
        let limit = groups.saturating_mul(u64::from(self.ways.erase_group_us));
        u32::try_from(limit).unwrap_or(MOST_US).clamp(LEAST_US, MOST_US)
    }
}
