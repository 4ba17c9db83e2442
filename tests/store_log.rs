//! The commit log: what it makes of records that are torn, corrupt, of a newer version or hostile, and of a
//! device that fails.

use oal_sim::disk::{Beyond, Cut, DiskError, Fault};
use oal_sim::{Booted, Effect, Machine, Operation, RamDisk, layout};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::hooks::{BootPolicy, SelectSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::{
    BlockStore, LOG_RECORDS, Record, RecordError, SlotEntry, SlotState, Slots, Store, StoreError,
    StoreSettings,
};
use oal_snapshot::take::{TakeError, Timeline};

const SECTORS: u64 = 64 + 2 * 12 * 8;
const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 3 };

fn take(disk: &mut RamDisk, seed: u64) -> Result<u64, TakeError<StoreError<DiskError>>> {
    match Machine::tiny(seed).take(&mut BlockStore::new(disk, SETTINGS).unwrap())? {
        Timeline::Live(report) => Ok(report.id.0),
        Timeline::Restored => panic!("restored"),
    }
}

fn boot(disk: &mut RamDisk) -> Booted {
    Machine::tiny(0).restarted(9).boot(&mut BlockStore::new(disk, SETTINGS).unwrap())
}

/// A disk with images of the tiny machines 1 and 2, and their names.
fn two_images() -> (RamDisk, u64, u64) {
    let mut disk = RamDisk::blank(SECTORS);
    let (older, newer) = (take(&mut disk, 1).unwrap(), take(&mut disk, 2).unwrap());
    (disk, older, newer)
}

/// Makes the record with this sequence number one of version 2.
fn put_newer_record(disk: &mut RamDisk, sequence: u64) {
    let bytes = layout::record_bytes(disk, sequence);
    *bytes = Record { sequence, ..Record::default() }.encode();
    bytes[8] = 2;
    bytes[12..16].fill(0x5a);
    bytes[40..].fill(0x77);
    let crc = crc32c(&bytes[..508]);
    bytes[508..].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(Record::decode(bytes), Err(RecordError::Newer { sequence }));
}

#[test]
fn an_empty_store_and_one_of_noise_have_reasons_of_their_own() {
    let cold = |disk: &mut RamDisk| boot(disk).cold();
    assert_eq!(cold(&mut RamDisk::blank(SECTORS)), Some((Stage::Select, Reason::NoImage)));
    let erased = vec![0xff; SECTORS as usize * 512];
    assert_eq!(cold(&mut RamDisk::from_bytes(erased)), Some((Stage::Select, Reason::NoImage)));
    assert_eq!(cold(&mut RamDisk::noise(SECTORS, 1)), Some((Stage::Select, Reason::LogCorrupt)));
    // One bit in an otherwise blank log is corruption, too.
    let mut disk = RamDisk::blank(SECTORS);
    layout::record_bytes(&mut disk, 5)[500] = 1;
    assert_eq!(cold(&mut disk), Some((Stage::Select, Reason::LogCorrupt)));
    // Any of them takes a snapshot.
    for mut disk in [RamDisk::noise(SECTORS, 1), disk] {
        let id = take(&mut disk, 1).unwrap();
        assert_eq!(boot(&mut disk).id(), Some(id));
    }
}

#[test]
fn every_bit_of_a_record_is_checked_and_the_record_before_counts() {
    let (disk, older, newer) = two_images();
    for byte in 0..512 {
        let mut disk = disk.clone();
        layout::record_bytes(&mut disk, newer)[byte] ^= 1 << (byte % 8);
        assert_eq!(boot(&mut disk).id(), Some(older), "byte {byte}");
    }
    let mut disk = disk.clone();
    for i in 0..LOG_RECORDS {
        layout::record_bytes(&mut disk, i)[17] ^= 1;
    }
    assert_eq!(boot(&mut disk).cold(), Some((Stage::Select, Reason::LogCorrupt)));
}

#[test]
fn a_record_of_a_newer_version_is_named_and_the_image_before_it_boots() {
    let (mut disk, _, newer) = two_images();
    put_newer_record(&mut disk, newer + 1);
    let booted = boot(&mut disk);
    assert_eq!(booted.id(), Some(newer));
    assert_eq!(booted.refused(), [(Stage::Select, Reason::NewerRecord)]);
    // An attempt was counted behind it: it is the newest no more.
    assert_eq!(boot(&mut disk).refused(), []);
    assert_eq!(layout::newest(&mut disk).unwrap().sequence, newer + 3);

    let mut disk = RamDisk::blank(SECTORS);
    put_newer_record(&mut disk, 12);
    let booted = boot(&mut disk);
    assert_eq!(booted.cold(), Some((Stage::Select, Reason::NewerRecord)));
    let id = take(&mut disk, 1).unwrap();
    assert!(id > 12);
    assert_eq!(boot(&mut disk).id(), Some(id));
    // An old one among newer records of ours is nothing to speak of.
    assert_eq!(boot(&mut disk).refused(), []);
}

#[test]
fn the_ring_wraps_round_for_ever() {
    let mut disk = RamDisk::blank(SECTORS);
    for seed in 0..3 * LOG_RECORDS {
        let id = take(&mut disk, seed).unwrap();
        let booted = boot(&mut disk);
        assert_eq!(booted.id(), Some(id));
        let sequence = layout::newest(&mut disk).unwrap().sequence;
        let mut sequences: Vec<u64> =
            layout::records(&mut disk).iter().flatten().map(|record| record.sequence).collect();
        sequences.sort();
        let oldest = (sequence + 1).saturating_sub(LOG_RECORDS).max(1);
        assert_eq!(sequences, (oldest..=sequence).collect::<Vec<_>>(), "no record is lost but the oldest");
    }
}

#[test]
fn used_up_sequence_numbers_are_an_error_and_what_is_there_still_boots() {
    let (mut disk, _, newer) = two_images();
    let mut record = layout::newest(&mut disk).unwrap();
    record.sequence = u64::MAX;
    layout::put_record(&mut disk, &record);
    let unlimited = StoreSettings { max_attempts: 0, ..SETTINGS };
    let booted = Machine::tiny(0).restarted(9).boot(&mut BlockStore::new(&mut disk, unlimited).unwrap());
    assert_eq!(booted.id(), Some(newer));
    assert_eq!(take(&mut disk, 3), Err(TakeError::Prepare(StoreError::LogExhausted)));
    assert_eq!(
        boot(&mut disk).refused(),
        [(Stage::Select, Reason::WriteFailed); 2],
        "no attempt can be counted"
    );
}

#[test]
fn an_entry_that_passes_the_device_or_its_slot_is_refused() {
    let (disk, older, newer) = two_images();
    type Change = fn(&mut SlotEntry);
    let cases: [Change; 8] = [
        |entry| entry.first = 0,
        |entry| entry.first = 63,
        |entry| entry.first = SECTORS - entry.span + 1,
        |entry| entry.first = u64::MAX,
        |entry| entry.span = u64::MAX,
        |entry| entry.span = 0,
        |entry| entry.image_len = entry.span * 512 + 1,
        |entry| entry.image_len = u64::MAX,
    ];
    for change in cases {
        let mut disk = disk.clone();
        let mut record = layout::newest(&mut disk).unwrap();
        record.sequence += 1;
        let entry = record.slots.iter_mut().flatten().find(|entry| entry.id.0 == newer).unwrap();
        change(entry);
        layout::put_record(&mut disk, &record);
        let booted = boot(&mut disk);
        assert_eq!(booted.id(), Some(older), "{record:?}");
        assert_eq!(booted.refused(), [(Stage::Select, Reason::Truncated)]);
        let id = take(&mut disk, 3).unwrap();
        assert_eq!(boot(&mut disk).id(), Some(id));
    }
}

#[test]
fn records_are_what_they_were_encoded_from_and_refuse_unknown_values() {
    let entry = SlotEntry {
        state: SlotState::Consumed,
        policy: BootPolicy::Once,
        attempts: 200,
        confirmed: true,
        id: ImageId(u64::MAX - 1),
        first: 1 << 40,
        span: 77,
        image_len: 1 << 50,
        image_crc: 0x1234_5678,
    };
    let record = Record { sequence: u64::MAX, open: false, slots: [None, Some(entry)] };
    assert_eq!(Record::decode(&record.encode()), Ok(record));
    // An image is not newer than the record that names it, and no two images have one name.
    for wrong in [Record { sequence: 9, ..record }, Record { slots: [Some(entry); 2], ..record }] {
        assert_eq!(Record::decode(&wrong.encode()), Err(RecordError::Corrupt));
    }
    // Slot 1: state, policy, confirmed; then version 0 and three slots.
    for (at, value) in [(72, 3), (72, 0), (73, 0), (73, 3), (75, 2), (8, 0), (12, 3)] {
        let mut bytes = record.encode();
        bytes[at] = value;
        let crc = crc32c(&bytes[..508]);
        bytes[508..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Record::decode(&bytes), Err(RecordError::Corrupt), "byte {at} = {value}");
    }
    assert_eq!(Record::decode(&[0; 512]), Err(RecordError::Blank));
    assert_eq!(Record::decode(&[0xff; 512]), Err(RecordError::Blank));
}

#[test]
fn a_device_that_fails_during_a_snapshot_costs_no_image() {
    let (disk, _, newer) = two_images();
    let whole = {
        let mut disk = disk.clone();
        let before = disk.counters();
        take(&mut disk, 3).unwrap();
        disk.counters().since(&before)
    };
    let cases =
        [(Operation::Read, whole.reads), (Operation::Write, whole.writes), (Operation::Flush, whole.flushes)];
    for (operation, times) in cases {
        assert!(times > 0);
        for after in 0..times {
            let mut disk = disk.clone();
            disk.fail(Fault { operation, after, effect: Effect::Error });
            let failed = take(&mut disk, 3);
            let device = StoreError::Device(DiskError::Failed);
            let expected = [Err(TakeError::Prepare(device)), Err(TakeError::Write(device))];
            // The log is read in the first eight reads, and each place once more if that fails. A record that is not written or
            // does not read back, the first and the last of all, is written in the next place.
            let retried = match operation {
                Operation::Read => after <= 8 || after + 1 == times,
                Operation::Write => after == 0 || after + 1 == times,
                _ => false,
            };
            assert_eq!(failed.is_ok(), retried, "{operation:?} {after}: {failed:?}");
            assert!(retried || expected.contains(&failed), "{operation:?} {after}: {failed:?}");
            let booted = boot(&mut disk).id();
            let expected = failed.map_or(newer, |id| id);
            assert_eq!(booted, Some(expected), "{operation:?} {after}");
            let id = take(&mut disk, 4).unwrap();
            assert_eq!(boot(&mut disk).id(), Some(id));
        }
    }
}

#[test]
fn a_discard_that_fails_is_no_error() {
    let (mut disk, ..) = two_images();
    disk.fail(Fault { operation: Operation::Discard, after: 0, effect: Effect::Error });
    let id = take(&mut disk, 3).unwrap();
    assert_eq!(boot(&mut disk).id(), Some(id));
}

#[test]
fn what_does_not_read_back_as_it_was_written_is_not_committed() {
    let (disk, _, newer) = two_images();
    let mut copy = disk.clone();
    let before = copy.counters();
    take(&mut copy, 3).unwrap();
    let writes = copy.counters().since(&before).writes;
    for after in 0..writes {
        let mut disk = disk.clone().with_seed(after);
        disk.fail(Fault { operation: Operation::Write, after, effect: Effect::FlippedBit });
        let taken = take(&mut disk, 3);
        if after == 0 || after + 1 == writes {
            // A record: it is written once more, in the next place.
            assert_eq!(boot(&mut disk).id(), Some(taken.unwrap()), "write {after}");
        } else {
            assert_eq!(taken, Err(TakeError::Write(StoreError::Verify)), "write {after}");
            assert_eq!(boot(&mut disk).id(), Some(newer));
        }
    }
}

#[test]
fn places_of_the_log_that_are_worn_out_are_passed_over() {
    let worn = |places: &[u64], effect| {
        let mut disk = RamDisk::blank(SECTORS);
        places.iter().for_each(|place| disk.wear_out(place % LOG_RECORDS * 8, effect));
        disk
    };
    for effect in [Effect::Error, Effect::FlippedBit] {
        for first in 0..LOG_RECORDS {
            // Any two of the eight: four records a turn, so three turns pass over both.
            for second in first + 1..LOG_RECORDS {
                let mut disk = worn(&[first, second], effect);
                for seed in 0..3 {
                    let id = take(&mut disk, seed).unwrap();
                    let mut store = BlockStore::new(&mut disk, SETTINGS).unwrap();
                    let booted = Machine::tiny(0).restarted(9).boot(&mut store);
                    assert_eq!(booted.id(), Some(id), "{first} and {second} worn, {effect:?}");
                    store.confirm(ImageId(id)).unwrap();
                    disk.power_cycle();
                }
            }
            // Three in a row are an end, and what boots stays.
            let mut disk = worn(&[first, first + 1, first + 2], effect);
            let mut last = None;
            let failed = (0..9).find_map(|seed| match take(&mut disk, seed) {
                Ok(id) => {
                    last = Some(id);
                    None
                }
                Err(error) => Some(error),
            });
            assert!(failed.is_some(), "{first}");
            let entered = boot(&mut disk).id();
            assert!(entered.is_none() || entered == last, "{first}: {entered:?} instead of {last:?}");
        }
    }
}

/// Makes the next record fail, in every place that is tried.
fn fail_a_record(disk: &mut RamDisk) {
    (0..3).for_each(|after| disk.fail(Fault { operation: Operation::Write, after, effect: Effect::Error }));
}

#[test]
fn an_attempt_that_cannot_be_counted_or_an_image_that_cannot_be_consumed_is_not_entered() {
    let (mut disk, older, newer) = two_images();
    fail_a_record(&mut disk);
    let booted = boot(&mut disk);
    assert_eq!(booted.id(), Some(older));
    assert_eq!(booted.refused(), [(Stage::Select, Reason::WriteFailed)]);
    assert_eq!(boot(&mut disk).id(), Some(newer));

    let uncounted = StoreSettings { max_attempts: 0, ..SETTINGS };
    let mut disk = RamDisk::blank(SECTORS);
    let _ = Machine::tiny(1).once().take(&mut BlockStore::new(&mut disk, uncounted).unwrap()).unwrap();
    fail_a_record(&mut disk);
    let mut machine = Machine::tiny(0).restarted(9);
    let booted = machine.boot(&mut BlockStore::new(&mut disk, uncounted).unwrap());
    assert_eq!(booted.cold(), Some((Stage::Cpu, Reason::WriteFailed)));
    assert_eq!(machine.cpu, Default::default(), "not entered");
}

#[test]
fn a_device_that_cannot_be_read_is_told_apart_from_an_empty_one() {
    let (mut disk, ..) = two_images();
    let fail = |disk: &mut RamDisk, reads: core::ops::Range<u64>| {
        reads.for_each(|after| disk.fail(Fault { operation: Operation::Read, after, effect: Effect::Error }));
    };
    // Each place of the log is tried twice.
    fail(&mut disk, 0..16);
    assert_eq!(boot(&mut disk).cold(), Some((Stage::Select, Reason::MediumError)));
    // From the 9th read on it is the image that cannot be read.
    disk.fail(Fault { operation: Operation::Read, after: 8, effect: Effect::Error });
    assert_eq!(boot(&mut disk).refused(), [(Stage::Header, Reason::ReadFailed)]);
}

#[test]
fn a_place_of_the_log_that_cannot_be_read_is_written_again_and_boots_no_once_image() {
    let unreadable = |disk: &mut RamDisk, place: u64| {
        for after in [place, place + 1] {
            disk.fail(Fault { operation: Operation::Read, after, effect: Effect::Error });
        }
    };
    let (disk, _, newer) = two_images();
    for place in 0..8 {
        let mut disk = disk.clone();
        unreadable(&mut disk, place);
        // Nothing hidden can make an image wrong that boots any number of times.
        let came_back = boot(&mut disk).id();
        assert!(came_back.is_some(), "place {place}");
        disk.power_cycle();
        unreadable(&mut disk, place);
        let id = take(&mut disk, 4).unwrap();
        assert!(id > newer);
        assert_eq!(boot(&mut disk).id(), Some(id));
    }
    let mut disk = RamDisk::blank(SECTORS);
    let _ = Machine::tiny(1).once().take(&mut BlockStore::new(&mut disk, SETTINGS).unwrap()).unwrap();
    unreadable(&mut disk, 5);
    assert_eq!(boot(&mut disk).cold(), Some((Stage::Select, Reason::MediumError)));
}

#[test]
fn a_record_is_never_written_over_the_newest_one() {
    // Newer software wrote seven records; then the old one came back.
    let (mut disk, ..) = two_images();
    let newest = layout::newest(&mut disk).unwrap().sequence;
    for sequence in newest + 1..newest + 8 {
        put_newer_record(&mut disk, sequence);
    }
    let settings = StoreSettings { max_attempts: 3, ..SETTINGS };
    let mut cut = disk.clone();
    cut.cut(Cut { after: 0, bytes: 100, beyond: Beyond::Noise });
    assert!(
        Machine::tiny(0).restarted(9).boot(&mut BlockStore::new(&mut cut, settings).unwrap()).id().is_none()
    );
    cut.power_cycle();
    assert!(boot(&mut cut).id().is_some());
}

#[test]
fn the_hooks_of_the_store_refuse_what_no_engine_asks() {
    use oal_snapshot::hooks::{PrepareSnapshot, ReadSnapshot, WriteSnapshot};
    let (mut disk, _, newer) = two_images();
    let mut store = BlockStore::new(&mut disk, SETTINGS).unwrap();
    let page = [7; 4096];
    assert_eq!(store.write_snapshot(&page, 0), Err(StoreError::OutOfSequence), "nothing prepared");
    assert_eq!(store.finish_snapshot(&mut [0; 4096]), Err(StoreError::OutOfSequence));
    assert!(matches!(store.prepare_snapshot(0, BootPolicy::Always), Err(StoreError::DoesNotFit { .. })));
    store.prepare_snapshot(8192, BootPolicy::Always).unwrap();
    assert_eq!(store.write_snapshot(&page, 4096), Err(StoreError::OutOfSequence), "a gap");
    assert_eq!(store.write_snapshot(&page[..512], 0), Err(StoreError::OutOfSequence), "no whole page");
    store.write_snapshot(&page, 0).unwrap();
    assert_eq!(store.write_snapshot(&page, 0), Err(StoreError::OutOfSequence), "twice");
    store.write_snapshot(&page, 4096).unwrap();
    assert_eq!(store.write_snapshot(&page, 8192), Err(StoreError::OutOfSequence), "more than prepared");
    assert_eq!(store.finish_snapshot(&mut [0; 100]), Err(StoreError::OutOfSequence), "no room to read back");

    store.prepare_snapshot(8192, BootPolicy::Always).unwrap();
    store.write_snapshot(&page, 0).unwrap();
    assert_eq!(store.finish_snapshot(&mut [0; 4096]), Err(StoreError::OutOfSequence), "too little written");

    let mut page = [0; 4096];
    let len = store.record().unwrap().slots.iter().flatten().map(|entry| entry.image_len).max().unwrap();
    for offset in [1, len, u64::MAX - 4095] {
        assert_eq!(store.read_snapshot(ImageId(newer), &mut page, offset), Err(StoreError::OutOfRange));
    }
    assert_eq!(store.read_snapshot(ImageId(999), &mut page, 0), Err(StoreError::NoSuchImage));
    assert_eq!(store.count_attempt(ImageId(999)), Err(StoreError::NoSuchImage));
    assert_eq!(store.confirm(ImageId(999)), Err(StoreError::NoSuchImage));
}
