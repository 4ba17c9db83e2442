//! Details of the stores and of the reader, each of which a change would break without any other test
//! noticing.

use std::error::Error;

use oal_sim::machine::region;
use oal_sim::nor::NorCells;
use oal_sim::{DmaDisk, FakeSystem, Machine, NandPages, RamDisk, layout};
use oal_snapshot::codec::Lz4;
use oal_snapshot::hooks::{PrepareSnapshot, ReadSnapshot};
use oal_snapshot::image::{ChunkEntry, Extent, Header, ImageId, Reader};
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::nand::{NandError, NandGeometry, NandStore};
use oal_snapshot::store::nor::{NorGeometry, NorStore};
use oal_snapshot::store::{
    BlockStore, Partition, PartitionError, Record, RecordError, Slots, Store, StoreError, StoreSettings,
    WindowError,
};
use oal_snapshot::take::Timeline;

const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };

/// Every other page holds zeroes, so each page is an extent of its own.
fn fragmented(pages: u32) -> Machine {
    let system = FakeSystem { ram: [region(0x200, pages)].into(), ..FakeSystem::default() };
    let mut machine = Machine::new(system);
    let frames: Vec<_> = machine.ram.frames().collect();
    for frame in frames {
        let byte = if frame.0 % 2 == 0 { 0 } else { frame.0 as u8 | 1 };
        machine.ram.page_mut(frame).fill(byte);
    }
    machine
}

/// What a reader with a buffer of so many pages makes of the newest image.
type Tables = Result<(Header, Vec<Extent>, Vec<ChunkEntry>), (Stage, Reason)>;

fn tables(disk: &mut RamDisk, id: ImageId, len: u64, pages: usize) -> Tables {
    let (mut store, mut buffer) = (BlockStore::new(disk, SETTINGS).unwrap(), vec![0; pages * 4096]);
    let mut reader = Reader { medium: &mut store, id, len, buffer: &mut buffer };
    let header = reader.header()?;
    let (mut extents, mut index) = (Vec::new(), Vec::new());
    reader.map(&header, None, |extent| {
        extents.push(extent);
        Ok(())
    })?;
    reader.index(&header, &extents, |entry| {
        index.push(entry);
        Ok(())
    })?;
    Ok((header, extents, index))
}

#[test]
fn a_part_longer_than_the_buffer_is_read_and_checked_to_its_end() {
    let mut machine = fragmented(1200);
    let mut disk = RamDisk::blank(64 + 2 * 8 * 128);
    let mut store = BlockStore::new(&mut disk, SETTINGS).unwrap();
    let taken = machine.take_with::<2048, 80, _, _, _>(&mut Lz4::new(), &mut store, &mut ()).unwrap();
    let Timeline::Live(report) = taken else { panic!("{taken:?}") };
    let whole = tables(&mut disk, report.id, report.image_len, 64).unwrap();
    let (header, extents, _) = &whole;
    assert!(header.map.len > 4 * 4096 && extents.len() == 1200, "{:?}", header.map);
    for pages in 1..6 {
        assert_eq!(
            tables(&mut disk, report.id, report.image_len, pages).as_ref(),
            Ok(&whole),
            "{pages} pages"
        );
    }
    // A wrong bit in each window of the map, its last byte among them.
    let at = header.map.offset as usize;
    for byte in (0..header.map.len as usize).step_by(4096).chain([header.map.len as usize - 1]) {
        let flip = |disk: &mut RamDisk| layout::image_mut(disk, report.id.0)[at + byte] ^= 1;
        flip(&mut disk);
        for pages in [1, 2, 64] {
            let refused = tables(&mut disk, report.id, report.image_len, pages);
            assert!(matches!(refused, Err((Stage::Map, _))), "byte {byte}, {pages} pages: {refused:?}");
        }
        flip(&mut disk);
    }
    assert!(tables(&mut disk, report.id, report.image_len, 1).is_ok());
}

/// Through a `&mut` of a store, as an engine may have it.
fn passed_on(store: impl Store) -> bool {
    store.reads_in_background()
}

#[test]
fn only_a_device_with_dma_reads_in_background_whatever_lies_between() {
    let mut disk = RamDisk::blank(1024);
    assert!(!BlockStore::new(&mut disk, SETTINGS).unwrap().reads_in_background());
    assert!(!BlockStore::new(Partition::whole(&mut disk), SETTINGS).unwrap().reads_in_background());
    let mut dma = DmaDisk::new(&mut disk);
    assert!(BlockStore::new(&mut dma, SETTINGS).unwrap().reads_in_background());
    let mut store = BlockStore::new(Partition::whole(&mut dma), SETTINGS).unwrap();
    assert!(passed_on(&mut store));
    let chip = NandPages::new(NandGeometry { page_bytes: 2048, pages_per_block: 16, blocks: 24 }, 1);
    assert!(!NandStore::<_, 2048, 3>::new(chip, SETTINGS).unwrap().reads_in_background());
    let cells = NorCells::new(NorGeometry { block_bytes: 16384, blocks: 12, program_bytes: 4 }, 1);
    assert!(!NorStore::new(cells, SETTINGS).unwrap().reads_in_background());
}

#[test]
fn records_of_a_block_device_are_numbered_without_gaps() {
    let mut disk = RamDisk::blank(1024);
    for number in 1..20 {
        let mut store = BlockStore::new(&mut disk, SETTINGS).unwrap();
        store.invalidate().unwrap();
        assert_eq!(store.record().unwrap().sequence, number);
    }
}

#[test]
fn an_image_is_begun_behind_the_last_number_that_leaves_room_and_behind_no_other() {
    const LAST: u64 = u64::MAX - (1 << 32);
    for (sequence, begun) in [(LAST - 1, true), (LAST, true), (LAST + 1, false), (u64::MAX, false)] {
        let mut disk = RamDisk::blank(1024);
        let record = Record { sequence, ..Record::default() };
        *layout::record_bytes(&mut disk, sequence % 8) = record.encode();
        let mut store = BlockStore::new(&mut disk, SETTINGS).unwrap();
        let prepared = store.prepare_snapshot(4096, oal_snapshot::hooks::BootPolicy::Always);
        let refused = matches!(prepared, Err(StoreError::LogExhausted));
        assert_eq!((prepared.is_ok(), refused), (begun, !begun), "{sequence}: {prepared:?}");
        assert_eq!(store.record().unwrap().sequence, if begun { sequence + 1 } else { sequence });
    }
}

/// An error and its sources, as programs print them in a row.
fn in_full(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |error: &&dyn Error| (*error).source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

#[test]
fn errors_are_sentences_that_name_the_cause_and_keep_the_device_s_own() {
    let device = RecordError::Newer { sequence: 7 };
    let error = StoreError::Device(WindowError::Device(device));
    let text = error.to_string();
    assert_eq!(text, "the medium failed: record 7 is of a later version of the software");
    assert_eq!(in_full(&error), text, "the cause once");
    let StoreError::Device(WindowError::Device(below)) = error else { panic!("{error:?}") };
    assert_eq!(below, device);
    let error = PartitionError::Device(device);
    assert_eq!(error.to_string(), format!("the first sector cannot be read: {device}"));
    assert_eq!(in_full(&error), error.to_string());
    assert_eq!(in_full(&WindowError::Device(device)), device.to_string());
    assert_eq!(in_full(&NandError::Device(device)), device.to_string());
    let refused = BlockStore::new(&mut RamDisk::blank(8), SETTINGS).err().unwrap();
    assert!(refused.to_string().contains("too small: 8 ") && refused.to_string().contains("needs 72"));
}
