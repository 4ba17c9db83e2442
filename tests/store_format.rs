//! `docs/store-format.md` is right: its worked example is the record that a real snapshot commits.

use oal_sim::{RamDisk, Shelf, layout};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::hooks::{
    BootPolicy, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, WriteSnapshot,
};
use oal_snapshot::image::ImageId;
use oal_snapshot::store::{BlockStore, Record, SlotEntry, SlotState, Slots, StoreSettings};

mod listing;

const DOCUMENT: &str = include_str!("../docs/store-format.md");
/// The image of `docs/image-format.md`.
const IMAGE: &[u8] = include_bytes!("data/image-v1.bin");

/// A medium on which that image was written as the first one.
fn disk() -> RamDisk {
    let mut disk = RamDisk::blank(64 + 2 * 8 * 8);
    let settings = StoreSettings { slots: Slots::Two, max_attempts: 3 };
    let mut store = BlockStore::new(&mut disk, settings).unwrap();
    assert_eq!(
        store.prepare_snapshot(IMAGE.len() as u64, BootPolicy::Always),
        Ok(Prepared { id: ImageId(2), slot: 0 })
    );
    store.write_snapshot(IMAGE, 0).unwrap();
    store.finish_snapshot(&mut [0; 8192]).unwrap();
    disk
}

#[test]
fn the_worked_example_is_the_record_that_a_snapshot_commits() {
    let documented = listing::read(DOCUMENT, "worked example");
    listing::assert_same(&documented, layout::record_bytes(&mut disk(), 2));
    let entry = SlotEntry {
        state: SlotState::Committed,
        policy: BootPolicy::Always,
        attempts: 0,
        confirmed: false,
        id: ImageId(2),
        first: 64,
        span: 48,
        image_len: 24576,
        image_crc: crc32c(IMAGE),
    };
    let record = Record { sequence: 2, open: false, slots: [Some(entry), None] };
    assert_eq!(Record::decode(documented[..].try_into().unwrap()), Ok(record));
}

#[test]
fn the_record_names_an_image_that_can_be_read() {
    let mut disk = disk();
    let mut store = BlockStore::new(&mut disk, StoreSettings::default()).unwrap();
    let selection = store.select().unwrap();
    assert_eq!(selection.candidates.len(), 1);
    let mut back = vec![0; IMAGE.len()];
    store.read_snapshot(ImageId(2), &mut back, 0).unwrap();
    assert!(back == IMAGE);
    assert_eq!(Shelf::with_image(back, 2).select().unwrap().candidates[0].len, 24576);
}
