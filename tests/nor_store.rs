//! The store on NOR: torn records and erases, chains of cuts, wear, and images that are read from where they
//! lie.

use oal_sim::{Booted, Machine, NorCells, NorFault, Rng};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::hooks::{ReadSnapshot, SelectSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::nor::{BLOCK_RECORDS, LOG_BLOCKS, NorFlash, NorGeometry, NorStore};
use oal_snapshot::store::{GeometryError, Record, SlotState, Slots, Store, StoreError, StoreSettings};
use oal_snapshot::take::{TakeError, TakeReport, Timeline};

const UNCOUNTED: StoreSettings = StoreSettings { slots: Slots::Two, max_attempts: 0 };
const COUNTED: StoreSettings = StoreSettings { max_attempts: 100, ..UNCOUNTED };

/// Blocks of 8 KiB, with 16 places for records; an image of the tiny machine takes six blocks or less.
const GEOMETRY: NorGeometry = NorGeometry { block_bytes: 8192, blocks: 4 + 2 * 6, program_bytes: 4 };

fn cells(seed: u64) -> NorCells {
    NorCells::new(GEOMETRY, seed).mapped()
}

fn store(cells: &mut NorCells, settings: StoreSettings) -> NorStore<&mut NorCells> {
    NorStore::new(cells, settings).expect("a flash that fits")
}

type Taken = Result<TakeReport, TakeError<StoreError<NorFault>>>;

fn try_take(cells: &mut NorCells, settings: StoreSettings, seed: u64) -> Taken {
    match Machine::tiny(seed).take(&mut store(cells, settings))? {
        Timeline::Live(report) => Ok(report),
        Timeline::Restored => panic!("a fake CPU is never restored here"),
    }
}

fn take(cells: &mut NorCells, settings: StoreSettings, seed: u64) -> u64 {
    try_take(cells, settings, seed).expect("a snapshot").id.0
}

/// The same with an image that may be booted once.
fn take_once(cells: &mut NorCells, settings: StoreSettings, seed: u64) {
    let taken = Machine::tiny(seed).once().take(&mut store(cells, settings));
    assert!(matches!(taken, Ok(Timeline::Live(_))), "{taken:?}");
}

/// Boots; tells which machine came back.
fn boot(cells: &mut NorCells, settings: StoreSettings) -> (Booted, Option<u64>) {
    let mut machine = Machine::tiny(0).restarted(9);
    let booted = machine.boot(&mut store(cells, settings));
    let seed = booted
        .id()
        .map(|_| (0..100).find(|seed| machine.is_as(&Machine::tiny(*seed))).expect("half an image"));
    (booted, seed)
}

#[test]
fn images_take_turns_in_two_slots_and_the_newest_boots() {
    let mut cells = cells(1);
    for seed in 1..60 {
        let id = take(&mut cells, UNCOUNTED, seed);
        let (booted, came_back) = boot(&mut cells, UNCOUNTED);
        assert_eq!((booted.id(), came_back), (Some(id), Some(seed)));
        assert_eq!(booted.refused(), []);
    }
}

#[test]
fn blocks_and_program_units_of_every_size_hold_an_image() {
    for (block_bytes, blocks) in [(4096, 128), (12288, 60), (65536, 16), (262_144, 7)] {
        for program_bytes in [1, 4, 512] {
            for mapped in [false, true] {
                let geometry = NorGeometry { block_bytes, blocks, program_bytes };
                let mut cells = NorCells::new(geometry, 5);
                if mapped {
                    cells = cells.mapped();
                }
                for seed in 1..3 {
                    let machine = Machine::sample(seed);
                    assert!(matches!(
                        machine.clone().take(&mut store(&mut cells, UNCOUNTED)),
                        Ok(Timeline::Live(_))
                    ));
                    let mut restarted = machine.restarted(7);
                    assert!(restarted.boot(&mut store(&mut cells, UNCOUNTED)).id().is_some(), "{geometry:?}");
                    assert!(restarted.is_as(&machine), "{geometry:?}");
                }
            }
        }
    }
}

#[test]
fn flash_that_does_not_fit_is_no_store_and_each_cause_has_its_name() {
    let refused = |geometry| NorStore::new(Misfit(geometry), UNCOUNTED).err();
    assert_eq!(refused(GEOMETRY), None);
    assert_eq!(refused(NorGeometry { blocks: LOG_BLOCKS + 1, ..GEOMETRY }), None);
    let too_small = GeometryError::TooSmall { has: 4, needed: 5 };
    assert_eq!(refused(NorGeometry { blocks: LOG_BLOCKS, ..GEOMETRY }), Some(too_small));
    for block_bytes in [0, 512, 6144] {
        let odd = GeometryError::BlockBytes { block_bytes };
        assert_eq!(refused(NorGeometry { block_bytes, ..GEOMETRY }), Some(odd));
    }
    for program_bytes in [0, 3, 1024] {
        let odd = GeometryError::ProgramBytes { program_bytes };
        assert_eq!(refused(NorGeometry { program_bytes, ..GEOMETRY }), Some(odd));
    }
}

/// A flash of which nothing but the geometry is ever asked.
struct Misfit(NorGeometry);

impl NorFlash for Misfit {
    type Error = ();

    fn geometry(&self) -> NorGeometry {
        self.0
    }

    fn read(&mut self, _: u64, _: &mut [u8]) -> Result<(), ()> {
        Err(())
    }

    fn program(&mut self, _: u64, _: &[u8]) -> Result<(), ()> {
        Err(())
    }

    fn erase(&mut self, _: u32) -> Result<(), ()> {
        Err(())
    }
}

#[test]
fn chunks_of_a_mapped_image_are_decoded_from_where_they_lie() {
    // Bytes that the engine read for itself from an image that is not mapped, and from one that is.
    let mut read = [0; 2];
    for (mapped, read) in [false, true].into_iter().zip(&mut read) {
        let geometry = NorGeometry { block_bytes: 65536, blocks: 16, program_bytes: 4 };
        let mut cells = NorCells::new(geometry, 1);
        if mapped {
            cells = cells.mapped();
        }
        let machine = Machine::sample(3);
        assert!(matches!(machine.clone().take(&mut store(&mut cells, UNCOUNTED)), Ok(Timeline::Live(_))));
        let mut restarted = machine.restarted(7);
        let mut watched = Watched { store: store(&mut cells, UNCOUNTED), read: Vec::new() };
        assert!(restarted.boot(&mut watched).id().is_some());
        assert!(restarted.is_as(&machine), "mapped: {mapped}");
        let record = watched.store.record().unwrap();
        let chunks =
            watched.read.iter().filter(|(offset, _)| *offset >= chunks_start(&mut watched.store)).count();
        assert_eq!(chunks == 0, mapped, "{:?}", watched.read);
        *read = watched.read.iter().map(|(_, len)| len).sum();
        assert!(*read < record.slots[0].unwrap().image_len as usize || !mapped);
    }
    assert!(read[1] < read[0], "{read:?}");
}

/// Where an image's chunks start.
fn chunks_start(store: &mut NorStore<&mut NorCells>) -> u64 {
    let id = store.record().unwrap().slots[0].unwrap().id;
    let mut header = [0; 4096];
    store.read_snapshot(id, &mut header, 0).unwrap();
    oal_snapshot::image::Header::decode(&header).unwrap().chunks_offset
}

/// A store that notes what is read of an image.
struct Watched<'a> {
    store: NorStore<&'a mut NorCells>,
    read: Vec<(u64, usize)>,
}

impl oal_snapshot::hooks::Medium for Watched<'_> {
    type Error = StoreError<NorFault>;
}

impl SelectSnapshot for Watched<'_> {
    fn select(&mut self) -> Result<oal_snapshot::hooks::Selection, Reason> {
        self.store.select()
    }

    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Self::Error> {
        self.store.count_attempt(id)
    }

    fn refused(&mut self, id: ImageId) {
        self.store.refused(id);
    }

    fn consume(&mut self) -> Result<(), Self::Error> {
        self.store.consume()
    }

    fn confirm(&mut self, id: ImageId) -> Result<(), Self::Error> {
        self.store.confirm(id)
    }
}

impl ReadSnapshot for Watched<'_> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error> {
        self.read.push((offset, buf.len()));
        self.store.read_snapshot(id, buf, offset)
    }

    fn mapped_snapshot(&self, id: ImageId) -> Option<&[u8]> {
        self.store.mapped_snapshot(id)
    }
}

#[test]
fn a_mapped_image_is_all_of_the_image_and_no_other_bytes() {
    let mut cells = cells(2);
    take(&mut cells, UNCOUNTED, 1);
    let id = ImageId(take(&mut cells, UNCOUNTED, 2));
    let mut store = store(&mut cells, UNCOUNTED);
    assert_eq!(store.mapped_snapshot(id), None, "the log was not read yet");
    let selection = store.select().unwrap();
    for candidate in &selection.candidates {
        let entry = store.record().unwrap().slots[candidate.slot as usize].unwrap();
        let mut back = vec![0; candidate.len as usize];
        store.read_snapshot(candidate.id, &mut back, 0).unwrap();
        assert_eq!(store.mapped_snapshot(candidate.id), Some(back.as_slice()));
        assert_eq!(crc32c(&back), entry.image_crc);
    }
    assert_eq!(store.mapped_snapshot(ImageId(999)), None);
}

#[test]
fn a_rotten_chunk_of_a_mapped_image_is_refused_as_it_is_when_read() {
    for mapped in [false, true] {
        let mut cells = NorCells::new(GEOMETRY, 3);
        if mapped {
            cells = cells.mapped();
        }
        take(&mut cells, UNCOUNTED, 1);
        take(&mut cells, UNCOUNTED, 2);
        let newest = store(&mut cells, UNCOUNTED).record().unwrap().slots[1].unwrap();
        let end = newest.first as usize * 8192 + newest.image_len as usize;
        // The last byte that is not padding.
        let at = (0..end).rev().find(|at| cells.bytes_mut()[*at] != 0).unwrap();
        cells.bytes_mut()[at] ^= 1;
        let (booted, seed) = boot(&mut cells, UNCOUNTED);
        assert_eq!((seed, booted.refused()), (Some(1), vec![(Stage::Chunk, Reason::BadCrc)]));
    }
}

/// Changes of the flash that `act` makes.
fn changes(cells: &NorCells, act: impl FnOnce(&mut NorCells)) -> u64 {
    let mut cells = cells.clone();
    let before = cells.counters().changes();
    act(&mut cells);
    cells.counters().changes() - before
}

#[test]
fn a_cut_at_any_change_of_a_snapshot_leaves_the_old_image_or_the_new_one() {
    for seed in 0..5 {
        let mut base = cells(seed);
        // The log is just so full that some of these snapshots go on in another block.
        (0..seed % 8).for_each(|_| store(&mut base, UNCOUNTED).invalidate().unwrap());
        take(&mut base, UNCOUNTED, 1);
        take(&mut base, UNCOUNTED, 2);
        base.power_cycle();
        let total = changes(&base, |cells| assert!(try_take(cells, UNCOUNTED, 3).is_ok()));
        assert!(total > 8);
        for at in 0..total {
            let mut cells = base.clone();
            cells.cut(at);
            assert!(try_take(&mut cells, UNCOUNTED, 3).is_err());
            assert!(cells.is_off());
            cells.power_cycle();
            let came_back = boot(&mut cells, UNCOUNTED).1;
            assert!(matches!(came_back, Some(2 | 3)), "cut at {at}: {came_back:?}");
            assert!(came_back == Some(2) || at + 2 >= total, "committed before its record was written");
            // What one boot found the next one finds, and power goes again.
            cells.power_cycle();
            assert_eq!(boot(&mut cells, UNCOUNTED).1, came_back, "cut at {at}");
            cells.cut(at % 9);
            assert!(try_take(&mut cells, UNCOUNTED, 4).is_err());
            cells.power_cycle();
            assert_eq!(boot(&mut cells, UNCOUNTED).1, came_back, "cut at {at}, then at {}", at % 9);
            take(&mut cells, UNCOUNTED, 5);
            assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(5));
        }
    }
}

#[test]
fn with_one_slot_there_is_the_old_image_the_new_one_or_none() {
    let one = StoreSettings { slots: Slots::One, ..UNCOUNTED };
    let mut base = cells(1);
    take(&mut base, one, 1);
    let total = changes(&base, |cells| assert!(try_take(cells, one, 2).is_ok()));
    for at in 0..total {
        for seed in 0..5 {
            let mut cells = base.clone();
            (0..seed).for_each(|_| cells.power_cycle());
            cells.cut(at);
            assert!(try_take(&mut cells, one, 2).is_err());
            cells.power_cycle();
            let came_back = boot(&mut cells, one).1;
            // Two void places, the record that announces, and the one that forgets, twice each.
            assert!(came_back != Some(1) || at < 6, "change {at}");
            assert!(came_back != Some(2) || at + 2 >= total, "change {at}");
            take(&mut cells, one, 3);
            assert_eq!(boot(&mut cells, one).1, Some(3));
        }
    }
}

#[test]
fn a_cut_while_a_boot_is_remembered_costs_no_image() {
    let settings = StoreSettings { max_attempts: 3, ..UNCOUNTED };
    for seed in 0..30 {
        let mut base = cells(seed);
        take(&mut base, settings, 1);
        take_once(&mut base, settings, 2);
        for at in 0..6 {
            let mut cells = base.clone();
            cells.cut(at);
            let first = boot(&mut cells, settings).1;
            let was_cut = cells.is_off();
            cells.power_cycle();
            let second = boot(&mut cells, settings).1;
            // Entered once at the most; if never, it is still there, or it is known to be used up.
            assert!(first != Some(2) || second == Some(1), "cut at {at}: {first:?}, then {second:?}");
            assert!(matches!(second, Some(1 | 2)));
            assert!(was_cut || first == Some(2));
        }
    }
}

#[test]
fn what_a_boot_found_stays_so_after_a_cut_invalidation() {
    for seed in 0..12 {
        let mut base = cells(seed);
        take(&mut base, UNCOUNTED, 1);
        base.power_cycle();
        for at in 0..6 {
            let mut cells = base.clone();
            cells.cut(at);
            assert!(store(&mut cells, UNCOUNTED).invalidate().is_err());
            cells.power_cycle();
            let found = boot(&mut cells, UNCOUNTED).1;
            assert!(found == Some(1) || at >= 4, "two void places and the record that announces come first");
            for _ in 0..6 {
                cells.power_cycle();
                assert_eq!(boot(&mut cells, UNCOUNTED).1, found, "flash {seed}, cut at {at}");
            }
        }
    }
}

#[test]
fn cuts_in_a_row_bring_no_older_state_back() {
    let flashes = if cfg!(debug_assertions) { 250 } else { 30_000 };
    for seed in 0..flashes {
        let mut cells = cells(seed);
        take(&mut cells, COUNTED, 1);
        let mut acknowledged = 0;
        for round in 0..14 {
            // Power goes at a boot's first writes, again and again.
            if (seed + round) % 4 != 3 {
                // Further on where the log goes on in another block: places are made void, then it is erased.
                cells.cut((seed / 4 + round) % 5 + if round % 3 == 0 { 12 } else { 0 });
            }
            let mut store = store(&mut cells, COUNTED);
            let attempt = store
                .select()
                .ok()
                .and_then(|selection| store.count_attempt(selection.candidates[0].id).ok());
            if let Some(attempt) = attempt {
                assert!(
                    attempt > acknowledged,
                    "flash {seed}, round {round}: {attempt} after {acknowledged}"
                );
                acknowledged = attempt;
            }
            cells.power_cycle();
        }
        assert!(acknowledged > 0);
    }
}

#[test]
fn random_histories_with_cuts_and_failures_boot_what_was_acknowledged_last() {
    let (mut cuts, mut failures, mut torn_commits) = (0, 0, 0);
    let histories = if cfg!(debug_assertions) { 25 } else { 10_000 };
    for seed in 0..histories {
        let mut rng = Rng::new(seed);
        let mut cells = cells(seed);
        let mut good = None;
        for round in 1..12 {
            let cut = rng.below(2) == 0;
            if cut {
                cells.cut(rng.below(24));
            } else if rng.below(4) == 0 {
                cells.fail(rng.below(16));
                failures += 1;
            }
            let taken = try_take(&mut cells, UNCOUNTED, round);
            let was_off = cells.is_off();
            cuts += u64::from(was_off);
            cells.power_cycle();
            if taken.is_ok() {
                good = Some(round);
            }
            let failed = |error: &TakeError<StoreError<NorFault>>| {
                matches!(
                    error,
                    TakeError::Prepare(StoreError::Device(NorFault::Failed))
                        | TakeError::Write(StoreError::Device(NorFault::Failed) | StoreError::Verify)
                )
            };
            assert!(was_off || taken.as_ref().err().is_none_or(failed), "{seed}: {taken:?}");
            // Sometimes the boot's own writes are cut as well.
            if rng.below(3) == 0 {
                cells.cut(rng.below(3));
                let _ = boot(&mut cells, UNCOUNTED);
                cells.power_cycle();
            }
            let (booted, came_back) = boot(&mut cells, UNCOUNTED);
            if was_off && came_back == Some(round) {
                good = Some(round);
                torn_commits += 1;
            }
            assert_eq!(came_back, good, "flash {seed}, round {round}: {:?}", booted.report);
        }
    }
    println!(
        "{histories} histories, {failures} failures planned, {cuts} power cuts ({torn_commits} of them committed): \
         every boot found the image acknowledged last"
    );
}

#[test]
fn policy_is_that_of_every_store() {
    let mut cells = cells(3);
    assert_eq!(boot(&mut cells, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::NoImage)));
    take_once(&mut cells, UNCOUNTED, 1);
    assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(1));
    assert_eq!(boot(&mut cells, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::Consumed)));

    let tries = StoreSettings { max_attempts: 2, ..UNCOUNTED };
    let older = take(&mut cells, tries, 2);
    take(&mut cells, tries, 3);
    assert_eq!([boot(&mut cells, tries).1, boot(&mut cells, tries).1], [Some(3); 2]);
    assert_eq!(boot(&mut cells, tries).1, Some(2));
    store(&mut cells, tries).confirm(ImageId(older)).unwrap();
    assert_eq!([boot(&mut cells, tries).1, boot(&mut cells, tries).1], [Some(2); 2]);
    assert_eq!(boot(&mut cells, tries).0.cold(), Some((Stage::Select, Reason::AttemptsExhausted)));
    store(&mut cells, tries).invalidate().unwrap();
    assert_eq!(boot(&mut cells, tries).0.cold(), Some((Stage::Select, Reason::NoImage)));
}

#[test]
fn an_image_that_does_not_fit_changes_nothing() {
    let mut cells = cells(1);
    take(&mut cells, UNCOUNTED, 1);
    let before = (cells.counters().changes(), cells.bytes_mut().to_vec());
    let mut noise = Machine::sample(1);
    noise.ram.fill_noise(3);
    let error = noise.take(&mut store(&mut cells, UNCOUNTED)).unwrap_err();
    let TakeError::Prepare(StoreError::DoesNotFit { needed, slot, single }) = error else {
        panic!("{error:?}")
    };
    assert!(needed > slot && (slot, single) == (6 * 8192, 12 * 8192));
    assert_eq!(before, (cells.counters().changes(), cells.bytes_mut().to_vec()));
}

#[test]
fn only_the_blocks_that_an_image_takes_are_erased_and_each_once() {
    let mut cells = cells(4);
    for round in 1..9 {
        let before = cells.wear().to_vec();
        let report = try_take(&mut cells, UNCOUNTED, round).unwrap();
        let slots = store(&mut cells, UNCOUNTED).record().unwrap().slots;
        let entry = slots.iter().flatten().find(|entry| entry.id == report.id).unwrap();
        assert_eq!(entry.span, report.image_len.div_ceil(8192));
        let wear = cells.wear().iter().zip(&before).map(|(now, before)| now - before);
        for (block, erased) in (0..).zip(wear).skip(LOG_BLOCKS as usize) {
            let taken = (entry.first..entry.first + entry.span).contains(&block);
            assert_eq!(erased, u64::from(taken), "block {block}");
        }
    }
}

#[test]
fn a_block_of_the_log_that_fails_is_left_for_the_next_one() {
    let mut base = cells(5);
    take(&mut base, UNCOUNTED, 1);
    for failing in 0..8 {
        for second in [failing, failing + 1, failing + 3] {
            let mut cells = base.clone();
            cells.fail(failing);
            cells.fail(second);
            store(&mut cells, UNCOUNTED).invalidate().unwrap();
            cells.power_cycle();
            assert_eq!(boot(&mut cells, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::NoImage)));
            take(&mut cells, UNCOUNTED, 2);
            cells.power_cycle();
            assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(2), "failing {failing} {second}");
        }
    }
    // Every block fails: it is said, and what was there is there.
    let mut cells = base.clone();
    (0..40).for_each(|change| cells.fail(change));
    assert!(store(&mut cells, UNCOUNTED).invalidate().is_err());
    cells.power_cycle();
    assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(1));
}

#[test]
fn a_failure_in_the_image_costs_the_snapshot_and_nothing_else() {
    let mut base = cells(6);
    take(&mut base, UNCOUNTED, 1);
    let total = changes(&base, |cells| assert!(try_take(cells, UNCOUNTED, 2).is_ok()));
    let mut failed = 0;
    for failing in 0..total {
        let mut cells = base.clone();
        cells.fail(failing);
        let taken = try_take(&mut cells, UNCOUNTED, 2).is_ok();
        failed += u64::from(!taken);
        cells.power_cycle();
        assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(if taken { 2 } else { 1 }), "failing {failing}");
    }
    // The log's own failures are survived: two void places, and two records, twice each.
    assert_eq!(failed, total - 6);
}

#[test]
fn a_boot_reads_every_place_of_the_log_once() {
    let mut cells = cells(7);
    take(&mut cells, COUNTED, 1);
    for _ in 0..50 {
        boot(&mut cells, COUNTED);
        let before = cells.counters();
        store(&mut cells, COUNTED).select().unwrap();
        assert_eq!(cells.counters().reads - before.reads, u64::from(LOG_BLOCKS) * 16);
        assert_eq!(cells.counters().changes(), before.changes());
    }
    let geometry = NorGeometry { block_bytes: 262_144, ..GEOMETRY };
    let mut large = NorCells::new(geometry, 1);
    let _ = store(&mut large, UNCOUNTED).select();
    assert_eq!(large.counters().reads, u64::from(LOG_BLOCKS * BLOCK_RECORDS));
}

#[test]
fn the_log_wears_its_blocks_evenly() {
    // A power-on takes two void places and three records of two places: the attempt, and two for the confirmation.
    for (places, power_ons) in [(16, 2), (64, 8)] {
        let geometry = NorGeometry { block_bytes: places * 512, ..GEOMETRY };
        let mut cells = NorCells::new(geometry, 8).mapped();
        let settings = StoreSettings { max_attempts: 3, ..UNCOUNTED };
        let id = ImageId(take(&mut cells, settings, 1));
        let before = cells.counters();
        for _ in 0..20 * power_ons {
            let mut store = store(&mut cells, settings);
            assert_eq!(store.select().unwrap().candidates.len(), 1);
            assert_eq!(store.count_attempt(id), Ok(1));
            store.confirm(id).unwrap();
        }
        assert_eq!(cells.counters().erases - before.erases, 20);
        let log = &cells.wear()[..LOG_BLOCKS as usize];
        assert!(log.iter().all(|wear| (5..=6).contains(wear)), "{log:?}");
    }
}

#[test]
fn a_boot_that_remembers_nothing_writes_nothing() {
    let mut cells = cells(9);
    take(&mut cells, UNCOUNTED, 1);
    let before = cells.counters().changes();
    (0..20).for_each(|_| assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(1)));
    assert_eq!(cells.counters().changes(), before);
}

#[test]
fn bytes_of_any_kind_are_no_store() {
    for seed in 0..50 {
        let mut cells = cells(seed);
        Rng::new(seed).fill(cells.bytes_mut());
        assert_eq!(boot(&mut cells, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::LogCorrupt)));
        take(&mut cells, UNCOUNTED, 4);
        assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(4));
    }
    let mut zeroes = cells(0);
    zeroes.bytes_mut().fill(0);
    assert_eq!(boot(&mut zeroes, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::NoImage)));
}

/// Puts a record where it is, with a right checksum.
fn put(cells: &mut NorCells, at: usize, mut bytes: [u8; 512]) {
    let crc = crc32c(&bytes[..508]);
    bytes[508..].copy_from_slice(&crc.to_le_bytes());
    cells.bytes_mut()[at..at + 512].copy_from_slice(&bytes);
}

#[test]
fn records_that_lie_are_refused_and_read_nothing_outside() {
    let mut base = cells(10);
    take(&mut base, UNCOUNTED, 1);
    let record = store(&mut base, UNCOUNTED).record().unwrap();
    let entry = record.slots[0].unwrap();
    for (first, span, image_len) in [
        (u64::MAX, 1, 4096),
        (0, 3, 4096),
        (3, 3, 4096),
        (4, u64::MAX, 4096),
        (4, 13, 4096),
        (16, 0, 0),
        (u64::MAX / 8192 + 5, 1, 4096),
        (4, 1, u64::MAX),
        (4, 12, 12 * 8192 + 1),
    ] {
        let mut cells = base.clone();
        let lie = oal_snapshot::store::SlotEntry { first, span, image_len, ..entry };
        let record = Record { sequence: record.sequence + 1, open: false, slots: [Some(lie), None] };
        // Twice, behind what the first snapshot wrote.
        put(&mut cells, 4 * 512, record.encode());
        put(&mut cells, 5 * 512, record.encode());
        let (booted, _) = boot(&mut cells, UNCOUNTED);
        assert!(booted.cold().is_some(), "{first} {span} {image_len}");
        let mut store = store(&mut cells, UNCOUNTED);
        let _ = store.select();
        let within = store.mapped_snapshot(lie.id).is_none_or(<[u8]>::is_empty);
        assert!(within && store.read_snapshot(lie.id, &mut [0; 4096], 0).is_err());
    }
}

#[test]
fn random_damage_gives_an_image_or_a_reason() {
    let mut base = cells(11);
    take(&mut base, COUNTED, 1);
    take(&mut base, COUNTED, 2);
    let noise = Machine::tiny(0).restarted(3);
    for seed in 0..120 {
        let mut rng = Rng::new(seed);
        let mut cells = base.clone();
        for _ in 0..=rng.below(6) {
            // Records, headers, or anywhere.
            let end = [10 * 512, 5 * 8192, 16 * 8192][rng.below(3) as usize];
            let at = rng.below(end) as usize;
            let len = 1 + rng.below(8) as usize;
            rng.fill(&mut cells.bytes_mut()[at..at + len]);
        }
        for _ in 0..2 {
            let mut machine = noise.clone();
            let booted = machine.boot(&mut store(&mut cells, COUNTED));
            assert!(machine.has_the_rest_of(&noise));
            assert!(booted.cold().is_none() || machine.cpu == noise.cpu);
        }
        take(&mut cells, COUNTED, 4);
        assert_eq!(boot(&mut cells, COUNTED).1, Some(4));
    }
}

#[test]
fn a_record_of_a_newer_version_is_neither_read_nor_made_void() {
    let mut cells = cells(12);
    take_once(&mut cells, UNCOUNTED, 1);
    let sequence = store(&mut cells, UNCOUNTED).record().unwrap().sequence + 1;
    let mut newer = Record { sequence, ..Record::default() }.encode();
    (newer[8], newer[300]) = (2, 0x5a);
    put(&mut cells, 4 * 512, newer);
    put(&mut cells, 5 * 512, newer);
    assert_eq!(boot(&mut cells, UNCOUNTED).0.cold(), Some((Stage::Select, Reason::NewerRecord)));
    let newer = cells.bytes_mut()[4 * 512..6 * 512].to_vec();
    take(&mut cells, UNCOUNTED, 2);
    assert_eq!(boot(&mut cells, UNCOUNTED).1, Some(2));
    assert_eq!(cells.bytes_mut()[4 * 512..6 * 512], newer);
}

#[test]
fn an_image_is_used_up_as_on_every_store() {
    let mut cells = cells(13);
    take_once(&mut cells, UNCOUNTED, 1);
    boot(&mut cells, UNCOUNTED);
    let slots = store(&mut cells, UNCOUNTED).record().unwrap().slots;
    assert_eq!(slots[0].map(|entry| entry.state), Some(SlotState::Consumed));
}
