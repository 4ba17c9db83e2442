//! The commit log: a ring of records, each alone in its 4096-byte block.

use crate::store::record::{RECORD_LEN, Record, RecordError};
use crate::store::{BlockDevice, SECTOR_SIZE};

/// Records that the ring holds.
pub const LOG_RECORDS: u64 = 8;
/// Sectors from one record to the next: a whole 4096-byte block, so that writing one record cannot harm
/// another on a device that works in such blocks.
pub const RECORD_STRIDE: u64 = 8;
/// Sectors of the log, at the store's start.
pub const LOG_SECTORS: u64 = LOG_RECORDS * RECORD_STRIDE;

/// What the log says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogState {
    /// The newest valid record; empty if there is none.
    pub record: Record,
    /// The highest sequence number of all, later versions' included.
    pub highest: u64,
    /// The highest sequence number of a record of a later version.
    pub future: Option<u64>,
    /// Whether a sector held anything else than a record or nothing.
    pub corrupt: bool,
}

impl LogState {
    /// Whether the log holds a valid record.
    pub fn is_valid(&self) -> bool {
        self.record.sequence > 0
    }

    /// Whether the newest record is one of a later version.
    pub fn newest_is_future(&self) -> bool {
        self.future.is_some_and(|sequence| sequence > self.record.sequence)
    }
}

/// Where the record with this sequence number lives.
fn sector(sequence: u64) -> u64 {
    (sequence % LOG_RECORDS) * RECORD_STRIDE
}

/// Reads all records: [`LOG_RECORDS`] sectors.
pub(crate) fn read<D: BlockDevice>(device: &mut D) -> Result<LogState, D::Error> {
    const { assert!(RECORD_LEN == SECTOR_SIZE) };
    let mut state = LogState::default();
    let mut sector = [0; RECORD_LEN];
    for i in 0..LOG_RECORDS {
        device.read(i * RECORD_STRIDE, &mut sector)?;
        match Record::decode(&sector) {
            Ok(record) => {
                state.highest = state.highest.max(record.sequence);
                if record.sequence > state.record.sequence {
                    state.record = record;
                }
            }
            Err(RecordError::Future { sequence }) => {
                state.highest = state.highest.max(sequence);
                state.future = state.future.max(Some(sequence));
            }
            Err(RecordError::Blank) => {}
            Err(RecordError::Corrupt) => state.corrupt = true,
        }
    }
    Ok(state)
}

/// Why a record was not appended.
#[derive(Debug)]
pub(crate) enum AppendError<E> {
    /// The device.
    Device(E),
    /// What was read back is not what was written.
    Verify,
    /// The sequence numbers are used up, which takes a hostile log: 2^64 records do not fit a device's life.
    Exhausted,
}

/// Appends a record and reads it back. It takes the place of the oldest one, so a cut while it is written
/// leaves every other record, the newest so far among them.
pub(crate) fn append<D: BlockDevice>(
    device: &mut D,
    state: &mut LogState,
    mut record: Record,
) -> Result<(), AppendError<D::Error>> {
    record.sequence = state.highest.checked_add(1).ok_or(AppendError::Exhausted)?;
    let bytes = record.encode();
    device.write_reliable(sector(record.sequence), &bytes).map_err(AppendError::Device)?;
    // From here on the device may hold the record, whatever reading it back tells.
    state.highest = record.sequence;
    let mut back = [0; RECORD_LEN];
    device.read(sector(record.sequence), &mut back).map_err(AppendError::Device)?;
    if back != bytes {
        return Err(AppendError::Verify);
    }
    state.record = record;
    Ok(())
}
