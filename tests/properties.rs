//! What holds for every memory map, any saved memory and every history of a store.

use std::collections::BTreeSet;

use oal_sim::machine::{frames, region};
use oal_sim::{FakeSystem, Image, Machine, RamDisk, Rng, Shelf};
use oal_snapshot::codec::{Lz4, Raw};
use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
use oal_snapshot::hooks::{BootPolicy, SelectSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::image::{Chunks, ExtentKind, chunk_pages};
use oal_snapshot::memory_map::{MemoryLayout, MemoryMap};
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::store::{BlockStore, Slots, Store, StoreSettings};
use oal_snapshot::system::System;
use oal_snapshot::take::{TakeReport, Timeline};
use proptest::collection::vec;
use proptest::prelude::*;

/// Up to `max` regions among the first 64 frames.
fn regions(max: usize) -> impl Strategy<Value = Vec<RamRegion>> {
    vec((0_u64..64, 1_u32..12), 0..=max)
        .prop_map(|list| list.into_iter().map(|(first, count)| region(first, count)).collect())
}

fn set(regions: &[RamRegion]) -> BTreeSet<u64> {
    regions.iter().flat_map(|r| r.base / 4096..(r.base + r.len) / 4096).collect()
}

fn set_of(ranges: impl Iterator<Item = FrameRange>) -> BTreeSet<u64> {
    ranges.flat_map(|range| range.first.0..range.end().0).collect()
}

/// What a page is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Free,
    Zero,
    Text,
    Noise,
}

fn kinds(pages: usize) -> impl Strategy<Value = Vec<Kind>> {
    let kind = prop_oneof![Just(Kind::Free), Just(Kind::Zero), Just(Kind::Text), Just(Kind::Noise)];
    // Runs, so that there are long extents and short ones.
    vec((kind, 1_usize..9), pages)
        .prop_map(move |runs| runs.into_iter().flat_map(|(kind, n)| vec![kind; n]).take(pages).collect())
}

/// Three regions of RAM, two of them neighbours, one of the OEM's, 88 pages of the given kinds, and a nosave
/// region.
fn machine(kinds: &[Kind], nosave: (u64, u32), seed: u64) -> Machine {
    let mut system = FakeSystem {
        ram: vec![region(0x100, 40), region(0x128, 20), region(0x200, 20)],
        oem: vec![region(0x80, 8)],
        nosave: vec![region(0x100 + nosave.0, nosave.1)],
        ..FakeSystem::default()
    };
    let all: Vec<u64> = (0x80..0x88).chain(0x100..0x13c).chain(0x200..0x214).collect();
    system.free =
        all.iter().zip(kinds).filter(|(_, k)| **k == Kind::Free).map(|(f, _)| frames(*f, 1)).collect();
    let mut machine = Machine::new(system);
    let mut rng = Rng::new(seed);
    for (frame, kind) in all.iter().zip(kinds) {
        let page = machine.ram.page_mut(Pfn(*frame));
        match kind {
            Kind::Zero => {}
            Kind::Text => page[seed as usize % 4096] = 1 + *frame as u8 % 99,
            Kind::Noise | Kind::Free => rng.fill(page),
        }
    }
    machine.cpu.registers[0] = seed as u32;
    machine
}

fn live<E: core::fmt::Debug>(taken: Result<Timeline, E>) -> TakeReport {
    match taken {
        Ok(Timeline::Live(report)) => report,
        other => panic!("not live: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_memory_map_is_its_regions_less_what_is_nosave(
        ram in regions(4),
        oem in regions(3),
        nosave in regions(5),
    ) {
        let all: Vec<RamRegion> = ram.iter().chain(&oem).copied().collect();
        let pages: u64 = all.iter().map(|r| r.len / 4096).sum();
        let disjoint = set(&all).len() as u64 == pages;
        let map = MemoryMap::new(&MemoryLayout { ram: &ram, oem: &oem, nosave: &nosave });
        prop_assert_eq!(map.is_ok(), disjoint, "{:?}", map);
        let Ok(map) = map else { return Ok(()) };

        let expected: BTreeSet<u64> = set(&all).difference(&set(&nosave)).copied().collect();
        let pieces: Vec<FrameRange> = map.saved().map(|area| area.frames).collect();
        prop_assert_eq!(set_of(pieces.iter().copied()), expected.clone());
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
        prop_assert!(pieces.windows(2).all(|pair| pair[0].end() <= pair[1].first));
        for first in 0..70 {
            prop_assert_eq!(map.is_saved(frames(first, 1)), expected.contains(&first));
            prop_assert_eq!(map.is_nosave(Pfn(first)), set(&nosave).contains(&first));
        }
        let reversed = |list: &[RamRegion]| list.iter().rev().copied().collect::<Vec<_>>();
        let (ram, oem, nosave) = (reversed(&ram), reversed(&oem), reversed(&nosave));
        let backwards =
            MemoryMap::new(&MemoryLayout { ram: &ram, oem: &oem, nosave: &nosave }).unwrap();
        prop_assert_eq!(backwards.saved().collect::<Vec<_>>(), map.saved().collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_page_map_names_every_used_page_once_and_chunks_deal_out_the_data(
        kinds in kinds(88),
        nosave in (0_u64..70, 1_u32..10),
        seed in any::<u64>(),
    ) {
        let mut machine = machine(&kinds, nosave, seed);
        let mut shelf = Shelf::default();
        let report = live(machine.take_with::<128, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()));
        let image = Image::parse(&shelf.image).unwrap();
        let used = machine.saved();
        let is_zero = |frame: &&Pfn| machine.ram.page(**frame).iter().all(|byte| *byte == 0);
        let of = |kind| set_of(image.extents.iter().filter(|e| e.kind == kind).map(|e| e.frames));
        let zero: BTreeSet<u64> = used.iter().filter(is_zero).map(|frame| frame.0).collect();
        let data: BTreeSet<u64> = used.iter().filter(|f| !is_zero(f)).map(|frame| frame.0).collect();
        prop_assert_eq!(of(ExtentKind::Zero), zero);
        prop_assert_eq!(of(ExtentKind::Data), data.clone());
        prop_assert!(image.extents.windows(2).all(|pair| pair[0].frames.end() <= pair[1].frames.first));

        let chunks: Vec<_> = Chunks::new(&image.extents).collect();
        let dealt: Vec<u64> =
            chunks.iter().flatten().flat_map(|run| run.first.0..run.end().0).collect();
        prop_assert_eq!(dealt, data.into_iter().collect::<Vec<_>>(), "in the order of the map");
        prop_assert!(chunks.iter().rev().skip(1).all(|chunk| chunk_pages(chunk) == 16));
        prop_assert_eq!(report.chunks as usize, chunks.len());

        // With a map of few extents the same pages are there, and perhaps free ones, but none outside saved memory.
        let _ = live(machine.take_with::<15, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()));
        let small = Image::parse(&shelf.image).unwrap();
        let covered = set_of(small.extents.iter().map(|e| e.frames));
        prop_assert!(used.iter().all(|frame| covered.contains(&frame.0)));
        let map = MemoryMap::new(&machine.system.layout()).unwrap();
        prop_assert!(small.extents.iter().all(|extent| map.is_saved(extent.frames)));
    }

    #[test]
    fn all_saved_memory_comes_back(
        kinds in kinds(88),
        nosave in (0_u64..70, 1_u32..10),
        seed in any::<u64>(),
        staged in any::<bool>(),
        few_extents in any::<bool>(),
    ) {
        let mut machine = machine(&kinds, nosave, seed);
        if staged {
            // A bank of free pages for staging: one chunk fits, not all.
            machine.system.ram.push(region(0x400, 24));
            machine.system.free.push(frames(0x400, 24));
            machine.system.staging = Some(frames(0x400, 24));
            let old = machine.clone();
            machine = Machine::new(machine.system);
            for frame in old.ram.frames() {
                machine.ram.page_mut(frame).copy_from_slice(old.ram.page(frame));
            }
            machine.cpu = old.cpu;
        }
        let before = machine.clone();
        let mut shelf = Shelf::default();
        if few_extents {
            let _ = live(machine.take_with::<18, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()));
        } else {
            let _ = live(machine.take_with::<128, 16, _, _, _>(&mut Lz4::new(), &mut shelf, &mut ()));
        }
        prop_assert!(machine.is_as(&before));
        let mut other = machine.restarted(seed ^ 1);
        let noise = other.clone();
        let booted = other.boot_with::<128, 16, _, _, _>(&Lz4::new(), &mut shelf, &mut ());
        prop_assert_eq!(booted.cold(), None);
        prop_assert!(other.is_as(&machine));
        prop_assert!(few_extents || other.has_the_rest_of(&noise));
        prop_assert!(Image::parse(&shelf.image).unwrap().build() == shelf.image);

        let _ = live(machine.take_with::<128, 16, _, _, _>(&mut Raw, &mut shelf, &mut ()));
        let mut other = machine.restarted(seed ^ 2);
        prop_assert_eq!(other.boot_with::<128, 16, _, _, _>(&Raw, &mut shelf, &mut ()).cold(), None);
        prop_assert!(other.is_as(&machine));
    }
}

/// What a store's user does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Take(BootPolicy),
    Boot,
    ConfirmBooted,
    Consume,
    Invalidate,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Take(BootPolicy::Always)),
        2 => Just(Act::Take(BootPolicy::Once)),
        6 => Just(Act::Boot),
        2 => Just(Act::ConfirmBooted),
        1 => Just(Act::Consume),
        1 => Just(Act::Invalidate),
    ]
}

/// An image as the model knows it.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: u64,
    seed: u64,
    policy: BootPolicy,
    attempts: u8,
    consumed: bool,
}

const MAX_ATTEMPTS: u8 = 2;

/// A store in a few lines: two slots, none of them on a medium.
#[derive(Debug, Default)]
struct Model {
    slots: [Option<Known>; 2],
}

impl Model {
    fn by_age(&mut self) -> Vec<&mut Known> {
        let mut known: Vec<_> = self.slots.iter_mut().flatten().collect();
        known.sort_by_key(|image| core::cmp::Reverse(image.id));
        known
    }

    fn take(&mut self, image: Known) {
        let worth = |slot: &Option<Known>| match slot {
            None => (0, 0),
            Some(image) if image.consumed => (1, image.id),
            Some(image) if image.attempts >= MAX_ATTEMPTS => (2, image.id),
            Some(image) => (3, image.id),
        };
        let at = if worth(&self.slots[0]) <= worth(&self.slots[1]) { 0 } else { 1 };
        self.slots[at] = Some(image);
    }

    fn consume(&mut self) {
        for image in self.by_age() {
            image.consumed |= image.policy == BootPolicy::Once;
        }
    }

    fn boot(&mut self) -> Result<Known, Reason> {
        let mut why = Reason::NoImage;
        let mut images = self.by_age();
        for image in images.iter_mut().rev() {
            if image.consumed {
                why = Reason::Consumed;
            } else if image.attempts >= MAX_ATTEMPTS {
                why = Reason::AttemptsExhausted;
            }
        }
        let chosen = images.into_iter().find(|image| !image.consumed && image.attempts < MAX_ATTEMPTS);
        let chosen = chosen.map(|image| {
            image.attempts += 1;
            *image
        });
        self.consume();
        chosen.ok_or(why)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_store_does_what_its_model_does(acts in vec(act(), 1..20)) {
        let mut disk = RamDisk::blank(64 + 2 * 12 * 8).with_cache();
        let mut model = Model::default();
        let mut last = None;
        for (seed, act) in (1..).zip(acts) {
            let settings =
                StoreSettings { slots: Slots::Two, max_attempts: MAX_ATTEMPTS };
            // A new store for each act: nothing is remembered but on the medium.
            let mut store = BlockStore::new(&mut disk, settings).unwrap();
            match act {
                Act::Take(policy) => {
                    let mut machine = Machine::tiny(seed);
                    machine.settings.policy = policy;
                    let id = live(machine.take(&mut store)).id.0;
                    model.take(Known { id, seed, policy, attempts: 0, consumed: false });
                }
                Act::Boot => {
                    let mut machine = Machine::tiny(0).restarted(7);
                    let booted = machine.boot(&mut store);
                    match model.boot() {
                        Ok(image) => {
                            prop_assert_eq!(booted.id(), Some(image.id));
                            prop_assert_eq!(booted.report.attempt, image.attempts);
                            prop_assert!(machine.is_as(&Machine::tiny(image.seed)));
                            last = Some(image.id);
                        }
                        Err(reason) => prop_assert_eq!(booted.cold(), Some((Stage::Select, reason))),
                    }
                }
                Act::ConfirmBooted => {
                    let Some(id) = last else { continue };
                    let known = model.by_age().into_iter().find(|image| image.id == id);
                    prop_assert_eq!(store.confirm(ImageId(id)).is_ok(), known.is_some());
                    if let Some(image) = known {
                        image.attempts = 0;
                    }
                }
                Act::Consume => {
                    store.consume().unwrap();
                    model.consume();
                }
                Act::Invalidate => {
                    store.invalidate().unwrap();
                    model = Model::default();
                }
            }
            disk.power_cycle();
        }
    }
}
