//! The commit log on NOR: records one behind the other in a few erase blocks, which take turns.
//!
//! A place of the log that power went out over while it was programmed may read as blank, as a record or as
//! anything else, and otherwise the next time. Hence:
//!
//! * Each record is written twice. The newest one, if it has no twin, is written anew before anything is
//!   built on it.
//! * Before the first record since the log was read, every place behind the newest one that may have been
//!   programmed is made void: those that do not read as blank, and [`SUSPECT`] more, all overwritten with
//!   zeroes from the first up. Only then the record is programmed, behind them. So no torn record ever comes
//!   to count, however many cuts follow each other, and no place is programmed with anything but zeroes a
//!   second time.
//! * A block that is full is left for the next one, which is erased first, however blank it reads, and made
//!   void before that.

use crate::store::catalog::{AppendError, LogState, RecordLog};
use crate::store::nor::position::{LOG_BLOCKS, LogPosition};
use crate::store::nor::store::NorMedium;
use crate::store::record::{RECORD_LEN, Record, RecordError};
use oal_media::NorFlash;

/// Places for records in an erase block: as many as it has room for, and no more than these, as all are read
/// at a boot.
pub const BLOCK_RECORDS: u32 = 64;

/// Places that may have been programmed although they read as blank, and so do all behind them: a record that
/// power went out over, and, if that record read as whole at the next power-on, a place behind it that was
/// being made void when power went again. There is no third: what was made void to the end does not read as
/// blank, and nothing is programmed behind a place that is neither that nor a whole record.
const SUSPECT: u32 = 2;

/// The findings in a block of the log.
#[derive(Clone, Copy, Debug, Default)]
struct Survey {
    /// Copies of the newest record of all.
    copies: u32,
    /// The place behind the last of them.
    behind: u32,
    /// The place behind the last one that does not read as blank.
    end: u32,
}

impl<F: NorFlash> NorMedium<F> {
    /// Places of a block.
    fn places(&self) -> u32 {
        (self.flash.geometry().block_bytes / RECORD_LEN as u32).min(BLOCK_RECORDS)
    }

    /// The byte at which a place starts.
    fn at(&self, block: u32, place: u32) -> u64 {
        u64::from(block) * u64::from(self.flash.geometry().block_bytes) + u64::from(place) * RECORD_LEN as u64
    }

    fn put(&mut self, block: u32, place: u32, bytes: &[u8; RECORD_LEN]) -> Result<(), AppendError<F::Error>> {
        let at = self.at(block, place);
        self.flash.program(at, bytes).map_err(AppendError::Device)?;
        let mut back = [0; RECORD_LEN];
        self.flash.read(at, &mut back).map_err(AppendError::Device)?;
        if back == *bytes { Ok(()) } else { Err(AppendError::Verify) }
    }

    /// Makes the suspect places of the block in use void.
    fn make_void(&mut self, block: u32) -> Result<(), AppendError<F::Error>> {
        let places = self.places();
        while self.position.behind < self.position.next.min(places) {
            self.put(block, self.position.behind, &[0; RECORD_LEN])?;
            self.position.behind += 1;
        }
        Ok(())
    }

    /// Writes a record and its twin.
    fn put_twice(&mut self, block: u32, place: u32, record: &Record) -> Result<(), AppendError<F::Error>> {
        let bytes = record.encode();
        self.put(block, place, &bytes)?;
        self.put(block, place + 1, &bytes)?;
        self.position.block = Some(block);
        self.position.keep = Some(block);
        (self.position.behind, self.position.next) = (place + 2, place + 2);
        Ok(())
    }

    /// Erases a block of the log. All its places are made void before, for an erase that is cut may bring
    /// back what was there: a torn record that does not read as one now would then be the newest, in a block
    /// that is not erased.
    fn start(&mut self, block: u32) -> Result<(), AppendError<F::Error>> {
        for place in 0..self.places() {
            self.flash.program(self.at(block, place), &[0; RECORD_LEN]).map_err(AppendError::Device)?;
        }
        self.flash.erase(block).map_err(AppendError::Device)
    }

    /// Writes a record behind the newest one; `false` if the block is full.
    fn append_here(&mut self, block: u32, record: &Record) -> Result<bool, AppendError<F::Error>> {
        self.make_void(block)?;
        let next = self.position.next;
        if next + 2 > self.places() {
            return Ok(false);
        }
        self.put_twice(block, next, record)?;
        Ok(true)
    }
}

impl<F: NorFlash> RecordLog for NorMedium<F> {
    type Error = F::Error;

    const MAY_APPEAR_LATE: bool = true;

    /// Reads every place: [`LOG_BLOCKS`] times [`BLOCK_RECORDS`] sectors at the most.
    fn read_log(&mut self) -> Result<LogState, F::Error> {
        let mut state = LogState::default();
        let mut blocks = [Survey::default(); LOG_BLOCKS as usize];
        let mut keep = None;
        let mut newest_open = false;
        for block in 0..LOG_BLOCKS {
            for place in 0..self.places() {
                let mut bytes = [0; RECORD_LEN];
                self.flash.read(self.at(block, place), &mut bytes)?;
                let found = Record::decode(&bytes);
                let sequence = match found {
                    Ok(Record { sequence, .. }) | Err(RecordError::Newer { sequence }) => sequence,
                    Err(_) => 0,
                };
                if sequence > state.highest {
                    blocks.iter_mut().for_each(|survey| (survey.copies, survey.behind) = (0, 0));
                }
                if found.is_ok_and(|record| record.sequence > state.record.sequence) {
                    keep = Some(block);
                    newest_open = found.is_ok_and(|record| record.open);
                }
                let highest = state.highest.max(sequence);
                state.take_in(found);
                let Some(survey) = blocks.get_mut(block as usize) else { continue };
                if sequence > 0 && sequence == highest {
                    (survey.copies, survey.behind) = (survey.copies + 1, place + 1);
                }
                if bytes.iter().any(|byte| *byte != 0xff) {
                    survey.end = place + 1;
                }
            }
        }
        self.position = LogPosition { keep, ..LogPosition::default() };
        let mut copies = 0;
        for (block, survey) in (0..LOG_BLOCKS).zip(&blocks) {
            // Two blocks hold the newest record where one failed before the twin was written: the later one in turn counts.
            let is_later = self.position.block.is_some_and(|other| block - other <= LOG_BLOCKS / 2);
            if survey.copies > copies || (survey.copies == copies && is_later) {
                copies = survey.copies;
                self.position.block = Some(block);
                (self.position.behind, self.position.next) = (survey.behind, survey.end + SUSPECT);
            }
        }
        // What this version cannot read it cannot write anew either. An image whose commit was torn must not turn up
        // later, when its record happens to read well.
        state.unsure = state.record.sequence == state.highest && copies > 0 && (copies < 2 || newest_open);
        // The one torn record that a failing block may have kept from being made void.
        state.hidden = true;
        Ok(state)
    }

    fn append_record(&mut self, record: &Record) -> Result<(), AppendError<F::Error>> {
        let mut failure = AppendError::Exhausted;
        let used = self.position.block;
        if let Some(block) = used {
            match self.append_here(block, record) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => {
                    failure = error;
                    // The block counts as full from now on, also when the log is read anew.
                    let _ = self.put(block, self.places().saturating_sub(1), &[0; RECORD_LEN]);
                    self.position.next = self.places();
                }
            }
        }
        let start = used.map_or(0, |block| block + 1);
        for block in (start..start + LOG_BLOCKS).map(|block| block % LOG_BLOCKS) {
            if used == Some(block) || self.position.keep == Some(block) {
                continue;
            }
            match self.start(block).and_then(|()| self.put_twice(block, 0, record)) {
                Ok(()) => return Ok(()),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}
