//! The store's commit records on a medium: finding the newest and changing it, by the format of
//! `docs/store-format.md` and without the store's help.

use super::chip::{At, Cells};
use super::layout::PAGES;
use super::{Kind, Medium};
use anyhow::{Context, Result, ensure};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::store::nand::LOG_BLOCKS;
use oal_snapshot::store::nor;
use oal_snapshot::store::{LOG_RECORDS, RECORD_LEN, RECORD_STRIDE, Record, SECTOR_SIZE};
use std::ops::Range;

/// Where a copy of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At this offset of the file.
    Offset(u64),
    /// In this page of a NAND chip.
    Page(At),
}

/// The newest record.
pub struct Newest {
    /// The record.
    pub record: Record,
    /// NAND: the map of bad blocks beside it.
    map: Vec<u8>,
    /// Where its copies are: two on flash, one on a card.
    pub places: Vec<Place>,
}

impl Newest {
    /// Whether the record's map calls the block bad.
    pub fn is_bad(&self, block: u32) -> bool {
        self.map.get(block as usize / 8).is_some_and(|byte| byte & (1 << (block % 8)) != 0)
    }
}

/// The newest valid record.
pub fn newest(medium: &Medium) -> Result<Newest> {
    let mut found: Option<Newest> = None;
    for place in places(medium) {
        let Some(bytes) = read(medium, place)? else { continue };
        let Some((sector, map)) = bytes.split_first_chunk::<RECORD_LEN>() else { continue };
        let Ok(record) = Record::decode(sector) else { continue };
        match &mut found {
            Some(best) if record.sequence < best.record.sequence => {}
            Some(best) if record.sequence == best.record.sequence => best.places.push(place),
            _ => found = Some(Newest { record, map: map.to_vec(), places: vec![place] }),
        }
    }
    found.context("the store holds no commit record")
}

/// The parts of the medium's file that the log is in, on NAND with the spare areas.
pub fn log(medium: &Medium) -> Vec<Range<u64>> {
    let Some(chip) = medium.layout.chip() else {
        let start = medium.snapshot().start;
        let bytes = match medium.layout.kind {
            Kind::Nor => u64::from(nor::LOG_BLOCKS) * medium.layout.erase_block(),
            _ => LOG_RECORDS * RECORD_STRIDE * SECTOR_SIZE as u64,
        };
        return std::iter::once(start..start + bytes).collect();
    };
    let data = chip.data(0, 0)..chip.data(LOG_BLOCKS, 0);
    let spare = chip.spare(0, 0).zip(chip.spare(LOG_BLOCKS, 0)).map(|(start, end)| start..end);
    std::iter::once(data).chain(spare).collect()
}

/// Where the parts of a record that its checksums guard are in the file: every place that can hold one.
pub fn guarded(medium: &Medium) -> Vec<Range<u64>> {
    places(medium).into_iter().map(|place| in_file(medium, place)).collect()
}

impl Newest {
    /// Where its copies are in the file, without what no checksum guards.
    pub fn in_file(&self, medium: &Medium) -> Vec<Range<u64>> {
        self.places.iter().map(|place| in_file(medium, *place)).collect()
    }
}

fn in_file(medium: &Medium, place: Place) -> Range<u64> {
    match (place, medium.layout.chip()) {
        (Place::Page(at), Some(chip)) => {
            let start = chip.data(at.block, at.page);
            start..start + (RECORD_LEN + chip.map_bytes() + 4) as u64
        }
        (Place::Offset(offset), _) => offset..offset + RECORD_LEN as u64,
        (Place::Page(_), None) => 0..0,
    }
}

/// Every place that can hold a record.
fn places(medium: &Medium) -> Vec<Place> {
    match medium.layout.kind {
        Kind::Nand | Kind::OneNand | Kind::RawNand => (0..LOG_BLOCKS)
            .flat_map(|block| (0..PAGES).map(move |page| Place::Page(At { block, page })))
            .collect(),
        Kind::Nor => (0..u64::from(nor::LOG_BLOCKS))
            .flat_map(|block| {
                let places = 0..u64::from(nor::BLOCK_RECORDS);
                places
                    .map(move |i| Place::Offset(block * medium.layout.erase_block() + i * RECORD_LEN as u64))
            })
            .collect(),
        Kind::Sd | Kind::Emmc => (0..LOG_RECORDS)
            .map(|i| Place::Offset(medium.snapshot().start + i * RECORD_STRIDE * SECTOR_SIZE as u64))
            .collect(),
    }
}

/// A record's bytes, on NAND with the map; `None` if they cannot be read or their checksum is wrong.
fn read(medium: &Medium, place: Place) -> Result<Option<Vec<u8>>> {
    match place {
        Place::Offset(offset) => medium.read(offset, RECORD_LEN).map(Some),
        Place::Page(at) => {
            let cells = Cells::of(medium).context("this medium has no pages")?;
            let Some(mut page) = cells.read(at)? else { return Ok(None) };
            let len = RECORD_LEN + cells.map_bytes();
            let right = page.get(len..len + 4) == Some(&crc32c(&page[..len]).to_le_bytes());
            page.truncate(len);
            Ok(right.then_some(page))
        }
    }
}

/// Writes a record to all places of the newest.
fn write(medium: &Medium, newest: &Newest, sector: &[u8]) -> Result<()> {
    for place in &newest.places {
        match *place {
            Place::Offset(offset) => medium.write(offset, sector)?,
            Place::Page(at) => {
                let cells = Cells::of(medium).context("this medium has no pages")?;
                let mut page = cells.read(at)?.context("a record that was just read is gone")?;
                let bytes = [sector, &newest.map].concat();
                page[..bytes.len()].copy_from_slice(&bytes);
                page[bytes.len()..bytes.len() + 4].copy_from_slice(&crc32c(&bytes).to_le_bytes());
                cells.write(at, &page)?;
            }
        }
    }
    Ok(())
}

/// Makes the record promise a page less of the newest image than its header speaks of: the image was cut
/// short.
pub fn cut_short(medium: &Medium) -> Result<()> {
    let mut newest = newest(medium)?;
    let image = newest.record.slots.iter_mut().flatten().max_by_key(|slot| slot.id.0);
    let image = image.context("the newest commit record names no image")?;
    ensure!(image.image_len > 4096, "the newest image is too short to be cut");
    image.image_len -= 4096;
    write(medium, &newest, &newest.record.encode())
}

/// Makes the newest record one of a later version, with a checksum that is right, as a later release would
/// write it.
pub fn of_a_newer_version(medium: &Medium) -> Result<()> {
    // The version, and the checksum at the end, are where they are in every version (`docs/store-format.md`).
    const VERSION: usize = 8;
    let newest = newest(medium)?;
    let mut bytes = newest.record.encode();
    bytes[VERSION] += 1;
    let crc = crc32c(&bytes[..RECORD_LEN - 4]);
    bytes[RECORD_LEN - 4..].copy_from_slice(&crc.to_le_bytes());
    write(medium, &newest, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, Sizes};
    use oal_snapshot::store::RecordError;

    #[test]
    fn a_record_of_a_newer_version_is_taken_for_one() {
        let dir = tempfile::tempdir().unwrap();
        let medium = Medium::blank(&dir.path().join("m"), Layout::card(Kind::Sd), Sizes::SMALL).unwrap();
        assert!(newest(&medium).is_err());
        let at = |n: u64| medium.snapshot().start + n * RECORD_STRIDE * SECTOR_SIZE as u64;
        for sequence in [3, 4] {
            let record = Record { sequence, ..Record::default() };
            medium.write(at(sequence), &record.encode()).unwrap();
        }
        of_a_newer_version(&medium).unwrap();
        let bytes = medium.read(at(4), RECORD_LEN).unwrap();
        assert_eq!(Record::decode(bytes.first_chunk().unwrap()), Err(RecordError::Newer { sequence: 4 }));
        assert_eq!(newest(&medium).unwrap().record.sequence, 3);
    }
}
