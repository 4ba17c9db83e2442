//! The commit log on NAND: records one after the other in the pages of a few erase blocks, which take turns.
//!
//! A record is the sector that a block device's log holds, the map of bad blocks, and a CRC-32C over both, in
//! as many whole pages as that takes. A page that power went out over may read well once and not the next
//! time. Hence:
//!
//! * Each record is written twice. One that is the last and has no twin is written anew before anything is
//!   built on it.
//! * At the first record since power-on the log goes on in the next block, as it does when a block is full or
//!   fails, so no page is programmed behind one that power may have gone out over. Blocks whose first record
//!   cannot be read are erased before that, and the record's number leaves one out: what was torn can never
//!   be the newest.

use crate::crc32c::Crc32c;
use crate::store::catalog::{AppendError, LogState, RecordLog};
use crate::store::nand::bad_blocks::BadBlocks;
use crate::store::nand::position::{LOG_BLOCKS, LogPosition};
use crate::store::nand::store::NandMedium;
use crate::store::record::{RECORD_LEN, Record, RecordError};
use oal_media::{Ecc, NandError, NandFlash, NandPage};

/// Bytes of a record: the sector, the map, the checksum.
const fn record_len<const MAP: usize>() -> usize {
    RECORD_LEN + MAP + 4
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize> NandMedium<F, PAGE, MAP> {
    /// Pages of a record.
    const PAGES: u32 = record_len::<MAP>().div_ceil(PAGE) as u32;

    /// The byte `i` of a record.
    fn byte(sector: &[u8; RECORD_LEN], map: &[u8; MAP], crc: u32, i: usize) -> u8 {
        let tail = || crc.to_le_bytes().get(i - RECORD_LEN - MAP).copied();
        let byte = sector.get(i).or_else(|| map.get(i - RECORD_LEN)).copied();
        byte.or_else(tail).unwrap_or(0xff)
    }

    fn checksum(sector: &[u8; RECORD_LEN], map: &[u8; MAP]) -> u32 {
        let mut crc = Crc32c::new();
        crc.update(sector);
        crc.update(map);
        crc.finish()
    }

    /// Reads a page into the buffer; one that cannot be corrected is none.
    fn read_page(&mut self, at: NandPage) -> Result<bool, F::Error> {
        match self.flash.read_page(at, &mut self.scratch, &mut []) {
            Ok(ecc) => {
                self.position.worn |= ecc == Ecc::Worn;
                Ok(true)
            }
            Err(NandError::Device(e)) => Err(e),
            Err(_) => Ok(false),
        }
    }

    /// Reads the record that starts at `page` of `block`, with the map that belongs to it.
    fn record(&mut self, block: u32, page: u32) -> Result<Found<MAP>, F::Error> {
        let mut sector = [0; RECORD_LEN];
        let mut map = [0; MAP];
        let mut crc = [0; 4];
        for i in 0..Self::PAGES {
            if !self.read_page(NandPage { block, page: page + i })? {
                return Ok(Found::Not(RecordError::Corrupt));
            }
            if i == 0 && self.scratch.iter().all(|byte| *byte == 0xff) {
                return Ok(Found::Not(RecordError::Blank));
            }
            let start = i as usize * PAGE;
            for (at, byte) in self.scratch.iter().enumerate() {
                let at = start + at;
                let place = if at < RECORD_LEN {
                    sector.get_mut(at)
                } else if at < RECORD_LEN + MAP {
                    map.get_mut(at - RECORD_LEN)
                } else {
                    crc.get_mut(at - RECORD_LEN - MAP)
                };
                match place {
                    Some(place) => *place = *byte,
                    None => break,
                }
            }
        }
        Ok(match Record::decode(&sector) {
            Ok(_) if u32::from_le_bytes(crc) != Self::checksum(&sector, &map) => {
                Found::Not(RecordError::Corrupt)
            }
            Ok(record) => Found::Record(record, map),
            Err(error) => Found::Not(error),
        })
    }

    /// The sequence number of a block's first record that can be read.
    fn first_sequence(&mut self, block: u32, state: &mut LogState) -> Result<Option<u64>, F::Error> {
        let pages = self.flash.geometry().pages_per_block;
        let mut page = 0;
        while page + Self::PAGES <= pages {
            match self.record(block, page)? {
                Found::Record(record, _) => return Ok(Some(record.sequence)),
                Found::Not(RecordError::Blank) => return Ok(None),
                Found::Not(RecordError::Newer { sequence }) => return Ok(Some(sequence)),
                Found::Not(error) => state.take_in(Err(error)),
            }
            page += Self::PAGES;
        }
        Ok(None)
    }

    /// Takes in every record of a block, up to the first place that was never programmed.
    fn walk(&mut self, block: u32, state: &mut LogState) -> Result<(), F::Error> {
        let pages = self.flash.geometry().pages_per_block;
        let mut page = 0;
        while page + Self::PAGES <= pages {
            match self.record(block, page)? {
                Found::Not(RecordError::Blank) => return Ok(()),
                Found::Not(error) => state.take_in(Err(error)),
                Found::Record(record, map) => {
                    let worn = core::mem::take(&mut self.position.worn);
                    // The same record in two blocks: the one that the other's map calls bad failed before the twin.
                    let moved = record == state.record
                        && self.position.newest != Some(block)
                        && self.position.newest.is_some_and(|other| BadBlocks(map).contains(other));
                    if record.sequence > state.record.sequence || moved {
                        self.bad.0 = map;
                        self.position.newest = Some(block);
                        state.unsure = true;
                    } else if record == state.record && self.position.newest == Some(block) {
                        state.unsure = worn;
                    }
                    state.take_in(Ok(record));
                }
            }
            page += Self::PAGES;
        }
        Ok(())
    }

    /// Writes a record and its twin from `page` of `block` on; `false` if the block does not hold them.
    fn put_twice(&mut self, record: &Record, block: u32, page: u32) -> Result<bool, F::Error> {
        Ok(self.put(record, block, page)? && self.put(record, block, page + Self::PAGES)?)
    }

    /// Writes a record to `page` of `block` and reads it back; `false` if the block does not hold it.
    fn put(&mut self, record: &Record, block: u32, page: u32) -> Result<bool, F::Error> {
        let (sector, map) = (record.encode(), self.bad.0);
        let crc = Self::checksum(&sector, &map);
        for i in 0..Self::PAGES {
            let start = i as usize * PAGE;
            for (at, byte) in self.scratch.iter_mut().enumerate() {
                *byte = Self::byte(&sector, &map, crc, start + at);
            }
            match self.flash.program_page(NandPage { block, page: page + i }, &self.scratch, &[]) {
                Ok(()) => {}
                Err(NandError::Device(e)) => return Err(e),
                Err(_) => return Ok(false),
            }
        }
        Ok(
            matches!(self.record(block, page)?, Found::Record(back, back_map) if back == *record && back_map == map),
        )
    }

    /// Erases every log block that may hold, unreadable for now, a record newer than the newest that is
    /// known: all whose first record cannot be read, or is newer. In the ordinary case there is none but the
    /// blank ones.
    fn sweep(&mut self, newest: u64) -> Result<(), F::Error> {
        for block in 0..LOG_BLOCKS {
            if Some(block) == self.position.newest || self.bad.contains(block) || self.flash.is_bad(block)? {
                continue;
            }
            let known = match self.record(block, 0)? {
                Found::Record(record, _) => record.sequence <= newest,
                Found::Not(RecordError::Newer { .. }) => true,
                Found::Not(_) => false,
            };
            if !known {
                match self.flash.erase_block(block) {
                    Ok(()) => {}
                    Err(NandError::Device(e)) => return Err(e),
                    Err(_) => self.retire(block),
                }
            }
        }
        Ok(())
    }

    /// Notes that a block of the log is bad.
    fn retire(&mut self, block: u32) {
        self.bad.insert(block);
        // The map that the next record carries is what counts.
        let _ = self.flash.mark_bad(block);
    }
}

/// The content of a place for a record.
enum Found<const MAP: usize> {
    Record(Record, [u8; MAP]),
    Not(RecordError),
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize> RecordLog for NandMedium<F, PAGE, MAP> {
    type Error = F::Error;

    const MAY_APPEAR_LATE: bool = true;

    /// Looks at the first record of every log block, and then at all records of the block with the newest: as
    /// many pages as one record of every log block and one block have, more only where records are damaged.
    fn read_log(&mut self) -> Result<LogState, F::Error> {
        let mut state = LogState::default();
        let mut newest = None;
        self.position = LogPosition::default();
        let mut firsts = [None; LOG_BLOCKS as usize];
        for (block, first) in (0..LOG_BLOCKS).zip(&mut firsts) {
            *first = self.first_sequence(block, &mut state)?;
            newest = newest.max(*first);
        }
        // A block whose only record is torn, or of a newer version, is no end of the search.
        while let Some(sequence) = newest {
            // Two blocks start with the same record where the first one failed before the twin was written.
            for (block, first) in (0..LOG_BLOCKS).zip(&firsts) {
                if *first == Some(sequence) {
                    self.walk(block, &mut state)?;
                }
            }
            if state.is_valid() {
                break;
            }
            newest = firsts.iter().copied().flatten().filter(|first| *first < sequence).max();
        }
        // An image whose commit was torn must not turn up later, when its record happens to read well.
        state.unsure |= state.record.open;
        state.hidden = true;
        Ok(state)
    }

    /// Whether two blocks are good: it takes one for the next record and one for the newest so far.
    fn has_room(&mut self) -> Result<bool, F::Error> {
        let mut good = 0;
        for block in 0..LOG_BLOCKS {
            if !self.bad.contains(block) && !self.flash.is_bad(block)? {
                good += 1;
            }
        }
        Ok(good >= 2)
    }

    fn append_record(&mut self, record: &Record) -> Result<(), AppendError<F::Error>> {
        let pages = self.flash.geometry().pages_per_block;
        let mut failed = None;
        if let (Some(block), Some(page)) = (self.position.newest, self.position.next_page)
            && page + 2 * Self::PAGES <= pages
        {
            if self.put_twice(record, block, page).map_err(AppendError::Device)? {
                self.position.next_page = Some(page + 2 * Self::PAGES);
                return Ok(());
            }
            // It still holds the newest record, so it is retired only when another block does.
            self.position.next_page = None;
            failed = Some(block);
        }
        if self.position.next_page.is_none() && failed.is_none() {
            self.sweep(record.sequence).map_err(AppendError::Device)?;
        }
        let start = self.position.newest.map_or(0, |block| block + 1);
        for i in 0..LOG_BLOCKS {
            let block = (start + i) % LOG_BLOCKS;
            if Some(block) == self.position.newest || self.bad.contains(block) {
                continue;
            }
            if self.flash.is_bad(block).map_err(AppendError::Device)? {
                self.bad.insert(block);
                continue;
            }
            match self.flash.erase_block(block) {
                Ok(()) => {}
                Err(NandError::Device(e)) => return Err(AppendError::Device(e)),
                Err(_) => {
                    self.retire(block);
                    continue;
                }
            }
            if self.put_twice(record, block, 0).map_err(AppendError::Device)? {
                self.position =
                    LogPosition { newest: Some(block), next_page: Some(2 * Self::PAGES), worn: false };
                if let Some(failed) = failed {
                    self.retire(failed);
                }
                return Ok(());
            }
            self.retire(block);
        }
        Err(AppendError::Exhausted)
    }
}
