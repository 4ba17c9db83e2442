//! Which image boots, how often, and what it costs the medium: slots, `Always` and `Once`, attempts,
//! confirmation.

use oal_sim::{Booted, FakeRegister, Machine, RamDisk, layout};
use oal_snapshot::hooks::SelectSnapshot;
use oal_snapshot::image::Header;
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::{BlockStore, GeometryError, SlotState, Slots, Store, StoreError, StoreSettings};
use oal_snapshot::take::{TakeError, Timeline};

const SECTORS: u64 = 64 + 2 * 12 * 8;

const UNCOUNTED: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };

fn attempts(max_attempts: u8) -> StoreSettings {
    StoreSettings { max_attempts, ..UNCOUNTED }
}

/// Takes the tiny machine of `seed`, and gives the image's name.
fn take(disk: &mut RamDisk, settings: StoreSettings, seed: u64) -> u64 {
    take_of(Machine::tiny(seed), disk, settings)
}

/// The same with an image that may be booted once.
fn take_once(disk: &mut RamDisk, settings: StoreSettings, seed: u64) -> u64 {
    take_of(Machine::tiny(seed).once(), disk, settings)
}

fn take_of(mut machine: Machine, disk: &mut RamDisk, settings: StoreSettings) -> u64 {
    match machine.take(&mut BlockStore::new(disk, settings).unwrap()) {
        Ok(Timeline::Live(report)) => report.id.0,
        other => panic!("{other:?}"),
    }
}

/// Boots a machine full of noise.
fn boot(disk: &mut RamDisk, settings: StoreSettings) -> Booted {
    Machine::tiny(0).restarted(9).boot(&mut BlockStore::new(disk, settings).unwrap())
}

/// Boots, and says which of the machines came back.
fn seed_of_boot(disk: &mut RamDisk, settings: StoreSettings) -> Option<u64> {
    let mut machine = Machine::tiny(0).restarted(9);
    machine.boot(&mut BlockStore::new(disk, settings).unwrap()).id()?;
    (0..40).find(|seed| machine.is_as(&Machine::tiny(*seed)))
}

/// Flips a bit of the image's first chunk, or flips it back.
fn flip_a_chunk(disk: &mut RamDisk, id: u64) {
    let image = layout::image_mut(disk, id);
    let header = Header::decode(image.first_chunk().unwrap()).unwrap();
    image[header.chunks_offset as usize] ^= 0x10;
}

fn cold(reason: Reason) -> Option<(Stage, Reason)> {
    Some((Stage::Select, reason))
}

#[test]
fn two_slots_take_turns_and_the_newest_image_boots() {
    let mut disk = RamDisk::blank(SECTORS);
    let mut slots = Vec::new();
    for seed in 1..8 {
        let id = take(&mut disk, UNCOUNTED, seed);
        let booted = boot(&mut disk, UNCOUNTED);
        assert_eq!(booted.id(), Some(id));
        slots.push(booted.report.booted.unwrap().slot);
        assert_eq!(seed_of_boot(&mut disk, UNCOUNTED), Some(seed));
        let kept = layout::newest(&mut disk).unwrap().slots.iter().flatten().count();
        assert_eq!(kept, if seed == 1 { 1 } else { 2 }, "the one before is kept");
    }
    assert_eq!(slots, [0, 1, 0, 1, 0, 1, 0]);
}

#[test]
fn one_slot_holds_one_image_of_twice_the_size() {
    let one = StoreSettings { slots: Slots::One, ..UNCOUNTED };
    // Two slots of 6 pages: too small for an image of 8.
    let mut disk = RamDisk::blank(64 + 2 * 6 * 8);
    let mut machine = Machine::tiny(1);
    machine.ram.fill_noise(2);
    let before = disk.bytes().to_vec();
    let refused = machine.take(&mut BlockStore::new(&mut disk, UNCOUNTED).unwrap());
    let error = StoreError::DoesNotFit { needed: 11 * 4096, slot: 6 * 4096, single: 12 * 4096 };
    assert_eq!(refused, Err(TakeError::Prepare(error)), "the store says that one slot would do");
    assert!(disk.bytes() == before, "nothing on the medium was changed");

    for seed in [3, 4, 5] {
        machine.ram.fill_noise(seed);
        let _ = machine.take(&mut BlockStore::new(&mut disk, one).unwrap()).unwrap();
        let mut other = machine.restarted(9);
        let booted = other.boot(&mut BlockStore::new(&mut disk, one).unwrap());
        assert_eq!(booted.report.booted.unwrap().slot, 0);
        assert!(other.is_as(&machine));
    }
}

#[test]
fn an_image_that_does_not_fit_is_an_error_before_anything_changes() {
    let mut disk = RamDisk::blank(64 + 2 * 10 * 8);
    take(&mut disk, UNCOUNTED, 1);
    let (bytes, counters) = (disk.bytes().to_vec(), disk.counters());
    let mut large = Machine::sample(2);
    for slots in [Slots::Two, Slots::One] {
        let taken =
            large.take(&mut BlockStore::new(&mut disk, StoreSettings { slots, ..UNCOUNTED }).unwrap());
        assert!(matches!(taken, Err(TakeError::Prepare(StoreError::DoesNotFit { .. }))), "{taken:?}");
    }
    assert!(disk.bytes() == bytes);
    assert_eq!(disk.counters(), counters, "the medium was not even asked");
    assert_eq!(seed_of_boot(&mut disk, UNCOUNTED), Some(1));
}

#[test]
fn a_medium_too_small_for_the_log_and_a_page_is_no_store() {
    for sectors in [0, 1, 63, 64, 71] {
        let refused = BlockStore::new(&mut RamDisk::blank(sectors), UNCOUNTED).err();
        assert_eq!(refused, Some(GeometryError::TooSmall { has: sectors, needed: 72 }));
    }
    // One page: no room for two slots, and for one image too little.
    let mut disk = RamDisk::blank(72);
    let taken = Machine::tiny(1).take(&mut BlockStore::new(&mut disk, UNCOUNTED).unwrap());
    let Err(TakeError::Prepare(StoreError::DoesNotFit { slot: 0, single: 4096, .. })) = taken else {
        panic!("{taken:?}");
    };
    assert_eq!(boot(&mut disk, UNCOUNTED).cold(), cold(Reason::NoImage));
}

#[test]
fn an_always_image_boots_any_number_of_times_without_a_write() {
    let mut disk = RamDisk::blank(SECTORS);
    let id = take(&mut disk, UNCOUNTED, 1);
    let before = disk.counters().changes();
    for _ in 0..20 {
        assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(id));
    }
    assert_eq!(disk.counters().changes(), before);
}

#[test]
fn a_once_image_boots_once() {
    let mut disk = RamDisk::blank(SECTORS);
    let id = take_once(&mut disk, UNCOUNTED, 1);
    assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(id));
    assert_eq!(layout::entry(&mut disk, id).unwrap().state, SlotState::Consumed);
    for _ in 0..3 {
        let booted = boot(&mut disk, UNCOUNTED);
        assert_eq!(booted.cold(), cold(Reason::Consumed));
        assert_eq!(booted.refused(), [(Stage::Select, Reason::Consumed)]);
    }
    let id = take_once(&mut disk, UNCOUNTED, 2);
    assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(id));
}

#[test]
fn an_older_once_image_is_used_up_with_the_newer_one() {
    let mut disk = RamDisk::blank(SECTORS);
    let older = take_once(&mut disk, UNCOUNTED, 1);
    let newer = take_once(&mut disk, UNCOUNTED, 2);
    assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(newer));
    assert_eq!(layout::entry(&mut disk, older).unwrap().state, SlotState::Consumed);
    assert_eq!(boot(&mut disk, UNCOUNTED).cold(), cold(Reason::Consumed));
}

#[test]
fn behind_a_consumed_image_an_always_image_boots() {
    let mut disk = RamDisk::blank(SECTORS);
    let always = take(&mut disk, UNCOUNTED, 1);
    let once = take_once(&mut disk, UNCOUNTED, 2);
    assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(once));
    for _ in 0..3 {
        let booted = boot(&mut disk, UNCOUNTED);
        assert_eq!(booted.id(), Some(always));
        assert_eq!(booted.refused(), [(Stage::Select, Reason::Consumed)]);
    }
    // The slot of the consumed image is the one to write next.
    take(&mut disk, UNCOUNTED, 3);
    assert!(layout::entry(&mut disk, always).is_some() && layout::entry(&mut disk, once).is_none());
}

#[test]
fn a_once_image_that_was_passed_over_never_boots_later() {
    // What runs instead changes the world that the image remembers: the older image...
    let mut disk = RamDisk::blank(SECTORS);
    let always = take(&mut disk, UNCOUNTED, 1);
    let once = take_once(&mut disk, UNCOUNTED, 2);
    flip_a_chunk(&mut disk, once);
    let booted = boot(&mut disk, UNCOUNTED);
    assert_eq!((booted.id(), booted.refused()), (Some(always), vec![(Stage::Chunk, Reason::BadCrc)]));
    flip_a_chunk(&mut disk, once);
    let booted = boot(&mut disk, UNCOUNTED);
    assert_eq!((booted.id(), booted.refused()), (Some(always), vec![(Stage::Select, Reason::Consumed)]));

    // ...a newer one...
    let mut disk = RamDisk::blank(SECTORS);
    let once = take_once(&mut disk, UNCOUNTED, 1);
    let always = take(&mut disk, UNCOUNTED, 2);
    assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(always));
    assert_eq!(layout::entry(&mut disk, once).unwrap().state, SlotState::Consumed);

    // ...or a cold boot.
    let mut disk = RamDisk::blank(SECTORS);
    let once = take_once(&mut disk, UNCOUNTED, 1);
    flip_a_chunk(&mut disk, once);
    assert_eq!(boot(&mut disk, UNCOUNTED).cold(), Some((Stage::Chunk, Reason::BadCrc)));
    flip_a_chunk(&mut disk, once);
    assert_eq!(boot(&mut disk, UNCOUNTED).cold(), cold(Reason::Consumed));
}

#[test]
fn an_image_that_was_refused_is_overwritten_before_one_that_booted() {
    let mut disk = RamDisk::blank(SECTORS);
    let older = take(&mut disk, UNCOUNTED, 1);
    let newer = take(&mut disk, UNCOUNTED, 2);
    flip_a_chunk(&mut disk, newer);
    let mut store = BlockStore::new(&mut disk, UNCOUNTED).unwrap();
    let mut machine = Machine::tiny(0).restarted(9);
    assert_eq!(machine.boot(&mut store).id(), Some(older));
    let Ok(Timeline::Live(report)) = machine.take(&mut store) else { panic!("no snapshot") };
    let third = report.id.0;
    assert!(layout::entry(&mut disk, newer).is_none());
    assert!(layout::entry(&mut disk, older).is_some() && layout::entry(&mut disk, third).is_some());
}

#[test]
fn unconfirmed_attempts_are_counted_and_then_the_older_image_boots_and_then_none() {
    let mut disk = RamDisk::blank(SECTORS);
    let settings = attempts(3);
    let older = take(&mut disk, settings, 1);
    let newer = take(&mut disk, settings, 2);
    for (id, counts) in [(newer, [1, 2, 3]), (older, [1, 2, 3])] {
        for count in counts {
            let booted = boot(&mut disk, settings);
            assert_eq!((booted.id(), booted.report.attempt), (Some(id), count));
            let refused: &[_] = if id == newer { &[] } else { &[(Stage::Select, Reason::AttemptsExhausted)] };
            assert_eq!(booted.refused(), refused);
        }
    }
    for _ in 0..2 {
        let booted = boot(&mut disk, settings);
        assert_eq!(booted.cold(), cold(Reason::AttemptsExhausted));
        assert_eq!(booted.refused().len(), 2);
    }
    // A new snapshot replaces the oldest of the two, and boots.
    let third = take(&mut disk, settings, 3);
    assert_eq!(boot(&mut disk, settings).id(), Some(third));
    assert!(layout::entry(&mut disk, older).is_none());
}

#[test]
fn a_confirmed_boot_starts_the_count_again() {
    let mut disk = RamDisk::blank(SECTORS);
    let settings = attempts(2);
    let id = take(&mut disk, settings, 1);
    for _ in 0..10 {
        let booted = boot(&mut disk, settings);
        assert_eq!((booted.id(), booted.report.attempt), (Some(id), 1));
        BlockStore::new(&mut disk, settings).unwrap().confirm(ImageId(id)).unwrap();
        let entry = layout::entry(&mut disk, id).unwrap();
        assert_eq!((entry.attempts, entry.confirmed), (0, true));
    }
    boot(&mut disk, settings);
    boot(&mut disk, settings);
    assert_eq!(boot(&mut disk, settings).cold(), cold(Reason::AttemptsExhausted));
    let nobody = ImageId(id + 1);
    assert_eq!(BlockStore::new(&mut disk, settings).unwrap().confirm(nobody), Err(StoreError::NoSuchImage));
}

#[test]
fn an_exhausted_image_is_replaced_before_a_good_older_one() {
    let mut disk = RamDisk::blank(SECTORS);
    let settings = attempts(1);
    let older = take(&mut disk, settings, 1);
    let newer = take(&mut disk, settings, 2);
    assert_eq!(boot(&mut disk, settings).id(), Some(newer));
    take(&mut disk, settings, 3);
    assert!(layout::entry(&mut disk, older).is_some() && layout::entry(&mut disk, newer).is_none());
}

#[test]
fn an_attempt_register_saves_the_medium_every_write_at_a_boot() {
    let mut disk = RamDisk::blank(SECTORS);
    let settings = attempts(2);
    let older = take(&mut disk, settings, 1);
    let newer = take(&mut disk, settings, 2);
    let register = FakeRegister::default();
    let boot = |disk: &mut RamDisk| {
        let mut store = BlockStore::with_register(disk, settings, register.clone()).unwrap();
        let booted = Machine::tiny(0).restarted(9).boot(&mut store);
        (booted.id(), booted.report.attempt)
    };
    let before = disk.counters().changes();
    for attempt in [1, 2] {
        assert_eq!(boot(&mut disk), (Some(newer), attempt));
    }
    assert_eq!(disk.counters().changes(), before);

    // A fallback is rare, and worth a record: the register counts for one image only.
    for attempt in [1, 2] {
        assert_eq!(boot(&mut disk), (Some(older), attempt));
    }
    assert!(disk.counters().changes() - before <= 1);
    for _ in 0..3 {
        assert_eq!(boot(&mut disk), (None, 0), "never round and round between two images that fail");
    }

    BlockStore::with_register(&mut disk, settings, register.clone())
        .unwrap()
        .confirm(ImageId(newer))
        .unwrap();
    let before = disk.counters().changes();
    assert_eq!(boot(&mut disk), (Some(newer), 1));
    BlockStore::with_register(&mut disk, settings, register.clone())
        .unwrap()
        .confirm(ImageId(newer))
        .unwrap();
    assert_eq!(boot(&mut disk), (Some(newer), 1));
    assert_eq!(disk.counters().changes(), before, "confirmed once, confirmed for good");
}

#[test]
fn invalidated_images_are_gone() {
    let mut disk = RamDisk::blank(SECTORS);
    take(&mut disk, UNCOUNTED, 1);
    take(&mut disk, UNCOUNTED, 2);
    BlockStore::new(&mut disk, UNCOUNTED).unwrap().invalidate().unwrap();
    assert_eq!(boot(&mut disk, UNCOUNTED).cold(), cold(Reason::NoImage));
    let id = take(&mut disk, UNCOUNTED, 3);
    assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(id));
}

#[test]
fn the_number_of_slots_can_change_between_snapshots() {
    let one = StoreSettings { slots: Slots::One, ..UNCOUNTED };
    let mut disk = RamDisk::blank(SECTORS);
    for (settings, seed, kept) in [
        (UNCOUNTED, 1, 1),
        (UNCOUNTED, 2, 2),
        (one, 3, 1),
        (one, 4, 1),
        // The image of the one slot is small enough to lie in the first of two: it is kept.
        (UNCOUNTED, 5, 2),
        (UNCOUNTED, 6, 2),
        (UNCOUNTED, 7, 2),
        (one, 8, 1),
    ] {
        let id = take(&mut disk, settings, seed);
        let record = layout::newest(&mut disk).unwrap();
        assert_eq!(record.slots.iter().flatten().count(), kept, "snapshot {seed}: {record:?}");
        assert_eq!(boot(&mut disk, settings).id(), Some(id));
        assert_eq!(seed_of_boot(&mut disk, settings), Some(seed));
        if kept == 2 {
            let older = record.slots.iter().flatten().map(|entry| entry.id.0).min().unwrap();
            let mut copy = disk.clone();
            layout::image_mut(&mut copy, id)[0] ^= 1;
            assert_eq!(boot(&mut copy, settings).id(), Some(older), "the older image is whole");
            assert_eq!(seed_of_boot(&mut copy, settings), Some(seed - 1));
        }
    }
}

#[test]
fn a_medium_that_has_grown_keeps_its_newest_image() {
    for snapshots in [2, 3] {
        let mut disk = RamDisk::blank(SECTORS);
        let mut newest = 0;
        for seed in 1..=snapshots {
            newest = take(&mut disk, UNCOUNTED, seed);
        }
        // Both images now lie in what is the first slot.
        let mut bytes = disk.bytes().to_vec();
        bytes.resize(bytes.len() * 4, 0);
        let mut disk = RamDisk::from_bytes(bytes);
        let id = take(&mut disk, UNCOUNTED, 9);
        assert_eq!(seed_of_boot(&mut disk, UNCOUNTED), Some(9));
        layout::image_mut(&mut disk, id)[0] ^= 1;
        assert_eq!(boot(&mut disk, UNCOUNTED).id(), Some(newest));
        assert_eq!(seed_of_boot(&mut disk, UNCOUNTED), Some(snapshots));
    }
}

/// The numbers of `docs/store-format.md`, "Wear".
#[test]
fn wear_is_as_documented() {
    let mut disk = RamDisk::blank(SECTORS);
    let wear = |disk: &mut RamDisk, act: &mut dyn FnMut(&mut RamDisk)| {
        let before = disk.counters();
        act(disk);
        let counters = disk.counters().since(&before);
        (counters.reliable_writes, counters.discards)
    };
    let counting = attempts(3);
    assert_eq!(
        wear(&mut disk, &mut |disk| _ = take(disk, UNCOUNTED, 1)),
        (2, 1),
        "the first snapshot of a medium"
    );
    assert_eq!(
        wear(&mut disk, &mut |disk| _ = take(disk, UNCOUNTED, 2)),
        (2, 1),
        "the second, into an empty slot"
    );
    assert_eq!(wear(&mut disk, &mut |disk| _ = take(disk, UNCOUNTED, 3)), (2, 1), "every later one");
    assert_eq!(
        wear(&mut disk, &mut |disk| _ = boot(disk, UNCOUNTED)),
        (0, 0),
        "Always, attempts not counted"
    );
    assert_eq!(wear(&mut disk, &mut |disk| _ = boot(disk, counting)), (1, 0), "Always, attempts counted");
    let id = layout::newest(&mut disk).unwrap().slots.iter().flatten().map(|entry| entry.id).max().unwrap();
    let confirm = |disk: &mut RamDisk| BlockStore::new(disk, counting).unwrap().confirm(id).unwrap();
    assert_eq!(wear(&mut disk, &mut |disk| confirm(disk)), (1, 0), "confirmation");
    assert_eq!(wear(&mut disk, &mut |disk| confirm(disk)), (0, 0), "confirmation without need");
    take_once(&mut disk, counting, 4);
    assert_eq!(wear(&mut disk, &mut |disk| _ = boot(disk, counting)), (2, 0), "Once, attempts counted");
    take_once(&mut disk, UNCOUNTED, 5);
    assert_eq!(wear(&mut disk, &mut |disk| _ = boot(disk, UNCOUNTED)), (1, 0), "Once, attempts not counted");
    let invalidate = |disk: &mut RamDisk| BlockStore::new(disk, UNCOUNTED).unwrap().invalidate().unwrap();
    assert_eq!(wear(&mut disk, &mut |disk| invalidate(disk)), (1, 0), "invalidation");
}

#[test]
fn the_report_of_a_snapshot_names_the_image_and_the_slot_that_the_record_has() {
    let mut disk = RamDisk::blank(SECTORS);
    for seed in 1..5 {
        let mut store = BlockStore::new(&mut disk, UNCOUNTED).unwrap();
        let Ok(Timeline::Live(report)) = Machine::tiny(seed).take(&mut store) else { panic!("no snapshot") };
        let slots = store.record().unwrap().slots;
        assert_eq!(slots[usize::from(report.slot)].map(|entry| entry.id), Some(report.id));
    }
}

#[test]
fn a_report_confirms_the_image_that_was_booted_and_none_if_the_boot_was_cold() {
    let mut disk = RamDisk::blank(SECTORS);
    let cold = boot(&mut disk, attempts(2)).report;
    let before = disk.counters().changes();
    assert_eq!(cold.confirm(&mut BlockStore::new(&mut disk, attempts(2)).unwrap()), Ok(None));
    assert_eq!(disk.counters().changes(), before, "nothing was written");

    let id = take(&mut disk, attempts(2), 1);
    for _ in 0..5 {
        let booted = boot(&mut disk, attempts(2)).report;
        let confirmed = booted.confirm(&mut BlockStore::new(&mut disk, attempts(2)).unwrap());
        assert_eq!(confirmed.map(|id| id.map(|id| id.0)), Ok(Some(id)), "no attempt is left over");
    }
}
