//! Power is cut at every operation of a snapshot and of a boot, and inside it: what boots afterwards is the
//! old image or the new one, whole, and the store goes on working.

use oal_sim::{Beyond, Counters, Cut, Machine, RamDisk};
use oal_snapshot::hooks::SelectSnapshot;
use oal_snapshot::store::{BlockStore, Slots, StoreSettings};

/// Sectors of a disk on which two images of [`Machine::tiny`] fit.
const SECTORS: u64 = 64 + 2 * 12 * 8;

const UNCOUNTED: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };

/// Where in an operation the power goes, and what it leaves.
const INSIDE: [(usize, Beyond); 7] = [
    (0, Beyond::Old),
    (100, Beyond::Old),
    (100, Beyond::Noise),
    (5 * 512 + 7, Beyond::Noise),
    (0, Beyond::NoiseInBlock),
    (4096, Beyond::NoiseInBlock),
    (usize::MAX, Beyond::New),
];

fn take(machine: &mut Machine, disk: &mut RamDisk, settings: StoreSettings) -> bool {
    machine.take(&mut BlockStore::new(disk, settings).unwrap()).is_ok()
}

/// The machine of `of` that boots from `disk`, as its number, or `None` for a cold boot.
fn booted(disk: &mut RamDisk, settings: StoreSettings, of: &[&Machine]) -> Option<usize> {
    let mut machine = of[0].restarted(1000);
    let booted = machine.boot(&mut BlockStore::new(disk, settings).unwrap());
    booted.id()?;
    Some(of.iter().position(|other| machine.is_as(other)).expect("all the memory of one of the machines"))
}

/// How many operations with a power cut in them `act` makes.
fn changes(disk: &RamDisk, act: impl FnOnce(&mut RamDisk)) -> Counters {
    let mut disk = disk.clone();
    let before = disk.counters();
    act(&mut disk);
    disk.counters().since(&before)
}

/// Cuts the power everywhere in the snapshot of `new` over `base`; `judge` sees how many changes came before,
/// how many there are, and the snapshot that boots: the first (the new one), the second (the old one) or
/// none.
fn cut_everywhere(
    base: &RamDisk,
    settings: StoreSettings,
    old: &Machine,
    judge: impl Fn(u64, u64, Option<usize>),
) {
    let new = Machine::tiny(50);
    let total = changes(base, |disk| assert!(take(&mut new.clone(), disk, settings))).changes();
    assert!(total >= 5, "a snapshot changes the medium more often than {total} times");
    for after in 0..total {
        for (seed, (bytes, beyond)) in INSIDE.into_iter().enumerate() {
            let mut disk = base.clone().with_seed(seed as u64 + 10 * after);
            disk.cut(Cut { after, bytes, beyond });
            assert!(!take(&mut new.clone(), &mut disk, settings), "the power was cut");
            assert!(disk.is_off());
            disk.power_cycle();
            judge(after, total, booted(&mut disk, settings, &[&new, old]));

            let mut next = Machine::tiny(60);
            assert!(take(&mut next, &mut disk, settings), "the next snapshot works");
            disk.power_cycle();
            assert_eq!(booted(&mut disk, settings, &[&next]), Some(0));
        }
    }
}

/// A disk on which `machines` were taken, one after the other.
fn disk_with(mut disk: RamDisk, settings: StoreSettings, machines: &[&Machine]) -> RamDisk {
    for machine in machines {
        assert!(take(&mut (*machine).clone(), &mut disk, settings));
    }
    disk.power_cycle();
    disk
}

#[test]
fn with_two_slots_the_old_image_stays_until_the_new_one_is_committed() {
    let (oldest, old) = (Machine::tiny(40), Machine::tiny(41));
    for disk in [RamDisk::blank(SECTORS), RamDisk::blank(SECTORS).with_cache()] {
        for before in [&[&old][..], &[&oldest, &old]] {
            let base = disk_with(disk.clone(), UNCOUNTED, before);
            cut_everywhere(&base, UNCOUNTED, &old, |after, total, booted| {
                // Only the last change commits; of the one before, nothing can be seen.
                let expected: &[_] = if after + 1 < total { &[Some(1)] } else { &[Some(0), Some(1)] };
                assert!(expected.contains(&booted), "change {after} of {total}: {booted:?}");
            });
        }
    }
}

#[test]
fn the_first_image_of_a_medium_is_there_or_not() {
    let nobody = Machine::tiny(40);
    for disk in [RamDisk::blank(SECTORS).with_cache(), RamDisk::noise(SECTORS, 3).with_cache()] {
        cut_everywhere(&disk, UNCOUNTED, &nobody, |after, total, booted| {
            assert!(
                booted.is_none() || (booted == Some(0) && after + 1 == total),
                "change {after}: {booted:?}"
            );
        });
    }
}

#[test]
fn with_one_slot_there_is_no_image_between_the_old_one_and_the_new_one() {
    let one = StoreSettings { slots: Slots::One, ..UNCOUNTED };
    let old = Machine::tiny(41);
    let base = disk_with(RamDisk::blank(SECTORS).with_cache(), one, &[&old]);
    cut_everywhere(&base, one, &old, |after, total, booted| {
        let expected: &[_] = match after {
            0 => &[Some(1), None],
            _ if after + 1 == total => &[Some(0), None],
            _ => &[None],
        };
        assert!(expected.contains(&booted), "change {after} of {total}: {booted:?}");
    });
}

#[test]
fn a_snapshot_after_a_cut_snapshot_can_be_cut_too() {
    // Ten cuts in a row, each somewhere else: the image from before all of them still boots.
    let old = Machine::tiny(41);
    let mut disk = disk_with(RamDisk::blank(SECTORS).with_cache(), UNCOUNTED, &[&old]);
    for round in 0..10 {
        let (bytes, beyond) = INSIDE[round as usize % 6];
        disk.cut(Cut { after: round % 4, bytes, beyond });
        assert!(!take(&mut Machine::tiny(70 + round), &mut disk, UNCOUNTED));
        disk.power_cycle();
        assert_eq!(booted(&mut disk, UNCOUNTED, &[&old]), Some(0), "round {round}");
    }
}

#[test]
fn a_cut_while_an_attempt_is_counted_or_confirmed_costs_no_image() {
    let settings = StoreSettings { max_attempts: 2, ..UNCOUNTED };
    let (old, new) = (Machine::tiny(40), Machine::tiny(41));
    let base = disk_with(RamDisk::blank(SECTORS).with_cache(), settings, &[&old, &new]);
    for after in 0..2 {
        for (bytes, beyond) in INSIDE {
            let mut disk = base.clone();
            disk.cut(Cut { after, bytes, beyond });
            let mut store = BlockStore::new(&mut disk, settings).unwrap();
            let booted_once = new.restarted(1).boot(&mut store);
            if let Some(candidate) = booted_once.report.booted {
                assert!(store.confirm(candidate.id).is_err(), "the power was cut");
            }
            assert!(disk.is_off());
            disk.power_cycle();
            assert_eq!(booted(&mut disk, settings, &[&new]), Some(0));
        }
    }
}

#[test]
fn a_cut_while_an_image_is_consumed_leaves_it_consumed_or_not() {
    let machine = Machine::tiny(41).once();
    for (max_attempts, records) in [(0, 1), (3, 2)] {
        let settings = StoreSettings { max_attempts, ..UNCOUNTED };
        let base = disk_with(RamDisk::blank(SECTORS).with_cache(), settings, &[&machine]);
        let total = changes(&base, |disk| assert_eq!(booted(disk, settings, &[&machine]), Some(0))).changes();
        assert_eq!(total, records, "one record consumes, one counts");
        let mut seen = Vec::new();
        for after in 0..total {
            for (bytes, beyond) in INSIDE {
                let mut disk = base.clone();
                disk.cut(Cut { after, bytes, beyond });
                let cut = booted(&mut disk, settings, &[&machine]);
                assert_eq!(cut, None, "not entered unless it is known to be consumed");
                disk.power_cycle();
                let first = booted(&mut disk, settings, &[&machine]);
                seen.push(first.is_some());
                assert!(after + 1 == total || first.is_some(), "only the last record consumes");
                assert_eq!(booted(&mut disk, settings, &[&machine]), None, "never twice");
            }
        }
        assert!(seen.contains(&true) && seen.contains(&false));
    }
}
