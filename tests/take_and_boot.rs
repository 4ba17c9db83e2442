//! Saved memory comes back on another machine, page for page and register for register, whatever it is made
//! of; and nothing of it changes while it is taken.

use oal_sim::machine::{frames, region};
use oal_sim::{FakeSystem, Image, Machine, Rng, Shelf};
use oal_snapshot::codec::{Lz4, Raw};
use oal_snapshot::frame::{FrameRange, Pfn};
use oal_snapshot::image::{ExtentKind, HEADER_LEN};
use oal_snapshot::mem::{Memory, Page};
use oal_snapshot::progress::Progress;
use oal_snapshot::state::{SnapshotState, StateCell};
use oal_snapshot::take::{Settings, Snapshot, TakeError, TakeReport, Timeline};
use oal_snapshot::workspace::Workspace;

fn live<E: core::fmt::Debug>(taken: Result<Timeline, TakeError<E>>) -> TakeReport {
    match taken {
        Ok(Timeline::Live(report)) => report,
        other => panic!("not live: {other:?}"),
    }
}

/// Takes a snapshot, boots it on a machine full of noise, and compares all there is to compare.
fn round_trip(machine: &mut Machine) -> (TakeReport, Vec<u8>) {
    let before = machine.clone();
    let mut shelf = Shelf::default();
    let report = live(machine.take(&mut shelf));
    assert!(shelf.finished);
    assert!(machine.is_as(&before), "saved memory changed while it was taken");
    assert_eq!(report.image_len, shelf.image.len() as u64);

    let mut other = machine.restarted(99);
    let noise = other.clone();
    let booted = other.boot(&mut shelf);
    assert_eq!(booted.id(), Some(0), "{booted:?}");
    assert!(other.is_as(machine), "not the memory that was saved");
    assert!(other.has_the_rest_of(&noise), "free or nosave memory was written to");
    (report, shelf.image)
}

#[test]
fn every_page_and_register_comes_back_and_nothing_else_is_touched() {
    for seed in 0..4 {
        let mut machine = Machine::sample(seed);
        let pages = machine.saved().len() as u64;
        let (report, _) = round_trip(&mut machine);
        assert_eq!((report.pages, report.free_pages), (pages, 16));
    }
}

#[test]
fn while_a_snapshot_is_taken_only_the_staging_area_is_lent_for_writing() {
    let mut machine = Machine::sample(1);
    machine.ram.take_lent();
    let _ = live(machine.take(&mut Shelf::default()));
    assert_eq!(machine.ram.take_lent(), []);

    let staging = frames(0x98000, 40);
    machine.system.ram.push(region(0x98000, 40));
    machine.system.free.push(staging);
    machine.system.staging = Some(staging);
    let mut machine = Machine::new(machine.system);
    machine.fill(2);
    let before = machine.clone();
    let _ = live(machine.take(&mut Shelf::default()));
    let lent = machine.ram.take_lent();
    assert!(!lent.is_empty() && lent.iter().all(|range| staging.covers(*range)));
    for frame in machine.ram.frames().filter(|frame| !staging.contains(*frame)) {
        assert!(machine.ram.page(frame) == before.ram.page(frame), "{frame:?}");
    }
}

#[test]
fn an_image_is_the_same_with_and_without_a_staging_area() {
    // Room for no chunk, one, a few, all: 17 pages are the least that one chunk at its worst fits.
    for pages in [1, 17, 20, 40, 100] {
        let mut machine = Machine::new(FakeSystem {
            ram: [region(0x200, 70), region(0x400, 100)].into(),
            free: [frames(0x400, 100), frames(0x210, 2)].into(),
            ..FakeSystem::default()
        });
        machine.fill(7);
        let (_, without) = round_trip(&mut machine);
        machine.system.staging = Some(frames(0x400, pages));
        let (_, with) = round_trip(&mut machine);
        assert!(with == without, "{pages} pages");
    }
}

#[test]
fn a_staging_area_between_used_pages_is_not_saved() {
    // Three extents for four runs of data: gaps of 24 free pages are absorbed, the staging area of 20 is not.
    let mut machine = Machine::new(FakeSystem {
        ram: [region(0x100, 0x80)].into(),
        free: [frames(0x108, 24), frames(0x128, 24), frames(0x148, 20)].into(),
        staging: Some(frames(0x148, 20)),
        ..FakeSystem::default()
    });
    machine.ram.fill_noise(1);
    let mut shelf = Shelf::default();
    let report = live(machine.take_with::<3, 8, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()));
    assert_eq!(report.extents, 2);
    let staging = machine.system.staging.unwrap();
    let image = Image::parse(&shelf.image).unwrap();
    assert!(!image.extents.iter().any(|extent| extent.frames.overlaps(staging)));
    let mut other = machine.restarted(1);
    assert_eq!(other.boot(&mut shelf).id(), Some(0));
    assert!(other.is_as(&machine));
}

#[test]
fn a_staging_area_in_use_or_outside_ram_is_refused() {
    for staging in [frames(0x80000, 4), frames(0x9000b, 4), frames(0x70000, 1), frames(0x90018 - 1, 2)] {
        let mut machine = Machine::sample(1);
        machine.system.staging = Some(staging);
        assert_eq!(machine.take(&mut Shelf::default()), Err(TakeError::StagingNotFree), "{staging:?}");
        assert_eq!(machine.system.journal.state.get(), SnapshotState::None);
    }
}

#[test]
fn a_staging_area_may_lie_in_nosave_memory() {
    let mut machine = Machine::new(FakeSystem {
        ram: [region(0x100, 60)].into(),
        nosave: [region(0x108, 20)].into(),
        staging: Some(frames(0x108, 20)),
        ..FakeSystem::default()
    });
    machine.fill(3);
    let _ = round_trip(&mut machine);
}

#[test]
fn scattered_pages_share_chunks() {
    // Every third page is used: no chunk is contiguous.
    let mut machine = Machine::new(FakeSystem {
        ram: [region(0x100, 90)].into(),
        free: (0..30).flat_map(|i| [frames(0x100 + 3 * i, 1), frames(0x102 + 3 * i, 1)]).collect(),
        ..FakeSystem::default()
    });
    let mut rng = Rng::new(3);
    for frame in machine.saved() {
        rng.fill(&mut machine.ram.page_mut(frame)[..2000]);
    }
    let (report, _) = round_trip(&mut machine);
    assert_eq!((report.pages, report.extents, report.chunks), (30, 30, 2));
    // The same with a staging area in another bank, which the chunks are gathered for too.
    machine.system.free.push(frames(0x100, 1));
    machine.system.ram.push(region(0x300, 40));
    machine.system.free.push(frames(0x300, 40));
    machine.system.staging = Some(frames(0x300, 40));
    let mut larger = Machine::new(machine.system.clone());
    larger.fill(4);
    let _ = round_trip(&mut larger);
}

#[test]
fn chunks_that_do_not_shrink_are_stored_raw() {
    let mut machine = Machine::new(FakeSystem { ram: [region(0x100, 40)].into(), ..FakeSystem::default() });
    machine.ram.fill_noise(5);
    let (report, image) = round_trip(&mut machine);
    assert_eq!((report.chunks, report.raw_chunks), (3, 3));
    assert_eq!(image.len(), (4 + 40) * 4096);
}

#[test]
fn zero_pages_cost_nothing_in_the_chunks() {
    let mut machine = Machine::new(FakeSystem { ram: [region(0x100, 40)].into(), ..FakeSystem::default() });
    let (report, image) = round_trip(&mut machine);
    assert_eq!((report.pages, report.zero_pages, report.chunks, report.extents), (40, 40, 0, 1));
    assert_eq!(image.len(), HEADER_LEN + 2 * 4096, "header, context, map; the index is empty");
}

#[test]
fn a_system_that_uses_no_page_can_be_saved_too() {
    let mut machine = Machine::new(FakeSystem {
        ram: [region(0x100, 4)].into(),
        free: [frames(0x100, 4)].into(),
        ..FakeSystem::default()
    });
    machine.cpu.registers[3] = 3;
    let (report, image) = round_trip(&mut machine);
    assert_eq!((report.pages, report.free_pages, report.extents), (0, 4, 0));
    assert_eq!(image.len(), 2 * 4096);
}

#[test]
fn oem_regions_are_saved_whatever_the_system_calls_them() {
    let mut machine = Machine::new(FakeSystem {
        ram: [region(0x100, 4)].into(),
        oem: [region(0x104, 2), region(0x90, 1)].into(),
        free: [frames(0x90, 0x100)].into(),
        ..FakeSystem::default()
    });
    machine.ram.fill_noise(8);
    let (report, _) = round_trip(&mut machine);
    assert_eq!((report.pages, report.free_pages), (3, 4));
}

#[test]
fn saved_memory_in_more_pieces_than_extents_fits_by_absorbing_gaps() {
    // Data, zero and free pages by turns, with gaps of 1 to 4 pages: 40 pieces and more.
    let mut free = Vec::new();
    let mut at = 0x100;
    let mut rng = Rng::new(11);
    let mut machine = Machine::new(FakeSystem { ram: [region(0x100, 128)].into(), ..FakeSystem::default() });
    while at < 0x17a {
        rng.fill(machine.ram.page_mut(Pfn(at)));
        let gap = 1 + rng.below(4);
        if rng.below(2) == 0 {
            free.push(frames(at + 1, gap as u32));
        }
        at += 1 + gap;
    }
    machine.system.free = free;
    let (report, _) = round_trip(&mut machine);
    assert!(report.extents > 40, "{report:?}");

    let extents = report.extents;
    let mut last_len = 0;
    for room in [32, 16, 8, 4, 3] {
        let mut shelf = Shelf::default();
        let taken = match room {
            32 => machine.take_with::<32, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()),
            16 => machine.take_with::<16, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()),
            8 => machine.take_with::<8, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()),
            4 => machine.take_with::<4, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()),
            _ => machine.take_with::<3, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()),
        };
        let report = live(taken);
        assert!(report.extents <= room && report.extents < extents, "{report:?}");
        assert!(report.image_len >= last_len);
        last_len = report.image_len;
        let mut other = machine.restarted(12);
        assert_eq!(other.boot(&mut shelf).id(), Some(0));
        assert!(other.is_as(&machine), "{room} extents");
    }
}

#[test]
fn three_extents_for_each_piece_of_the_memory_map_are_always_enough() {
    // Zero, data, zero: the worst that absorbing cannot join. Two banks make six.
    let mut machine = Machine::new(FakeSystem {
        ram: [region(0x100, 30), region(0x200, 30)].into(),
        ..FakeSystem::default()
    });
    for base in [0x100, 0x200] {
        for page in [10, 13, 17, 19] {
            machine.ram.page_mut(Pfn(base + page)).fill(1);
        }
    }
    let mut shelf = Shelf::default();
    let report = live(machine.take_with::<6, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()));
    assert_eq!(report.extents, 6);
    let error = machine.take_with::<5, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ());
    assert_eq!(error, Err(TakeError::TooManyExtents));
    assert_eq!(machine.system.journal.state.get(), SnapshotState::None);
}

#[test]
fn more_chunks_than_the_workspace_holds_are_an_error() {
    let mut machine = Machine::new(FakeSystem { ram: [region(0x100, 33)].into(), ..FakeSystem::default() });
    machine.ram.fill_noise(1);
    let mut shelf = Shelf::default();
    let taken = machine.take_with::<8, 2, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ());
    assert_eq!(taken, Err(TakeError::TooManyChunks));
    assert!(shelf.image.is_empty());
    assert_eq!(
        live(machine.take_with::<8, 3, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ())).chunks,
        3,
        "one for each 64 KiB are enough"
    );
}

#[test]
fn the_raw_codec_works_as_lz4_does() {
    let mut machine = Machine::sample(6);
    let mut shelf = Shelf::default();
    let report = live(machine.take_with::<64, 16, _, _, _>(&mut Raw, &mut shelf, &mut ()));
    assert_eq!(report.chunks, report.raw_chunks);
    let mut other = machine.restarted(7);
    let booted = other.boot_with::<64, 16, _, _, _>(&Raw, &mut shelf, &mut ());
    assert_eq!(booted.id(), Some(0));
    assert!(other.is_as(&machine));
}

#[test]
fn memory_that_cannot_be_reached_is_an_error() {
    let mut machine = Machine::sample(1);
    machine.system.ram.push(region(0xb0000, 1));
    let taken = machine.take(&mut Shelf::default());
    assert_eq!(taken, Err(TakeError::Unreachable));
}

/// RAM that changes after a number of looks at it.
struct Restless {
    before: oal_sim::FakeRam,
    after: oal_sim::FakeRam,
    looks: core::cell::Cell<u32>,
}

impl Memory for Restless {
    fn pages(&self, frames: FrameRange) -> Option<&[Page]> {
        let looks = self.looks.get();
        self.looks.set(looks.saturating_sub(1));
        if looks > 0 { self.before.pages(frames) } else { self.after.pages(frames) }
    }
    fn pages_mut(&mut self, frames: FrameRange) -> Option<&mut [Page]> {
        self.before.pages_mut(frames)
    }
    fn read_write(&mut self, read: FrameRange, write: FrameRange) -> Option<(&[Page], &mut [Page])> {
        self.before.read_write(read, write)
    }
}

#[test]
fn memory_that_changes_after_it_was_measured_is_an_error_and_never_committed() {
    let mut machine = Machine::new(FakeSystem { ram: [region(0x100, 16)].into(), ..FakeSystem::default() });
    machine.ram.page_mut(Pfn(0x105)).fill(1);
    for frame in 0x100..0x110 {
        machine.ram.page_mut(Pfn(frame))[0] = 1;
    }
    let mut after = machine.ram.clone();
    after.page_mut(Pfn(0x10f))[77] = 1;
    // 16 looks to scan, one to measure; the next one is to write.
    let mut memory = Restless { before: machine.ram.clone(), after, looks: 17.into() };
    let (state, mut shelf) = (StateCell::new(), Shelf::default());
    let taken = Snapshot {
        system: &mut machine.system,
        state: &state,
        identity: &machine.identity,
        memory: &mut memory,
        cpu: &mut machine.cpu,
        codec: &mut Lz4::new(),
        store: &mut shelf,
        observer: &mut (),
        settings: Settings::default(),
    }
    .take(&mut Box::new(Workspace::<8, 4>::new()));
    assert_eq!(taken, Err(TakeError::MemoryChanged));
    assert!(!shelf.finished);
}

#[test]
fn progress_is_told_from_the_first_page_to_the_last() {
    let mut machine = Machine::sample(2);
    let (mut shelf, mut seen) = (Shelf::default(), Vec::new());
    let mut observer = |progress| seen.push(progress);
    let report = live(machine.take_with::<64, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut observer));
    assert_eq!(seen.first(), Some(&Progress::Captured));
    assert_eq!(seen.last(), Some(&Progress::Written));
    let last = |of: fn(&Progress) -> Option<(u64, u64)>| seen.iter().filter_map(of).next_back();
    let scanned = last(|p| if let Progress::Scan { done, total } = p { Some((*done, *total)) } else { None });
    assert_eq!(scanned, Some((report.pages + report.free_pages, report.pages + report.free_pages)));
    let chunks = u64::from(report.chunks);
    let packed =
        last(|p| if let Progress::Compress { done, total } = p { Some((*done, *total)) } else { None });
    assert_eq!(packed, Some((chunks, chunks)));
    let written =
        last(|p| if let Progress::Write { done, total } = p { Some((*done, *total)) } else { None });
    assert_eq!(written, Some((report.image_len, report.image_len)));

    let mut seen = Vec::new();
    let booted =
        machine
            .restarted(1)
            .boot_with::<64, 16, _, _, _>(&Lz4::new(), &mut shelf, &mut |progress| seen.push(progress));
    let chosen =
        Progress::Chosen { id: booted.report.booted.unwrap().id, slot: 0, attempt: 1, pages: report.pages };
    assert_eq!(seen.first(), Some(&chosen));
    assert_eq!(seen[seen.len() - 2], Progress::Load { done: report.pages, total: report.pages });
    assert_eq!(seen.last(), Some(&Progress::Loaded));
}

#[test]
fn an_image_carries_what_the_machine_is_and_what_the_system_says() {
    let mut machine = Machine::sample(3);
    machine.settings.oem_data = 0x1234_5678;
    machine.cpu.registers[..2].copy_from_slice(&[0x6010_0040, 0xffff_ffc0]);
    let mut shelf = Shelf::with_image(Vec::new(), 77);
    let report = live(machine.take(&mut shelf));
    let image = Image::parse(&shelf.image).unwrap();
    assert_eq!((report.id.0, report.slot), (77, 0));
    assert_eq!(image.header.id.0, 77);
    assert_eq!((image.header.oem_data, image.header.resume_address), (0x1234_5678, 0xffff_ffc0_6010_0040));
    assert_eq!(image.header.identity, machine.identity);
    assert_eq!(image.context.as_chunks().0, machine.cpu.registers.map(u32::to_le_bytes));
    assert!(image.extents.iter().any(|extent| extent.kind == ExtentKind::Zero));
    assert!(image.build() == shelf.image, "the test's own writer agrees with the library's");
}
