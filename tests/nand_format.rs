//! `docs/store-format.md` is right about NAND: its worked example is the record that a real snapshot commits.

use oal_sim::NandPages;
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::hooks::{
    BootPolicy, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, WriteSnapshot,
};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::Reason;
use oal_snapshot::store::nand::{NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::store::{RECORD_LEN, Record, SlotEntry, SlotState, Slots, StoreSettings};

mod listing;

const DOCUMENT: &str = include_str!("../docs/store-format.md");
/// The image of `docs/image-format.md`.
const IMAGE: &[u8] = include_bytes!("data/image-v1.bin");

/// The example's chip: pages of 512 bytes, 24 blocks, of which the maker marked 0 and 9.
const PAGE: usize = 512;
const MAP: usize = 3;
const GEOMETRY: NandGeometry = NandGeometry { page_bytes: PAGE as u32, pages_per_block: 32, blocks: 24 };
const BAD: [u32; 2] = [0, 9];

/// Where the example says that the record is, and its twin.
const RECORD: NandPage = NandPage { block: 1, page: 4 };
const TWIN: NandPage = NandPage { block: 1, page: 6 };

fn settings() -> StoreSettings {
    StoreSettings { slots: Slots::Two, max_attempts: 3 }
}

/// The chip after its first snapshot.
fn chip() -> NandPages {
    let mut chip = NandPages::new(GEOMETRY, 0);
    BAD.into_iter().for_each(|block| chip.factory_bad(block));
    let mut store = NandStore::<_, PAGE, MAP>::new(&mut chip, settings()).unwrap();
    assert_eq!(
        store.prepare_snapshot(IMAGE.len() as u64, BootPolicy::Always),
        Ok(Prepared { id: ImageId(3), slot: 0 })
    );
    store.write_snapshot(IMAGE, 0).unwrap();
    store.finish_snapshot(&mut [0; 8192]).unwrap();
    chip
}

/// `count` pages of a block, one behind the other.
fn pages(chip: &mut NandPages, at: NandPage, count: u32) -> Vec<u8> {
    let mut bytes = vec![0; PAGE * count as usize];
    for (page, data) in (at.page..).zip(bytes.chunks_mut(PAGE)) {
        chip.read_page(NandPage { page, ..at }, data, &mut []).unwrap();
    }
    bytes
}

#[test]
fn the_worked_example_on_nand_is_the_record_that_a_snapshot_commits() {
    let documented = listing::read(DOCUMENT, "worked example on NAND");
    let mut chip = chip();
    listing::assert_same(&documented, &pages(&mut chip, RECORD, 2));
    assert_eq!(pages(&mut chip, TWIN, 2), documented);
    let (behind, blank) = (pages(&mut chip, NandPage { page: 8, ..TWIN }, 24), vec![0xff; 24 * PAGE]);
    assert!(behind == blank, "nothing behind the twin");
}

#[test]
fn the_worked_example_on_nand_decodes_as_the_document_says() {
    let documented = listing::read(DOCUMENT, "worked example on NAND");
    let (sector, behind) = documented.split_first_chunk::<RECORD_LEN>().unwrap();
    let entry = SlotEntry {
        state: SlotState::Committed,
        policy: BootPolicy::Always,
        attempts: 0,
        confirmed: false,
        id: ImageId(3),
        first: 8,
        span: 3,
        image_len: 24576,
        image_crc: crc32c(IMAGE),
    };
    assert_eq!(Record::decode(sector), Ok(Record { sequence: 3, open: false, slots: [Some(entry), None] }));
    let (map, behind) = behind.split_first_chunk::<MAP>().unwrap();
    let bad: Vec<u32> =
        (0..GEOMETRY.blocks).filter(|block| map[*block as usize / 8] >> (block % 8) & 1 != 0).collect();
    assert_eq!(bad, BAD);
    let (crc, rest) = behind.split_first_chunk().unwrap();
    assert_eq!(u32::from_le_bytes(*crc), crc32c(&documented[..RECORD_LEN + MAP]));
    assert!(rest.iter().all(|byte| *byte == 0xff));
}

#[test]
fn the_image_lies_where_entry_and_map_say() {
    let mut chip = chip();
    // Block 8 is full, 9 is bad, 10 holds the rest: 24576 bytes are 48 pages.
    let [first, rest] =
        [(8, 32), (10, 16)].map(|(block, count)| pages(&mut chip, NandPage { block, page: 0 }, count));
    assert!([first, rest].concat() == IMAGE);
    let mut store = NandStore::<_, PAGE, MAP>::new(&mut chip, settings()).unwrap();
    assert_eq!(store.select().unwrap().candidates.len(), 1);
    let mut back = vec![0; IMAGE.len()];
    store.read_snapshot(ImageId(3), &mut back, 0).unwrap();
    assert!(back == IMAGE);
}

#[test]
fn a_map_of_another_size_finds_no_record() {
    let mut chip = chip();
    let mut store = NandStore::<_, PAGE, 4>::new(&mut chip, settings()).unwrap();
    assert_eq!(store.select().err(), Some(Reason::LogCorrupt));
}
