//! What every error says, compared with `tests/error_sentences.txt`: whoever changes a sentence reads all of
//! them. `UPDATE_EXPECT=1 cargo test -p oal-snapshot --test error_sentences` writes the file anew.

use core::error::Error;
use std::fmt::{self, Display, Write as _};
use std::fs;

use oal_snapshot::frame::RegionError;
use oal_snapshot::hooks::CorruptStream;
use oal_snapshot::image::ImageId;
use oal_snapshot::memory_map::MapError;
use oal_snapshot::power::DriverFailed;
use oal_snapshot::refusal::{ColdBoot, Reason, Refusal, Stage};
use oal_snapshot::state::SnapshotState;
use oal_snapshot::store::{GeometryError, PartitionError, RecordError, StoreError, WindowError};
use oal_snapshot::system::SuspendFailed;
use oal_snapshot::take::TakeError;

/// An error of a store or a device.
#[derive(Clone, Copy, Debug)]
struct Full;

impl Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its own words")
    }
}

impl Error for Full {}

const TAKE: [TakeError<Full>; 11] = [
    TakeError::WrongState(SnapshotState::Pass2),
    TakeError::Suspend { pass: 1, failed: SuspendFailed { who: "uart" } },
    TakeError::Regions(MapError::Oem(1, RegionError::Unaligned)),
    TakeError::Regions(MapError::TooMany),
    TakeError::Unreachable,
    TakeError::StagingNotFree,
    TakeError::TooManyExtents,
    TakeError::TooManyChunks,
    TakeError::MemoryChanged,
    TakeError::Prepare(Full),
    TakeError::Write(Full),
];

const STORE: [StoreError<Full>; 9] = [
    StoreError::DoesNotFit { needed: 8192, slot: 4096, single: 12288 },
    StoreError::Device(Full),
    StoreError::Verify,
    StoreError::OutOfSequence,
    StoreError::NoSuchImage,
    StoreError::OutOfRange,
    StoreError::LogExhausted,
    StoreError::Uncorrectable,
    StoreError::TooManyBadBlocks,
];

const MAPS: [MapError; 9] = [
    MapError::Ram(0, RegionError::Empty),
    MapError::Ram(0, RegionError::Unaligned),
    MapError::Ram(0, RegionError::TooLarge),
    MapError::RamOverlaps(0, 1),
    MapError::Oem(2, RegionError::Empty),
    MapError::OemOverlaps(0, 1),
    MapError::OemInRam(1, 0),
    MapError::Nosave(3, RegionError::Empty),
    MapError::TooMany,
];

/// The error as one line.
fn line(text: &mut String, error: &dyn Error) {
    writeln!(text, "{error}").unwrap();
}

fn all() -> String {
    let mut text = String::new();
    for reason in Reason::ALL {
        writeln!(text, "{}: {reason}; {}", reason.name(), reason.remedy()).unwrap();
    }
    for stage in Stage::ALL {
        line(&mut text, &ColdBoot { stage: *stage, reason: Reason::BadCrc });
    }
    for (id, slot) in [(None, None), (Some(ImageId(7)), None), (Some(ImageId(7)), Some(1))] {
        line(&mut text, &Refusal { id, slot, stage: Stage::Select, reason: Reason::Consumed, at: 0 });
    }
    for (at, reason) in [(4096, Reason::BadCrc), (81920, Reason::ReadFailed)] {
        let (id, slot) = (Some(ImageId(7)), Some(0));
        line(&mut text, &Refusal { id, slot, stage: Stage::Chunk, reason, at });
    }
    TAKE.iter().for_each(|error| line(&mut text, error));
    STORE.iter().for_each(|error| line(&mut text, error));
    MAPS.iter().for_each(|error| line(&mut text, error));
    line(&mut text, &GeometryError::TooSmall { has: 1, needed: 9 });
    for error in [RegionError::Empty, RegionError::Unaligned, RegionError::TooLarge] {
        line(&mut text, &error);
    }
    for error in [
        PartitionError::Device(Full),
        PartitionError::Blank,
        PartitionError::NoTable,
        PartitionError::NotFound,
    ] {
        line(&mut text, &error);
    }
    line(&mut text, &WindowError::<Full>::OutOfRange);
    line(&mut text, &WindowError::Device(Full));
    for error in [RecordError::Blank, RecordError::Newer { sequence: 9 }, RecordError::Corrupt] {
        line(&mut text, &error);
    }
    line(&mut text, &DriverFailed);
    line(&mut text, &CorruptStream);
    text
}

#[test]
fn every_error_says_what_it_should() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/error_sentences.txt");
    let text = all();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, &text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(path).unwrap());
}

#[test]
fn no_two_reasons_share_a_sentence() {
    for (at, reason) in Reason::ALL.iter().enumerate() {
        let same = Reason::ALL[..at].iter().find(|other| other.sentence() == reason.sentence());
        assert_eq!(same, None, "{}", reason.name());
    }
}
