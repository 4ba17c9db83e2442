//! Random chips of every kind through take and boot: the engine, the NAND store, a driver with its ECC, and a
//! chip that follows its data sheet command by command.
//!
//! `OAL_NAND_CHIP=123 cargo test -p oal-sim --test nand_random_chips -- --nocapture` runs chip 123 alone.

use std::collections::BTreeMap;

use oal_sim::nand::{Change, Failure, When};
use oal_sim::{Booted, Machine, NandBoard, Rng};
use oal_snapshot::hooks::{BootPolicy, SelectSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::Reason;
use oal_snapshot::store::nand::{LOG_BLOCKS, NandPage, NandStore};
use oal_snapshot::store::{Slots, StoreSettings};
use oal_snapshot::take::Timeline;
use random_chip::{MAP, RandomChip};

mod random_chip;

/// How many chips: all of them in an optimised run, a sample in a debug build.
const CHIPS: u64 = if cfg!(debug_assertions) { 100 } else { 10_000 };

/// The chips to run: all, or the one that the environment names.
fn chips() -> std::ops::Range<u64> {
    let one = std::env::var("OAL_NAND_CHIP").ok().map(|seed| seed.parse::<u64>().expect("a chip's number"));
    one.map_or(0..CHIPS, |seed| seed..seed + 1)
}

/// Names the chip whose run panics.
struct Running(u64, String);

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("failed: OAL_NAND_CHIP={} ({})", self.0, self.1);
        }
    }
}

/// A chip in the course of its life.
struct Life {
    chip: RandomChip,
    rng: Rng,
    settings: StoreSettings,
    policy: BootPolicy,
    /// Blocks that were bad from the start.
    planted: Vec<u64>,
    /// Bits flipped, with what their page was then.
    flipped: Vec<(NandPage, Vec<usize>, Vec<u8>)>,
    counts: BTreeMap<String, u64>,
}

impl Life {
    fn new(seed: u64) -> Life {
        let mut rng = Rng::new(seed);
        let chip = RandomChip::new(&mut rng);
        let policy = if rng.below(4) == 0 { BootPolicy::Once } else { BootPolicy::Always };
        let settings = StoreSettings { slots: Slots::Two, max_attempts: 3 * rng.below(2) as u8 };
        let mut life = Life {
            chip,
            rng,
            settings,
            policy,
            planted: Vec::new(),
            flipped: Vec::new(),
            counts: BTreeMap::new(),
        };
        life.plant_bad_blocks();
        life
    }

    fn count(&mut self, what: &str, n: u64) {
        *self.counts.entry(what.into()).or_default() += n;
    }

    /// At the factory: up to two blocks of the log, up to four others.
    fn plant_bad_blocks(&mut self) {
        let (log, others) = (u64::from(LOG_BLOCKS), u64::from(self.chip.blocks - LOG_BLOCKS));
        for (most, first, count) in [(2, 0, log), (4, log, others)] {
            for _ in 0..self.rng.below(most + 1) {
                self.planted.push(first + self.rng.below(count));
            }
        }
        let marker = self.chip.marker;
        self.chip.cells(|array| self.planted.iter().for_each(|block| array.plant_bad(*block as u32, marker)));
        self.count("factory-bad blocks", self.planted.len() as u64);
    }

    /// Counts the blocks that went bad.
    fn count_retired(&mut self) {
        let (_, map, _) = self.chip.newest_record();
        let bad = (0..8 * MAP as u64).filter(|block| map[*block as usize / 8] >> (block % 8) & 1 != 0);
        let retired = bad.filter(|block| !self.planted.contains(block)).count();
        self.count("blocks retired", retired as u64);
    }

    /// Has a program or an erase fail soon.
    fn plan_failure(&mut self) {
        let (change, within) =
            if self.rng.below(2) == 0 { (Change::Program, 40) } else { (Change::Erase, 5) };
        let when = When::After(self.rng.below(within));
        self.chip.cells(|array| array.fail(Failure { change, when }));
        self.count("failures planned", 1);
    }

    fn store<const PAGE: usize>(&self) -> NandStore<NandBoard<'static>, PAGE, MAP> {
        NandStore::new(self.chip.open(), self.settings).expect("a chip that fits")
    }

    fn take<const PAGE: usize>(&mut self, machine: &Machine) {
        let mut machine = machine.clone();
        machine.settings.policy = self.policy;
        let taken = machine.take(&mut self.store::<PAGE>());
        assert!(matches!(taken, Ok(Timeline::Live(_))), "{taken:?}");
        self.count("snapshots", 1);
    }

    /// Flips bits of a page: in each codeword as many as `wrong` says.
    fn flip(&mut self, at: NandPage, mut wrong: impl FnMut(&mut Rng) -> usize) {
        let mut bits = Vec::new();
        for codeword in 0..self.chip.codewords.len() {
            let wrong = wrong(&mut self.rng);
            bits.extend(self.chip.bits(codeword, wrong, &mut self.rng));
        }
        self.count("bits flipped", bits.len() as u64);
        let after = self.chip.cells(|array| {
            bits.iter().for_each(|bit| array.flip(at.block, at.page, *bit));
            array.peek(at.block, at.page)
        });
        self.flipped.push((at, bits, after));
    }

    /// Flips bits in all pages of the store, in each codeword up to as many as its ECC corrects.
    fn age(&mut self) {
        let (record, map, _) = self.chip.newest_record();
        let strength = self.chip.strength as u64;
        let images = [0, 1].map(|slot| self.chip.image_pages(&record, &map, slot)).concat();
        for at in images.into_iter().chain(self.chip.log_pages()) {
            self.flip(at, |rng| rng.below(strength + 1) as usize);
            self.count("pages with flips up to the strength", 1);
        }
    }

    /// Puts flipped bits right in pages that were not written since.
    fn heal(&mut self) {
        for (at, bits, after) in core::mem::take(&mut self.flipped) {
            self.chip.cells(|array| {
                if array.peek(at.block, at.page) == after {
                    bits.iter().for_each(|bit| array.flip(at.block, at.page, *bit));
                }
            });
        }
    }

    /// Boots with other RAM contents; gives the machine that came out, and how many pages could not be
    /// corrected.
    fn boot<const PAGE: usize>(&mut self, noise: u64) -> (Machine, Booted, u64) {
        let mut store = self.store::<PAGE>();
        let mut machine = Machine::tiny(0).restarted(noise);
        let booted = machine.boot(&mut store);
        if let Some(id) = booted.id()
            && self.rng.below(2) == 0
        {
            // What is left after the boot of an image to be booted once cannot be confirmed.
            let confirmed = store.confirm(ImageId(id));
            assert!(confirmed.is_ok() || self.policy == BootPolicy::Once, "{confirmed:?}");
        }
        let read = store.device_mut().read;
        self.count("pages read", read.all);
        self.count("pages worn", read.worn);
        self.count("pages found uncorrectable", read.uncorrectable);
        (machine, booted, read.uncorrectable)
    }

    /// A snapshot, wrong bits up to the strength, a boot: the right image.
    fn round<const PAGE: usize>(&mut self, round: u64) -> Machine {
        let taken = Machine::tiny(self.rng.bits());
        self.take::<PAGE>(&taken);
        self.age();
        let (machine, booted, _) = self.boot::<PAGE>(round);
        assert!(booted.id().is_some(), "round {round}: {:?}", booted.report);
        // The image before it may be used up.
        let refused = booted.refused();
        assert!(refused.iter().all(|(_, reason)| *reason == Reason::Consumed), "round {round}: {refused:?}");
        assert!(machine.is_as(&taken), "round {round}: wrong bytes");
        self.heal();
        self.count("boots of the right image", 1);
        taken
    }

    fn up_to_the_strength<const PAGE: usize>(&mut self) {
        for round in 1..=2 + self.rng.below(2) {
            if round < 4 && self.rng.below(2) == 0 {
                self.plan_failure();
            }
            self.round::<PAGE>(round);
        }
        self.count_retired();
        assert_eq!(self.chip.violations(), "[]");
    }

    fn beyond_the_strength<const PAGE: usize>(&mut self) {
        let previous = self.round::<PAGE>(1);
        let newest = Machine::tiny(self.rng.bits());
        self.take::<PAGE>(&newest);
        let (record, map, copies) = self.chip.newest_record();
        let slot = (0..2).max_by_key(|slot| record.slots[*slot].map(|entry| entry.id)).unwrap_or(0);
        let [image, other] = [slot, 1 - slot].map(|slot| self.chip.image_pages(&record, &map, slot));
        let any = |pages: &[NandPage], rng: &mut Rng| pages[rng.below(pages.len() as u64) as usize];
        let case = CASES[self.rng.below(CASES.len() as u64) as usize];
        let pages = match case {
            Case::Page => vec![any(&image, &mut self.rng)],
            Case::Header => vec![image[0]],
            Case::OneCopy => vec![any(&copies, &mut self.rng)],
            Case::Record => copies,
            Case::Log => self.chip.log_pages(),
            Case::Both if other.is_empty() => vec![any(&image, &mut self.rng)],
            Case::Both => vec![any(&image, &mut self.rng), any(&other, &mut self.rng)],
        };
        let codewords = match case {
            Case::OneCopy | Case::Record | Case::Log => self.chip.record_codewords(),
            Case::Page | Case::Header | Case::Both => self.chip.data_codewords(),
        };
        for at in pages {
            // One codeword has more wrong bits than its ECC corrects, a few or many; the others up to that.
            let (strength, spoilt) = (self.chip.strength, self.rng.below(codewords as u64));
            let extra =
                1 + if self.rng.below(2) == 0 { self.rng.below(4) } else { self.rng.below(60) } as usize;
            let mut codeword = 0..;
            self.flip(at, |rng| match codeword.next() == Some(spoilt) {
                true => strength + extra,
                false => rng.below(strength as u64 + 1) as usize,
            });
        }
        let (machine, booted, uncorrectable) = self.boot::<PAGE>(9);
        self.judge(case, &machine, &booted, uncorrectable, [&newest, &previous]);
        self.heal();
        // Whatever it was, the next snapshot works.
        if self.rng.below(4) == 0 {
            self.round::<PAGE>(10);
        }
        assert_eq!(self.chip.violations(), "[]");
    }

    /// The newest image, the one before it, or a cold boot with its reason; and which of them the case
    /// allows.
    fn judge(
        &mut self,
        case: Case,
        machine: &Machine,
        booted: &Booted,
        uncorrectable: u64,
        [newest, previous]: [&Machine; 2],
    ) {
        let once = self.policy == BootPolicy::Once;
        let end = match booted.id() {
            Some(_) if machine.is_as(newest) => End::Newest,
            Some(_) => {
                assert!(machine.is_as(previous), "{case:?}: wrong bytes");
                assert!(!once, "{case:?}: an image that had been entered was entered again");
                End::Previous
            }
            None => End::Cold(booted.cold().expect("an end").1),
        };
        let may = match (case, end) {
            // The damage may be where nothing is: behind the image's or the record's last byte.
            (Case::Log | Case::Record, End::Newest) => false,
            (_, End::Newest) => true,
            (Case::OneCopy, _) => false,
            (Case::Page | Case::Header, End::Previous) => !booted.refused().is_empty(),
            (Case::Page | Case::Header | Case::Record, End::Cold(_)) => once,
            (Case::Record, End::Previous) => true,
            (Case::Both, End::Previous) => !booted.refused().is_empty(),
            (Case::Both, End::Cold(_)) => !booted.refused().is_empty(),
            (Case::Log, End::Previous) => false,
            (Case::Log, End::Cold(reason)) => reason == Reason::LogCorrupt,
        };
        assert!(may, "{case:?} ended as {end:?}: {:?}", booted.report);
        self.count("chips with more wrong bits than the ECC corrects", 1);
        let ended = match end {
            End::Newest => {
                "ended in the newest image: by its record's twin, or nothing that counts was hit".into()
            }
            End::Previous => "ended in the image before it".into(),
            End::Cold(reason) => format!("ended in a cold boot: {reason}"),
        };
        self.count(&ended, 1);
        let noticed = match uncorrectable > 0 {
            true => "noticed by the ECC",
            false if end != End::Newest => "noticed by a checksum: the ECC had let it pass",
            false => "noticed by nobody, and harmless",
        };
        self.count(noticed, 1);
    }
}

/// How a boot ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Newest,
    Previous,
    Cold(Reason),
}

/// Where more bits are wrong than the ECC corrects.
#[derive(Clone, Copy, Debug)]
enum Case {
    /// In a page of the newest image.
    Page,
    /// In its first page.
    Header,
    /// In one copy of the newest record.
    OneCopy,
    /// In both.
    Record,
    /// In every page of the log.
    Log,
    /// In a page of each image.
    Both,
}

const CASES: [Case; 6] = [Case::Page, Case::Header, Case::OneCopy, Case::Record, Case::Log, Case::Both];

/// Runs chips, each with its own life, and prints what there was of everything.
fn run(what: &str, live: impl Fn(&mut Life)) {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut kinds: BTreeMap<usize, u64> = BTreeMap::new();
    for seed in chips() {
        let mut life = Life::new(seed);
        let _running = Running(seed, life.chip.name.clone());
        live(&mut life);
        *kinds.entry(life.chip.geometry.page_bytes).or_default() += 1;
        life.counts.into_iter().for_each(|(what, n)| *counts.entry(what).or_default() += n);
    }
    println!("{what}: {} chips, by page size {kinds:?}", chips().count());
    counts.into_iter().for_each(|(what, n)| println!("{n:>12} {what}"));
}

/// Runs `$life` for the chip's page size.
macro_rules! for_its_pages {
    ($life:ident . $run:ident) => {
        match $life.chip.geometry.page_bytes {
            512 => $life.$run::<512>(),
            2048 => $life.$run::<2048>(),
            4096 => $life.$run::<4096>(),
            _ => $life.$run::<8192>(),
        }
    };
}

#[test]
fn chips_with_wrong_bits_up_to_the_strength_of_their_ecc_boot_the_right_image() {
    run("up to the strength", |life| for_its_pages!(life.up_to_the_strength));
}

#[test]
fn beyond_the_strength_the_image_before_boots_or_none_but_never_a_wrong_one() {
    run("beyond the strength", |life| for_its_pages!(life.beyond_the_strength));
}
