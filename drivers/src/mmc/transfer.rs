//! Blocks in and out: a card as a [`BlockDevice`].
#![forbid(unsafe_code)]

use oal_media::BlockDevice;
use sdio_host::common_cmd;
use sdio_host::emmc_cmd::AccessMode;

use super::SECTOR;
use super::bus::{Bus, WRITE_US, judge};
use super::card::Card;
use super::command::Command;
use super::error::Error;
use super::ext_csd::{self, Reliable};
use super::host::Host;
use super::status::R1;

/// Writing a cache of hundreds of megabytes to flash takes its time; JESD84-B51 6.6, cache sets no limit.
const FLUSH_US: u32 = 30_000_000;

impl<H: Host> BlockDevice for Card<H> {
    type Error = Error;

    /// Capacity in sectors of 512 bytes; of an eMMC its user area.
    fn sectors(&self) -> u64 {
        self.info.sectors
    }

    /// Reads whole sectors from `first` on. Any length is cut into the longest transfers that the host
    /// can do; a buffer aligned to four bytes is filled faster.
    ///
    /// # Errors
    ///
    /// [`Error::BadLength`] and [`Error::OutOfRange`] before anything is sent. After any other error
    /// the contents of the buffer mean nothing.
    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.check(first, buffer.len())?;
        self.attempt(|card| {
            let mut sector = first;
            for piece in buffer.chunks_mut((card.ways.max_read * SECTOR).max(SECTOR)) {
                let blocks = piece.len() / SECTOR;
                card.read_piece(sector, blocks, |bus, command| bus.read(command, SECTOR as u16, piece))?;
                sector += blocks as u64;
            }
            Ok(())
        })
    }

    /// Whether the host moves sectors without the CPU.
    fn reads_in_background(&self) -> bool {
        self.bus.host.reads_in_background()
    }

    /// Calls `meanwhile`, once, while the sectors come, if the host can do that and a single
    /// transfer takes them all; else when they are there.
    ///
    /// # Errors
    ///
    /// As for [`read`](BlockDevice::read); `meanwhile` may then not have been called.
    fn read_while(
        &mut self,
        first: u64,
        buffer: &mut [u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Error> {
        let blocks = buffer.len() / SECTOR;
        if blocks == 0 || blocks > self.ways.max_read {
            self.read(first, buffer)?;
            meanwhile();
            return Ok(());
        }
        self.check(first, buffer.len())?;
        self.attempt(|card| {
            card.read_piece(first, blocks, |bus, command| {
                bus.read_while(command, SECTOR as u16, buffer, meanwhile)
            })
        })
    }

    /// Writes whole sectors from `first` on, and waits until the card has taken them.
    ///
    /// A power cut during the call leaves any of these sectors old, new or damaged; a power cut before
    /// the next [`flush`](BlockDevice::flush) does so too while a cache is in use ([`Info::cache_kib`]).
    ///
    /// [`Info::cache_kib`]: super::Info::cache_kib
    ///
    /// # Errors
    ///
    /// As for [`read`](BlockDevice::read); after an error the sectors are old, new or damaged.
    fn write(&mut self, first: u64, buffer: &[u8]) -> Result<(), Error> {
        self.check(first, buffer.len())?;
        self.attempt(|card| {
            let mut sector = first;
            for piece in buffer.chunks((card.ways.max_write * SECTOR).max(SECTOR)) {
                let blocks = piece.len() / SECTOR;
                card.write_piece(sector, blocks, piece, false)?;
                sector += blocks as u64;
            }
            Ok(())
        })
    }

    /// Writes whole sectors so that a power cut leaves each of them old or new, and that they are on
    /// the flash when this returns: for commit records. Sectors are written in ascending order.
    ///
    /// eMMC: CMD23 with the reliable-write bit (JESD84-B51 6.6.8, reliable write), in the portions that the
    /// card allows. A card without the feature, and every SD card, gets one sector at a time by ordinary
    /// writes; see [`Info::reliable_write`](super::Info::reliable_write).
    ///
    /// # Errors
    ///
    /// As for [`write`](BlockDevice::write).
    fn write_reliable(&mut self, first: u64, buffer: &[u8]) -> Result<(), Error> {
        self.check(first, buffer.len())?;
        self.attempt(|card| {
            let mut sector = first;
            let mut rest = buffer;
            while !rest.is_empty() {
                let left = rest.len() / SECTOR;
                let (blocks, reliable) = match card.ways.reliable {
                    Reliable::Any => (left.min(card.ways.max_write), true),
                    Reliable::Fixed(size) => (fixed_portion(sector, left, size, card.ways.max_write), true),
                    Reliable::No => (1, false),
                };
                let Some((piece, after)) = rest.split_at_checked(blocks * SECTOR) else {
                    return Err(Error::BadLength);
                };
                card.write_piece(sector, blocks, piece, reliable)?;
                sector += blocks as u64;
                rest = after;
            }
            card.flush_cache()
        })
    }

    /// Waits until everything written is on the flash (FLUSH_CACHE, JESD84-B51 6.6, cache). Without a cache
    /// there is nothing to wait for: every write has waited for its own end.
    ///
    /// # Errors
    ///
    /// If this fails, what was written since the last flush may be lost at a power cut.
    fn flush(&mut self) -> Result<(), Error> {
        self.attempt(Self::flush_cache)
    }

    /// TRIM, or ERASE of whole groups: see [`Card::trim`]. Does nothing where the card can erase whole groups
    /// only and these are none.
    fn discard(&mut self, first: u64, count: u64) -> Result<(), Error> {
        match self.trim(first, count) {
            Err(Error::Unsupported) => Ok(()),
            result => result,
        }
    }
}

impl<H: Host> Card<H> {
    fn flush_cache(&mut self) -> Result<(), Error> {
        if self.info.cache_kib == 0 {
            return Ok(());
        }
        let limit = FLUSH_US.max(self.ways.switch_us);
        self.bus.switch(AccessMode::WriteByte, ext_csd::FLUSH_CACHE, 1, limit)
    }

    /// One read command: CMD17, or CMD18 with its length set (CMD23) or ended by CMD12
    /// (SD 4.3.3, JESD84-B51 6.6.7). `read` sends it and fetches the data.
    fn read_piece(
        &mut self,
        sector: u64,
        blocks: usize,
        read: impl FnOnce(&mut Bus<H>, Command) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let address = self.address(sector)?;
        if blocks == 1 {
            let command = common_cmd::read_single_block(address);
            return read(&mut self.bus, command.into());
        }
        self.announce_count(blocks, false)?;
        let command = common_cmd::read_multiple_blocks(address);
        read(&mut self.bus, command.into())?;
        if self.info.counted {
            // An error that ended the transfer's last block shows in the next status only.
            return self.bus.wait_ready(18, WRITE_US).map(|_| ());
        }
        // The card may have fetched one block too many, and then says so at its very end.
        let last = sector + blocks as u64 == self.info.sectors;
        let forgiven = if last { R1::OUT_OF_RANGE } else { 0 };
        let stop = Command::from(common_cmd::stop_transmission());
        let status = self.bus.send(stop)?.status();
        judge(stop, status, R1::ERRORS & !forgiven).map(|_| ())
    }

    /// One write command, and the end of programming awaited. A reliable write is always counted.
    fn write_piece(&mut self, sector: u64, blocks: usize, data: &[u8], reliable: bool) -> Result<(), Error> {
        let address = self.address(sector)?;
        if blocks == 1 && !reliable {
            let command = common_cmd::write_single_block(address);
            self.bus.write(command.into(), SECTOR as u16, data)?;
            return self.bus.wait_ready(24, WRITE_US).map(|_| ());
        }
        self.announce_count(blocks, reliable)?;
        let command = common_cmd::write_multiple_blocks(address);
        self.bus.write(command.into(), SECTOR as u16, data)?;
        if !self.info.counted {
            let stop = Command::from(common_cmd::stop_transmission()).busy();
            self.bus.ask(stop)?;
        }
        self.bus.wait_ready(25, WRITE_US).map(|_| ())
    }

    fn announce_count(&mut self, blocks: usize, reliable: bool) -> Result<(), Error> {
        if !self.info.counted {
            return Ok(());
        }
        let count = u16::try_from(blocks).map_err(|_| Error::BadLength)?;
        self.bus.ask(Command::set_block_count(count, reliable)).map(|_| ())
    }
}

/// Sectors of the next reliable write on a card that takes one sector, or `size` of them at a multiple
/// of `size`.
fn fixed_portion(sector: u64, left: usize, size: u8, max_write: usize) -> usize {
    let many = usize::from(size);
    let aligned = sector.is_multiple_of(u64::from(size.max(1)));
    if many <= left && many <= max_write && aligned { many.max(1) } else { 1 }
}
