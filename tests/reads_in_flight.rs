//! A medium that reads by itself has the next read in flight while chunks are checked and decoded; saved
//! memory comes back all the same, a failure in flight is one of the medium, and nothing is in flight when an
//! image is entered.

use std::rc::Rc;

use oal_sim::machine::{Booted, region};
use oal_sim::{DmaDisk, Effect, FakeSystem, Fault, Flights, Machine, Operation, RamDisk};
use oal_snapshot::codec::Lz4;
use oal_snapshot::progress::{Observer, Progress};
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::{BlockDevice, BlockStore, Slots, StoreSettings};

/// Saved memory of so many pages: text, noise and zeroes.
fn machine(seed: u64, pages: u32) -> Machine {
    let mut machine =
        Machine::new(FakeSystem { ram: [region(0x200, pages)].into(), ..FakeSystem::default() });
    machine.fill(seed);
    machine
}

/// Any number of boots without a word that they went well.
const SETTINGS: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };
/// Saved pages that is booted often.
const FEW: u32 = 110;

/// Takes a snapshot, with a workspace for forty chunks.
fn take(machine: &Machine, disk: &mut RamDisk) {
    let store = &mut BlockStore::new(disk, SETTINGS).unwrap();
    let _ = machine.clone().take_with::<512, 40, _, _, _>(&mut Lz4::new(), store, &mut ()).unwrap();
}

/// Whether a read was in flight at each chunk that was loaded.
struct Watcher {
    flights: Rc<Flights>,
    chunks: Vec<bool>,
    entered: bool,
}

impl Observer for Watcher {
    fn observe(&mut self, progress: Progress) {
        match progress {
            Progress::Load { .. } => self.chunks.push(self.flights.on_its_way()),
            Progress::Loaded => {
                assert!(!self.flights.on_its_way(), "a read is in flight while the image is entered");
                self.entered = true;
            }
            _ => assert!(!self.flights.on_its_way(), "a read is in flight at {progress:?}"),
        }
    }
}

/// Boots on a machine full of noise.
fn boot<D: BlockDevice>(of: &Machine, disk: DmaDisk<D>) -> (Machine, Booted, Watcher) {
    let mut machine = of.restarted(7);
    let mut watcher = Watcher { flights: disk.flights(), chunks: Vec::new(), entered: false };
    let mut store = BlockStore::new(disk, SETTINGS).unwrap();
    let booted = machine.boot_with::<512, 40, _, _, _>(&Lz4::new(), &mut store, &mut watcher);
    assert!(!watcher.flights.on_its_way(), "a read is in flight after the boot");
    assert_eq!(watcher.entered, booted.id().is_some());
    (machine, booted, watcher)
}

#[test]
fn chunks_are_loaded_while_the_next_read_is_in_flight_and_every_byte_comes_back() {
    for seed in 0..2 {
        let taken = machine(seed, 600);
        let mut disk = RamDisk::blank(64 + 2 * 8 * 700);
        take(&taken, &mut disk);
        let (restored, booted, watcher) = boot(&taken, DmaDisk::new(&mut disk));
        assert!(booted.id().is_some() && restored.is_as(&taken), "{booted:?}");
        // The pages of zeroes come last, and what is in the buffer when all is read.
        let chunks = watcher.chunks;
        let in_flight = chunks.iter().take_while(|in_flight| **in_flight).count();
        assert!(chunks[in_flight..].iter().all(|in_flight| !in_flight), "{chunks:?}");
        assert!(in_flight as u64 >= watcher.flights.count() && watcher.flights.count() >= 10, "{in_flight}");
        let data = chunks.len() - zero_extents(&taken);
        assert!(data - in_flight <= 4, "of {data} chunks only {in_flight} were loaded with a read in flight");
    }
}

/// Runs of pages of zeroes: each is cleared in one step.
fn zero_extents(machine: &Machine) -> usize {
    let zero: Vec<bool> =
        machine.ram.frames().map(|frame| machine.ram.page(frame).iter().all(|byte| *byte == 0)).collect();
    zero.chunk_by(|a, b| a == b).filter(|run| run[0]).count()
}

#[test]
fn as_many_bytes_are_read_as_by_a_medium_that_blocks() {
    let taken = machine(9, 300);
    let mut disk = RamDisk::blank(64 + 2 * 8 * 400);
    take(&taken, &mut disk);
    let (mut blocking, mut background) = (disk.clone(), disk);
    let mut other = taken.restarted(7);
    let before = (blocking.counters(), background.counters());
    other.boot_with::<512, 40, _, _, _>(
        &Lz4::new(),
        &mut BlockStore::new(&mut blocking, SETTINGS).unwrap(),
        &mut (),
    );
    boot(&taken, DmaDisk::new(&mut background));
    assert_eq!(
        blocking.counters().since(&before.0).sectors_read,
        background.counters().since(&before.1).sectors_read
    );
}

#[test]
fn a_read_that_fails_in_flight_boots_the_older_image_and_the_newest_comes_back_with_the_medium() {
    let (old, new) = (machine(1, FEW), machine(2, FEW));
    let mut disk = RamDisk::blank(64 + 2 * 8 * 200);
    take(&old, &mut disk);
    take(&new, &mut disk);
    let (mut good, mut refused) = (0, 0);
    for after in 0.. {
        for early in [false, true] {
            let mut disk = disk.clone();
            disk.fail(Fault { operation: Operation::Read, after, effect: Effect::Error });
            let dma = DmaDisk::new(&mut disk);
            let (machine, booted, _) = boot(&new, if early { dma.failing_early() } else { dma });
            match booted.refused().as_slice() {
                [] => {
                    good += 1;
                    assert!(machine.is_as(&new) || booted.cold().is_some(), "{booted:?}");
                }
                refusals => {
                    refused += 1;
                    assert!(refusals.iter().all(|(_, reason)| *reason == Reason::ReadFailed), "{refusals:?}");
                    assert!(machine.is_as(&old), "after {after} reads: {booted:?}");
                }
            }
            disk.reset();
            let (machine, booted, _) = boot(&new, DmaDisk::new(&mut disk));
            assert!(booted.id().is_some() && machine.is_as(&new), "{booted:?}");
        }
        // The reads of the log, and then boots in which no read was the one to fail.
        if good > 26 {
            break;
        }
    }
    assert!(refused > 10, "only {refused} reads failed while an image was loaded");
}

#[test]
fn a_chunk_that_is_wrong_is_told_although_the_read_behind_it_failed() {
    let (old, new) = (machine(1, FEW), machine(2, FEW));
    let mut disk = RamDisk::blank(64 + 2 * 8 * 200);
    take(&old, &mut disk);
    take(&new, &mut disk);
    let mut wrong = 0;
    for after in 8..24 {
        let mut disk = disk.clone();
        disk.fail(Fault { operation: Operation::Read, after, effect: Effect::FlippedBit });
        disk.fail(Fault { operation: Operation::Read, after: after + 1, effect: Effect::Error });
        let (machine, booted, _) = boot(&new, DmaDisk::new(&mut disk));
        assert!(machine.is_as(&old) || machine.is_as(&new) || booted.cold().is_some(), "{booted:?}");
        wrong += usize::from(booted.refused().contains(&(Stage::Chunk, Reason::BadCrc)));
    }
    assert!(wrong > 0);
}

#[test]
fn power_that_goes_while_a_read_is_in_flight_loses_nothing() {
    let (old, new) = (machine(3, FEW), machine(4, FEW));
    let mut disk = RamDisk::blank(64 + 2 * 8 * 200).with_cache();
    take(&old, &mut disk);
    take(&new, &mut disk);
    disk.power_cycle();
    for operations in 0.. {
        let mut disk = disk.clone().with_seed(operations);
        disk.cut_between(operations);
        let (machine, booted, _) = boot(&new, DmaDisk::new(&mut disk));
        let cut = disk.is_off();
        assert!(booted.id().is_none() || machine.is_as(&new), "{booted:?}");
        disk.power_cycle();
        let (machine, booted, _) = boot(&new, DmaDisk::new(&mut disk));
        assert!(booted.id().is_some() && machine.is_as(&new), "{booted:?}");
        if !cut {
            assert!(operations > 14, "only {operations} places for a cut");
            break;
        }
    }
}
