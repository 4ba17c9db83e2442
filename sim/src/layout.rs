//! A block store's layout as `docs/store-format.md` has it, seen from outside.

use oal_snapshot::store::{
    LOG_RECORDS, RECORD_LEN, RECORD_STRIDE, Record, RecordError, SECTOR_SIZE, SlotEntry,
};

use crate::disk::RamDisk;

/// The bytes of the record in place `i` of the ring.
pub fn record_bytes(disk: &mut RamDisk, i: u64) -> &mut [u8; RECORD_LEN] {
    let at = ((i % LOG_RECORDS) * RECORD_STRIDE) as usize * SECTOR_SIZE;
    (&mut disk.bytes_mut()[at..at + RECORD_LEN]).try_into().expect("one sector")
}

/// Writes a record where its sequence number wants it.
pub fn put_record(disk: &mut RamDisk, record: &Record) {
    *record_bytes(disk, record.sequence) = record.encode();
}

/// Every place of the ring, decoded.
pub fn records(disk: &mut RamDisk) -> [Result<Record, RecordError>; LOG_RECORDS as usize] {
    core::array::from_fn(|i| Record::decode(record_bytes(disk, i as u64)))
}

/// The newest record, if there is one.
pub fn newest(disk: &mut RamDisk) -> Option<Record> {
    records(disk).into_iter().flatten().max_by_key(|record| record.sequence)
}

/// What the newest record says of the image `id`.
pub fn entry(disk: &mut RamDisk, id: u64) -> Option<SlotEntry> {
    newest(disk)?.slots.into_iter().flatten().find(|entry| entry.id.0 == id)
}

/// The bytes of the image `id`, which the newest record names.
pub fn image_mut(disk: &mut RamDisk, id: u64) -> &mut [u8] {
    let entry = entry(disk, id).expect("an image of this store");
    let at = entry.first as usize * SECTOR_SIZE;
    &mut disk.bytes_mut()[at..at + entry.image_len as usize]
}
