//! A refusal names the place in the image, and the observer gets what the medium failed with.

use core::fmt::Debug;

use oal_sim::{Effect, Fault, Image, Machine, Operation, RamDisk, Shelf};
use oal_snapshot::codec::Lz4;
use oal_snapshot::image::Contents;
use oal_snapshot::progress::{Observer, Progress};
use oal_snapshot::refusal::{Reason, Refusal, Stage};
use oal_snapshot::store::{BlockStore, Slots, StoreSettings};

/// Nothing is written to the log at a boot, so that the reads are those of the image.
const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };

/// Keeps what it observes.
#[derive(Default)]
struct Witness {
    failures: Vec<String>,
    refusals: Vec<Refusal>,
}

impl Observer for Witness {
    fn observe(&mut self, progress: Progress) {
        if let Progress::Refused(refusal) = progress {
            assert!(
                refusal.reason != Reason::ReadFailed || !self.failures.is_empty(),
                "the error comes first"
            );
            self.refusals.push(refusal);
        }
    }

    fn medium_failed(&mut self, error: &dyn Debug) {
        self.failures.push(format!("{error:?}"));
    }
}

#[test]
fn a_refusal_names_the_part_or_the_chunk_that_is_wrong() {
    let mut shelf = Shelf::default();
    let _ = Machine::sample(1).take(&mut shelf).unwrap();
    let image = Image::parse(&shelf.image).unwrap();
    let header = &image.header;
    let contents = Contents { header, extents: &image.extents, index: &image.index };
    let mut places = vec![
        (Stage::Header, 0),
        (Stage::Context, header.context.offset),
        (Stage::Map, header.map.offset),
        (Stage::Index, header.index.offset),
    ];
    places.extend(contents.chunks().map(|chunk| (Stage::Chunk, chunk.offset)));
    assert!(places.len() > 6, "several chunks");
    for (stage, at) in places {
        let mut bytes = shelf.image.clone();
        bytes[at as usize + 9] ^= 1;
        let mut machine = Machine::sample(0).restarted(5);
        let booted = machine.boot(&mut Shelf::with_image(bytes, header.id.0));
        let refused = &booted.report.refused[0];
        assert_eq!((refused.stage, refused.at), (stage, at), "{refused}");
    }
}

#[test]
fn what_the_medium_failed_with_is_told_before_the_refusal_with_its_place() {
    let mut disk = RamDisk::blank(64 + 2 * 40 * 8);
    let _ = Machine::tiny(1).take(&mut BlockStore::new(&mut disk, SETTINGS).unwrap()).unwrap();
    let mut places = Vec::new();
    // The log is read in eight reads; then come the header, the parts and the chunks.
    for after in 8.. {
        let mut disk = disk.clone();
        disk.fail(Fault { operation: Operation::Read, after, effect: Effect::Error });
        let mut witness = Witness::default();
        let mut store = BlockStore::new(&mut disk, SETTINGS).unwrap();
        let booted =
            Machine::tiny(0).restarted(9).boot_with::<64, 16, _, _, _>(&Lz4::new(), &mut store, &mut witness);
        if booted.id().is_some() {
            break;
        }
        let [refusal] = &witness.refusals[..] else { panic!("{:?}", witness.refusals) };
        assert_eq!(refusal.reason, Reason::ReadFailed);
        assert_eq!(witness.failures.len(), 1);
        assert!(witness.failures[0].starts_with("Device("), "{:?}", witness.failures);
        places.push((refusal.stage, refusal.at));
    }
    let stages: Vec<Stage> = places.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(stages[..4], [Stage::Header, Stage::Context, Stage::Map, Stage::Index]);
    assert!(stages[4..].iter().all(|stage| *stage == Stage::Chunk) && stages.len() > 4);
    assert!(places.windows(2).all(|pair| pair[0].1 < pair[1].1), "each further on: {places:?}");
}
