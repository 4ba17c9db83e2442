//! Changing the store's commit records on a medium.

use super::Medium;
use anyhow::{Context, Result, ensure};
use oal_snapshot::image::checksum::crc32c;
use oal_snapshot::store::{LOG_RECORDS, RECORD_LEN, RECORD_STRIDE, Record, SECTOR_SIZE};

/// The newest valid record and where it lies in the medium's file.
fn newest(medium: &Medium) -> Result<(u64, Record)> {
    let mut found: Option<(u64, Record)> = None;
    for i in 0..LOG_RECORDS {
        let offset = medium.snapshot().start + i * RECORD_STRIDE * SECTOR_SIZE as u64;
        let bytes = medium.read(offset, RECORD_LEN)?;
        let bytes = bytes.first_chunk().context("a record of the wrong size")?;
        let Ok(record) = Record::decode(bytes) else { continue };
        if found.as_ref().is_none_or(|(_, best)| record.sequence > best.sequence) {
            found = Some((offset, record));
        }
    }
    found.context("the snapshot partition holds no commit record")
}

/// Makes the record promise a page less of the newest image than its header speaks of: the image was cut short.
pub fn cut_short(medium: &Medium) -> Result<()> {
    let (offset, mut record) = newest(medium)?;
    let image = record.slots.iter_mut().flatten().max_by_key(|slot| slot.id.0);
    let image = image.context("the newest commit record names no image")?;
    ensure!(image.image_len > 4096, "the newest image is too short to be cut");
    image.image_len -= 4096;
    medium.write(offset, &record.encode())
}

/// Makes the newest record one of a later version, with a checksum that is right, as a later release would write it.
pub fn from_the_future(medium: &Medium) -> Result<()> {
    // The version, and the checksum at the end, are where they are in every version (`docs/store-format.md`).
    const VERSION: usize = 8;
    let (offset, record) = newest(medium)?;
    let mut bytes = record.encode();
    bytes[VERSION] += 1;
    let crc = crc32c(&bytes[..RECORD_LEN - 4]);
    bytes[RECORD_LEN - 4..].copy_from_slice(&crc.to_le_bytes());
    medium.write(offset, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Kind, Sizes};
    use oal_snapshot::store::RecordError;

    #[test]
    fn a_record_of_the_future_is_taken_for_one() {
        let dir = tempfile::tempdir().unwrap();
        let medium = Medium::blank(&dir.path().join("m"), Kind::Sd, Sizes::SMALL).unwrap();
        assert!(newest(&medium).is_err());
        let at = |n: u64| medium.snapshot().start + n * RECORD_STRIDE * SECTOR_SIZE as u64;
        for sequence in [3, 4] {
            let record = Record { sequence, ..Record::default() };
            medium.write(at(sequence), &record.encode()).unwrap();
        }
        from_the_future(&medium).unwrap();
        let bytes = medium.read(at(4), RECORD_LEN).unwrap();
        assert_eq!(Record::decode(bytes.first_chunk().unwrap()), Err(RecordError::Future { sequence: 4 }));
        assert_eq!(newest(&medium).unwrap().1.sequence, 3);
    }
}
