//! The commit log: a ring of records, each alone in its 4096-byte block.

use crate::store::block::store::BlockMedium;
use crate::store::block::{LOG_RECORDS, RECORD_STRIDE};
use crate::store::catalog::{AppendError, LogState, RecordLog};
use crate::store::record::{RECORD_LEN, Record};
use crate::store::{BlockDevice, SECTOR_SIZE};

/// The place of the record with this sequence number.
fn sector(sequence: u64) -> u64 {
    (sequence % LOG_RECORDS) * RECORD_STRIDE
}

impl<D: BlockDevice> RecordLog for BlockMedium<D> {
    type Error = D::Error;

    /// Two of the eight places may be worn out.
    const PLACES_PASSED_OVER: u32 = 2;

    /// Reads [`LOG_RECORDS`] sectors.
    fn read_log(&mut self) -> Result<LogState, D::Error> {
        const { assert!(RECORD_LEN == SECTOR_SIZE) };
        let mut state = LogState::default();
        let mut sector = [0; RECORD_LEN];
        let mut readable = 0;
        for i in 0..LOG_RECORDS {
            // Once more if it fails: a sector that power went out over may need it, or may never be readable again
            // before it is written.
            let result = match self.0.read(i * RECORD_STRIDE, &mut sector) {
                Ok(()) => Ok(()),
                Err(_) => self.0.read(i * RECORD_STRIDE, &mut sector),
            };
            match result {
                Ok(()) => {
                    readable += 1;
                    state.take_in(Record::decode(&sector));
                }
                Err(error) if readable == 0 && i + 1 == LOG_RECORDS => return Err(error),
                Err(_) => state.blind = true,
            }
        }
        Ok(state)
    }

    fn shares_place(sequence: u64, other: u64) -> bool {
        sector(sequence) == sector(other)
    }

    /// The record takes the place of the oldest one, so a cut while it is written leaves every other record,
    /// the newest so far among them.
    fn append_record(&mut self, record: &Record) -> Result<(), AppendError<D::Error>> {
        let bytes = record.encode();
        self.0.write_reliable(sector(record.sequence), &bytes).map_err(AppendError::Device)?;
        let mut back = [0; RECORD_LEN];
        self.0.read(sector(record.sequence), &mut back).map_err(AppendError::Device)?;
        if back == bytes { Ok(()) } else { Err(AppendError::Verify) }
    }
}
