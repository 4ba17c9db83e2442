//! The store on NAND: bad blocks, failing blocks, torn pages and erases, wear.

use oal_sim::nand::{Beyond, Cut, PowerOff};
use oal_sim::{Booted, Machine, NandPages, Rng};
use oal_snapshot::hooks::SelectSnapshot;
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::nand::{LOG_BLOCKS, NandFlash, NandGeometry, NandPage, NandStore};
use oal_snapshot::store::{GeometryError, SlotState, Slots, Store, StoreError, StoreSettings};
use oal_snapshot::take::{TakeError, TakeReport, Timeline};

const UNCOUNTED: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };

/// 2 KiB pages, 16 in a block: an image of the tiny machine takes two blocks or less.
const GEOMETRY: NandGeometry = NandGeometry { page_bytes: 2048, pages_per_block: 16, blocks: 24 };

type Chip<'a> = NandStore<&'a mut NandPages, 2048, 3>;

fn chip(seed: u64) -> NandPages {
    NandPages::new(GEOMETRY, seed)
}

fn store(chip: &mut NandPages, settings: StoreSettings) -> Chip<'_> {
    NandStore::new(chip, settings).expect("a chip that fits")
}

type Taken = Result<TakeReport, TakeError<StoreError<PowerOff>>>;

fn try_take(chip: &mut NandPages, settings: StoreSettings, seed: u64) -> Taken {
    match Machine::tiny(seed).take(&mut store(chip, settings))? {
        Timeline::Live(report) => Ok(report),
        Timeline::Restored => panic!("a fake CPU is never restored here"),
    }
}

fn take(chip: &mut NandPages, settings: StoreSettings, seed: u64) -> u64 {
    try_take(chip, settings, seed).expect("a snapshot").id.0
}

/// The same with an image that may be booted once.
fn take_once(chip: &mut NandPages, settings: StoreSettings, seed: u64) {
    let taken = Machine::tiny(seed).once().take(&mut store(chip, settings));
    assert!(matches!(taken, Ok(Timeline::Live(_))), "{taken:?}");
}

/// Boots; tells which machine came back.
fn boot(chip: &mut NandPages, settings: StoreSettings) -> (Booted, Option<u64>) {
    let mut machine = Machine::tiny(0).restarted(9);
    let booted = machine.boot(&mut store(chip, settings));
    let seed = booted
        .id()
        .map(|_| (0..100).find(|seed| machine.is_as(&Machine::tiny(*seed))).expect("half an image"));
    (booted, seed)
}

#[test]
fn images_take_turns_in_two_slots_and_the_newest_boots() {
    let mut chip = chip(1);
    for seed in 1..30 {
        let id = take(&mut chip, UNCOUNTED, seed);
        let (booted, came_back) = boot(&mut chip, UNCOUNTED);
        assert_eq!((booted.id(), came_back), (Some(id), Some(seed)));
        assert_eq!(booted.refused(), []);
    }
}

#[test]
fn pages_of_every_size_hold_an_image() {
    fn run<const PAGE: usize, const MAP: usize>(pages_per_block: u32) {
        let geometry = NandGeometry { page_bytes: PAGE as u32, pages_per_block, blocks: MAP as u32 * 8 };
        let mut chip = NandPages::new(geometry, 5);
        for seed in 1..6 {
            let machine = Machine::sample(seed);
            let mut store = NandStore::<_, PAGE, MAP>::new(&mut chip, UNCOUNTED).unwrap();
            assert!(matches!(machine.clone().take(&mut store), Ok(Timeline::Live(_))));
            let mut restarted = machine.restarted(7);
            let mut store = NandStore::<_, PAGE, MAP>::new(&mut chip, UNCOUNTED).unwrap();
            assert!(restarted.boot(&mut store).id().is_some(), "{PAGE}");
            assert!(restarted.is_as(&machine), "{PAGE}");
        }
    }
    run::<512, 16>(32);
    run::<2048, 4>(64);
    run::<4096, 4>(64);
    run::<8192, 4>(128);
    // A map that takes more than one page of the log.
    run::<512, 200>(16);
}

#[test]
fn a_chip_that_does_not_fit_is_no_store_and_each_cause_has_its_name() {
    let refused = |geometry| NandStore::<_, 2048, 3>::new(NandPages::new(geometry, 0), UNCOUNTED).err();
    assert_eq!(refused(GEOMETRY), None);
    assert_eq!(refused(NandGeometry { blocks: LOG_BLOCKS + 1, ..GEOMETRY }), None);
    assert_eq!(
        refused(NandGeometry { page_bytes: 4096, ..GEOMETRY }),
        Some(GeometryError::PageBytes { page_bytes: 4096, needed: 2048 })
    );
    assert_eq!(
        refused(NandGeometry { blocks: LOG_BLOCKS, ..GEOMETRY }),
        Some(GeometryError::TooSmall { has: 8, needed: 9 })
    );
    for pages_per_block in [8, 15, 1025] {
        assert_eq!(
            refused(NandGeometry { pages_per_block, ..GEOMETRY }),
            Some(GeometryError::PagesPerBlock { pages_per_block })
        );
    }
}

#[test]
fn bad_blocks_of_the_factory_are_never_touched() {
    for first in 0..24 {
        for second in [first, 0, 7, 8, 12, 23] {
            let mut chip = chip(first.into());
            chip.factory_bad(first);
            chip.factory_bad(second);
            for seed in 1..6 {
                take(&mut chip, UNCOUNTED, seed);
                assert_eq!(boot(&mut chip, UNCOUNTED).1, Some(seed), "bad: {first} {second}");
            }
        }
    }
}

#[test]
fn a_block_that_fails_while_it_is_written_is_retired_and_the_snapshot_goes_on() {
    let mut plain = chip(2);
    take(&mut plain, UNCOUNTED, 1);
    let before = plain.clone();
    take(&mut plain, UNCOUNTED, 2);
    let changes = plain.counters().changes() - before.counters().changes();
    assert!(changes > 10);
    for failing in 0..changes {
        for second in [failing, failing + 1, failing + 3] {
            let mut chip = before.clone();
            chip.fail(failing);
            chip.fail(second);
            let id = take(&mut chip, UNCOUNTED, 2);
            chip.power_cycle();
            let (booted, seed) = boot(&mut chip, UNCOUNTED);
            assert_eq!((booted.id(), seed), (Some(id), Some(2)), "failing {failing} {second}");
            assert!((0..24).any(|block| chip.is_marked(block)), "nothing retired at {failing}");
            // What was found bad stays so, and the next ones work.
            take(&mut chip, UNCOUNTED, 3);
            take(&mut chip, UNCOUNTED, 4);
            assert_eq!(boot(&mut chip, UNCOUNTED).1, Some(4));
        }
    }
}

#[test]
fn a_cut_at_any_change_of_a_snapshot_leaves_the_old_image_or_the_new_one() {
    for seed in 0..12 {
        let mut whole = chip(seed);
        take(&mut whole, UNCOUNTED, 1);
        take(&mut whole, UNCOUNTED, 2);
        let before = whole.clone();
        take(&mut whole, UNCOUNTED, 3);
        let changes = whole.counters().changes() - before.counters().changes();
        for at in 0..changes {
            let mut chip = before.clone();
            chip.cut(at);
            assert!(try_take(&mut chip, UNCOUNTED, 3).is_err());
            chip.power_cycle();
            let came_back = boot(&mut chip, UNCOUNTED).1;
            assert!(matches!(came_back, Some(2 | 3)), "cut at {at}: {came_back:?}");
            assert!(came_back == Some(2) || at + 2 >= changes, "committed before its record was written");
            // Again, cut again, and whole.
            chip.cut(at / 2);
            assert!(try_take(&mut chip, UNCOUNTED, 4).is_err());
            chip.power_cycle();
            assert_eq!(boot(&mut chip, UNCOUNTED).1, came_back);
            take(&mut chip, UNCOUNTED, 5);
            assert_eq!(boot(&mut chip, UNCOUNTED).1, Some(5));
        }
    }
}

#[test]
fn a_cut_at_a_chosen_byte_leaves_the_old_image_or_the_new_one() {
    let mut whole = chip(1);
    take(&mut whole, UNCOUNTED, 1);
    take(&mut whole, UNCOUNTED, 2);
    let before = whole.clone();
    take(&mut whole, UNCOUNTED, 3);
    let changes = whole.counters().changes() - before.counters().changes();
    // Of a page and its 64 spare bytes; of the pages of a block that is erased.
    let places = [0, 1, 511, 512, 1500, 2047, 2111, 2112, 5 * 2112 + 700, 16 * 2112];
    for (after, bytes) in (0..changes).flat_map(|change| places.map(|bytes| (change, bytes))) {
        for beyond in [Beyond::Old, Beyond::Unstable] {
            let mut chip = before.clone();
            chip.cut_at(Cut { after, bytes, beyond });
            assert!(try_take(&mut chip, UNCOUNTED, 3).is_err());
            chip.power_cycle();
            let came_back = boot(&mut chip, UNCOUNTED).1;
            assert!(matches!(came_back, Some(2 | 3)), "cut at {after}, byte {bytes}: {came_back:?}");
            assert!(came_back == Some(2) || after + 2 >= changes, "committed before its record was written");
            take(&mut chip, UNCOUNTED, 4);
            assert_eq!(boot(&mut chip, UNCOUNTED).1, Some(4));
        }
    }
}

#[test]
fn a_cut_while_a_boot_is_remembered_costs_no_image() {
    let settings = StoreSettings { max_attempts: 3, ..UNCOUNTED };
    for seed in 0..12 {
        let mut chip = chip(seed);
        take(&mut chip, settings, 1);
        take_once(&mut chip, settings, 2);
        for at in 0..6 {
            let mut chip = chip.clone();
            chip.cut(at);
            let first = boot(&mut chip, settings).1;
            let was_cut = chip.is_off();
            chip.power_cycle();
            let second = boot(&mut chip, settings).1;
            // Entered once at the most; if never, it is still there, or it is known to be used up.
            assert!(first != Some(2) || second == Some(1), "cut at {at}: {first:?}, then {second:?}");
            assert!(matches!(second, Some(1 | 2)));
            assert!(was_cut || first == Some(2));
        }
    }
}

#[test]
fn policy_is_that_of_every_store() {
    let mut chip = chip(3);
    assert_eq!(boot(&mut chip, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::NoImage)));
    take_once(&mut chip, UNCOUNTED, 1);
    assert_eq!(boot(&mut chip, UNCOUNTED).1, Some(1));
    assert_eq!(boot(&mut chip, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::Consumed)));

    let tries = StoreSettings { max_attempts: 2, ..UNCOUNTED };
    let older = take(&mut chip, tries, 2);
    take(&mut chip, tries, 3);
    assert_eq!([boot(&mut chip, tries).1, boot(&mut chip, tries).1], [Some(3); 2]);
    assert_eq!(boot(&mut chip, tries).1, Some(2));
    store(&mut chip, tries).confirm(ImageId(older)).unwrap();
    assert_eq!([boot(&mut chip, tries).1, boot(&mut chip, tries).1], [Some(2); 2]);
    assert_eq!(boot(&mut chip, tries).0.cold(), Some((Stage::Select, Reason::AttemptsExhausted)));
    store(&mut chip, tries).invalidate().unwrap();
    assert_eq!(boot(&mut chip, tries).0.cold(), Some((Stage::Select, Reason::NoImage)));
}

#[test]
fn an_image_that_does_not_fit_changes_nothing() {
    let geometry = NandGeometry { blocks: 12, pages_per_block: 16, ..GEOMETRY };
    let mut chip = NandPages::new(geometry, 1);
    let run = |chip: &mut NandPages, machine: &Machine, settings| {
        machine.clone().take(&mut NandStore::<_, 2048, 2>::new(chip, settings).unwrap())
    };
    let _ = run(&mut chip, &Machine::tiny(1), UNCOUNTED).unwrap();
    let before = chip.counters().changes();
    let mut noise = Machine::sample(1);
    noise.ram.fill_noise(3);
    let error = run(&mut chip, &noise, UNCOUNTED).unwrap_err();
    let TakeError::Prepare(StoreError::DoesNotFit { needed, slot, single }) = error else {
        panic!("{error:?}")
    };
    assert!(needed > slot && (slot, single) == (2 * 32768, 4 * 32768));
    assert_eq!(chip.counters().changes(), before);
}

#[test]
fn a_worn_image_is_reported_and_moved() {
    let mut chip = chip(4);
    take(&mut chip, UNCOUNTED, 1);
    let id = take(&mut chip, UNCOUNTED, 2);
    let old = store(&mut chip, UNCOUNTED).record().unwrap().slots[1].unwrap();
    chip.age(NandPage { block: old.first as u32, page: 3 }, false);
    let mut machine = Machine::tiny(0).restarted(9);
    let mut store = store(&mut chip, UNCOUNTED);
    assert_eq!(machine.boot(&mut store).id(), Some(id));
    assert_eq!(store.refresh_due(), Some(ImageId(id)));
    store.refresh(ImageId(id)).unwrap();
    assert_eq!(store.refresh_due(), None);
    let new = store.record().unwrap().slots.iter().flatten().copied().collect::<Vec<_>>();
    assert!(new.len() == 1 && new[0].first != old.first && new[0].state == SlotState::Committed);
    let (booted, seed) = boot(&mut chip, UNCOUNTED);
    assert_eq!((booted.id(), seed), (Some(id), Some(2)));
}

#[test]
fn an_image_of_more_than_half_the_store_cannot_be_moved() {
    let single = StoreSettings { slots: Slots::One, ..UNCOUNTED };
    let mut chip = chip(6);
    chip.factory_bad(8);
    chip.factory_bad(9);
    let mut noise = Machine::sample(1);
    noise.ram.fill_noise(3);
    let Ok(Timeline::Live(report)) = noise.take(&mut store(&mut chip, single)) else { panic!("no snapshot") };
    let before = chip.counters().changes();
    let good = |blocks: u64| blocks * GEOMETRY.block_bytes();
    let refused = StoreError::DoesNotFit { needed: report.image_len, slot: good(6), single: good(14) };
    assert_eq!(store(&mut chip, single).refresh(report.id), Err(refused));
    assert!(report.image_len > good(6));
    assert_eq!(chip.counters().changes(), before);
}

#[test]
fn a_cut_while_an_image_is_moved_leaves_it() {
    let mut whole = chip(5);
    take(&mut whole, UNCOUNTED, 1);
    let id = ImageId(take(&mut whole, UNCOUNTED, 2));
    for at in 0.. {
        let mut chip = whole.clone();
        chip.cut(at);
        let result = store(&mut chip, UNCOUNTED).refresh(id);
        chip.power_cycle();
        assert_eq!(boot(&mut chip, UNCOUNTED).1, Some(2), "cut at {at}");
        if result.is_ok() {
            assert!(at > 10);
            break;
        }
    }
}

#[test]
fn an_image_with_a_rotten_page_gives_way_to_the_one_before_it() {
    let mut chip = chip(6);
    take(&mut chip, UNCOUNTED, 1);
    take(&mut chip, UNCOUNTED, 2);
    let newest = store(&mut chip, UNCOUNTED).record().unwrap().slots[1].unwrap();
    chip.age(NandPage { block: newest.first as u32, page: 9 }, true);
    let (booted, seed) = boot(&mut chip, UNCOUNTED);
    assert_eq!(seed, Some(1));
    assert_eq!(booted.refused()[0].1, Reason::ReadFailed);
}

#[test]
fn finding_the_newest_record_takes_a_bounded_number_of_reads() {
    let mut chip = chip(7);
    let settings = StoreSettings { max_attempts: 200, ..UNCOUNTED };
    take(&mut chip, settings, 1);
    let mut most = 0;
    for _ in 0..100 {
        let before = (chip.counters(), chip.queries());
        store(&mut chip, settings).select().unwrap();
        most = most.max(chip.counters().reads - before.0.reads);
        assert_eq!(chip.queries(), before.1, "no marks are looked at");
        boot(&mut chip, settings);
    }
    // The first record of each log block, and those of one power-on, with the page behind them.
    assert!(most <= u64::from(LOG_BLOCKS) + 5, "{most}");
    // The worst: a whole block of records.
    let mut store = store(&mut chip, settings);
    for _ in 0..15 {
        store.invalidate().unwrap();
    }
    let before = chip.counters().reads;
    self::store(&mut chip, settings).select().unwrap();
    assert!(chip.counters().reads - before <= u64::from(LOG_BLOCKS + GEOMETRY.pages_per_block));
}

#[test]
fn cuts_in_a_row_bring_no_older_state_back() {
    let settings = StoreSettings { max_attempts: 100, ..UNCOUNTED };
    for seed in 0..300 {
        let mut chip = chip(seed);
        take(&mut chip, settings, 1);
        let mut acknowledged = 0;
        for round in 0..8 {
            // Power goes at a boot's first writes, again and again.
            let cut = (seed + round) % 3 != 2;
            if cut {
                chip.cut((seed / 3 + round) % 4);
            }
            let mut store = store(&mut chip, settings);
            let attempt = store
                .select()
                .ok()
                .and_then(|selection| store.count_attempt(selection.candidates[0].id).ok());
            if let Some(attempt) = attempt {
                assert!(attempt > acknowledged, "chip {seed}, round {round}: {attempt} after {acknowledged}");
                acknowledged = attempt;
            }
            chip.power_cycle();
        }
    }
}

#[test]
fn the_log_wears_its_blocks_evenly() {
    let mut chip = chip(8);
    let settings = StoreSettings { max_attempts: 3, ..UNCOUNTED };
    let id = take(&mut chip, settings, 1);
    let mut before = chip.counters();
    for power_on in 0..88 {
        // Blocks that were never used are erased at each power-on until it is their turn.
        if power_on == 8 {
            before = chip.counters();
        }
        let mut store = store(&mut chip, settings);
        assert_eq!(Machine::tiny(0).restarted(9).boot(&mut store).id(), Some(id));
        store.confirm(ImageId(id)).unwrap();
    }
    // A block a power-on, one after the other: each of the eight was erased ten times.
    assert_eq!(chip.counters().erases - before.erases, 80);
}

/// How many chips: all of them in an optimised run, a sample in a debug build.
const CHIPS: u64 = if cfg!(debug_assertions) { 400 } else { 10_000 };

#[test]
fn random_chips_boot_the_right_image() {
    let (mut failures, mut cuts) = (0, 0);
    for seed in 0..CHIPS {
        let mut rng = Rng::new(seed);
        let mut chip = chip(seed);
        for block in 0..24 {
            if rng.below(12) == 0 && chip.programmed().next().is_none() && block != 1 && block != 2 {
                chip.factory_bad(block);
            }
        }
        let mut good = None;
        for round in 1..6 {
            if rng.below(2) == 0 {
                chip.fail(rng.below(30));
                failures += 1;
            }
            let cut = rng.below(3) == 0;
            if cut {
                chip.cut(rng.below(30));
            }
            let taken = try_take(&mut chip, UNCOUNTED, round);
            cuts += u64::from(chip.is_off());
            let was_off = chip.is_off();
            chip.power_cycle();
            match taken {
                Ok(_) => good = Some(round),
                // Blocks go bad until there is no room; that is said before anything is lost.
                Err(TakeError::Prepare(StoreError::DoesNotFit { .. })) => {}
                Err(error) => assert!(
                    was_off || matches!(error, TakeError::Write(StoreError::TooManyBadBlocks)),
                    "{seed}: {error:?}"
                ),
            }
            let pages: Vec<NandPage> = chip.programmed().collect();
            for _ in 0..3 {
                if let Some(page) = pages.get(rng.below(pages.len().max(1) as u64) as usize) {
                    chip.age(*page, false);
                }
            }
            let (booted, came_back) = boot(&mut chip, UNCOUNTED);
            if was_off && came_back == Some(round) {
                good = Some(round);
            }
            assert_eq!(came_back, good, "chip {seed}, round {round}: {:?}", booted.report);
        }
    }
    println!(
        "{CHIPS} chips, {failures} failures planned, {cuts} power cuts: every one booted the right image"
    );
}

#[test]
fn bytes_of_any_kind_are_no_store() {
    for seed in 0..50 {
        let mut chip = chip(seed);
        let mut rng = Rng::new(seed);
        for block in 0..24 {
            chip.erase_block(block).unwrap();
            for page in 0..16 {
                let mut data = [0; 2048];
                rng.fill(&mut data);
                chip.program_page(NandPage { block, page }, &data, &[]).unwrap();
            }
        }
        assert_eq!(boot(&mut chip, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::LogCorrupt)));
        take(&mut chip, UNCOUNTED, 4);
        assert_eq!(boot(&mut chip, UNCOUNTED).1, Some(4));
    }
}
