//! [`Machine`]: a whole board with a system on it, that takes snapshots and boots from them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use oal_snapshot::boot::{Boot, BootEnd, BootReport};
use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::fake::{Entered, FakeCpu, REGISTERS};
use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
use oal_snapshot::hooks::{
    BootPolicy, CompressSnapshot, DecompressSnapshot, PrepareSnapshot, ReadSnapshot, SelectSnapshot,
    WriteSnapshot,
};
use oal_snapshot::image::Identity;
use oal_snapshot::memory_map::{AreaKind, MemoryMap};
use oal_snapshot::progress::Observer;
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::system::{PageClass, System};
use oal_snapshot::take::{Settings, Snapshot, TakeError, Timeline};
use oal_snapshot::workspace::Workspace;

use crate::ram::FakeRam;
use crate::rng::Rng;
use crate::system::FakeSystem;

/// A board.
#[derive(Clone)]
pub struct Machine {
    /// The system, with the board's hooks.
    pub system: FakeSystem,
    /// RAM.
    pub ram: FakeRam,
    /// The CPU.
    pub cpu: FakeCpu,
    /// Who it is.
    pub identity: Identity,
    /// How it takes snapshots.
    pub settings: Settings,
}

/// How a boot ended, with its report.
#[derive(Clone, Debug)]
pub struct Booted {
    /// How it ended.
    pub end: BootEnd<Entered>,
    /// What was found on the way.
    pub report: BootReport,
}

impl Booted {
    /// The image that was entered.
    pub fn id(&self) -> Option<u64> {
        let entered = self.end == BootEnd::Entered(Entered);
        assert_eq!(entered, self.report.booted.is_some());
        self.report.booted.map(|candidate| candidate.id.0)
    }

    /// Why the boot was a cold one.
    pub fn cold(&self) -> Option<(Stage, Reason)> {
        match self.end {
            BootEnd::Cold(ColdBoot { stage, reason }) => Some((stage, reason)),
            BootEnd::Entered(Entered) => None,
        }
    }

    /// What was refused, newest first.
    pub fn refused(&self) -> Vec<(Stage, Reason)> {
        self.report.refused.iter().map(|refusal| (refusal.stage, refusal.reason)).collect()
    }
}

/// `count` frames from `first` on.
pub const fn frames(first: u64, count: u32) -> FrameRange {
    FrameRange { first: Pfn(first), count }
}

/// The region of `count` frames from `first` on.
pub const fn region(first: u64, count: u32) -> RamRegion {
    RamRegion::new(first * 4096, count as u64 * 4096)
}

impl Machine {
    /// A board with the RAM that `system` names, all of it zero.
    pub fn new(system: FakeSystem) -> Machine {
        let ranges: Vec<FrameRange> =
            system.ram.iter().chain(&system.oem).map(|r| r.frames().expect("a valid region")).collect();
        Machine {
            ram: FakeRam::new(&ranges),
            system,
            cpu: FakeCpu::new(),
            identity: Identity { board: *b"a fake board    ", build: [0x42; 32] },
            settings: Settings::default(),
        }
    }

    /// The same, to take images of the policy `Once`.
    pub fn once(mut self) -> Machine {
        self.settings.policy = BootPolicy::Once;
        self
    }

    /// A board with two banks of RAM, OEM memory, nosave memory, free pages and saved memory of text, noise
    /// and zeroes.
    pub fn sample(seed: u64) -> Machine {
        let mut machine = Machine::new(FakeSystem {
            ram: [region(0x80000, 44), region(0x90000, 24)].into(),
            oem: [region(0xa0000, 3)].into(),
            nosave: [region(0x80006, 5)].into(),
            free: [frames(0x80010, 3), frames(0x80020, 1), frames(0x9000c, 12)].into(),
            ..FakeSystem::default()
        });
        machine.fill(seed);
        machine
    }

    /// A board with so little RAM that a test can take and boot it many hundred times.
    pub fn tiny(seed: u64) -> Machine {
        let mut machine = Machine::new(FakeSystem {
            ram: [region(0x100, 9)].into(),
            nosave: [region(0x106, 1)].into(),
            free: [frames(0x107, 1)].into(),
            ..FakeSystem::default()
        });
        machine.fill(seed);
        machine
    }

    /// A board with enough RAM for two chunks of data, and no more.
    pub fn two_chunks(seed: u64) -> Machine {
        let system = FakeSystem { ram: [region(0x100, 32)].into(), ..FakeSystem::default() };
        let mut machine = Machine::new(system);
        machine.fill(seed);
        machine
    }

    /// Fills RAM with text, noise and zeroes, and the registers with noise.
    pub fn fill(&mut self, seed: u64) {
        let mut rng = Rng::new(seed);
        let frames: Vec<Pfn> = self.ram.frames().collect();
        for frame in frames {
            let page = self.ram.page_mut(frame);
            match rng.below(4) {
                0 => page.fill(0),
                1 => rng.fill(page),
                _ => {
                    let word = rng.bits().to_le_bytes();
                    page.iter_mut().zip(word.iter().cycle()).for_each(|(byte, letter)| *byte = *letter);
                }
            }
        }
        self.cpu.registers = core::array::from_fn::<u32, REGISTERS, _>(|_| rng.bits() as u32);
    }

    /// The same board after power was off: noise in RAM, nothing in the registers, a journal of its own.
    pub fn restarted(&self, seed: u64) -> Machine {
        let mut machine = self.clone();
        machine.system.journal = Default::default();
        machine.ram.fill_noise(seed);
        machine.cpu = FakeCpu::new();
        machine
    }

    /// Takes a snapshot.
    ///
    /// # Errors
    /// Of the library.
    pub fn take<W: PrepareSnapshot + WriteSnapshot>(
        &mut self,
        store: &mut W,
    ) -> Result<Timeline, TakeError<W::Error>> {
        self.take_with::<64, 16, _, _, _>(&mut Lz4::new(), store, &mut ())
    }

    /// Takes a snapshot with another codec, an observer or another size of workspace.
    ///
    /// # Errors
    /// Of the library.
    pub fn take_with<const EXTENTS: usize, const CHUNKS: usize, Z, W, O>(
        &mut self,
        codec: &mut Z,
        store: &mut W,
        observer: &mut O,
    ) -> Result<Timeline, TakeError<W::Error>>
    where
        Z: CompressSnapshot,
        W: PrepareSnapshot + WriteSnapshot,
        O: Observer,
    {
        let mut workspace = Box::new(Workspace::<EXTENTS, CHUNKS>::new());
        self.take_in(&mut workspace, codec, store, observer)
    }

    /// Takes a snapshot with a workspace that was used before.
    ///
    /// # Errors
    /// Of the library.
    pub fn take_in<const EXTENTS: usize, const CHUNKS: usize, Z, W, O>(
        &mut self,
        workspace: &mut Workspace<EXTENTS, CHUNKS>,
        codec: &mut Z,
        store: &mut W,
        observer: &mut O,
    ) -> Result<Timeline, TakeError<W::Error>>
    where
        Z: CompressSnapshot,
        W: PrepareSnapshot + WriteSnapshot,
        O: Observer,
    {
        let journal = self.system.journal.clone();
        Snapshot {
            system: &mut self.system,
            state: &journal.state,
            identity: &self.identity,
            memory: &mut self.ram,
            cpu: &mut self.cpu,
            codec,
            store,
            observer,
            settings: self.settings,
        }
        .take(workspace)
    }

    /// Boots.
    pub fn boot<R: SelectSnapshot + ReadSnapshot>(&mut self, store: &mut R) -> Booted {
        self.boot_with::<64, 16, _, _, _>(&Lz4::new(), store, &mut ())
    }

    /// Boots with another codec, an observer or another size of workspace.
    pub fn boot_with<const EXTENTS: usize, const CHUNKS: usize, Z, R, O>(
        &mut self,
        codec: &Z,
        store: &mut R,
        observer: &mut O,
    ) -> Booted
    where
        Z: DecompressSnapshot,
        R: SelectSnapshot + ReadSnapshot,
        O: Observer,
    {
        let mut workspace = Box::new(Workspace::<EXTENTS, CHUNKS>::new());
        self.boot_in(&mut workspace, codec, store, observer)
    }

    /// Boots with a workspace that was used before.
    pub fn boot_in<const EXTENTS: usize, const CHUNKS: usize, Z, R, O>(
        &mut self,
        workspace: &mut Workspace<EXTENTS, CHUNKS>,
        codec: &Z,
        store: &mut R,
        observer: &mut O,
    ) -> Booted
    where
        Z: DecompressSnapshot,
        R: SelectSnapshot + ReadSnapshot,
        O: Observer,
    {
        let mut report = BootReport::new();
        let end = Boot {
            layout: self.system.layout(),
            identity: &self.identity,
            memory: &mut self.ram,
            cpu: &mut self.cpu,
            codec,
            store,
            observer,
        }
        .run(workspace, &mut report);
        Booted { end, report }
    }

    /// The frames that are saved.
    pub fn saved(&self) -> Vec<Pfn> {
        let map = MemoryMap::new(&self.system.layout()).expect("valid regions");
        map.saved()
            .flat_map(|area| (area.frames.first.0..area.frames.end().0).map(move |n| (area.kind, Pfn(n))))
            .filter(|(kind, pfn)| *kind == AreaKind::Oem || self.system.page_class(*pfn) == PageClass::Used)
            .map(|(_, pfn)| pfn)
            .collect()
    }

    /// Whether this machine is where `other` is: all saved memory, and the registers.
    pub fn is_as(&self, other: &Machine) -> bool {
        self.cpu == other.cpu && self.saved().iter().all(|f| self.ram.page(*f) == other.ram.page(*f))
    }

    /// Whether all RAM that is not saved is as on `other`: free pages and nosave memory.
    pub fn has_the_rest_of(&self, other: &Machine) -> bool {
        let saved = self.saved();
        self.ram.frames().filter(|f| !saved.contains(f)).all(|f| self.ram.page(f) == other.ram.page(f))
    }

    /// Whether all RAM is as on `other`.
    pub fn has_ram_of(&self, other: &Machine) -> bool {
        self.ram.frames().all(|f| self.ram.page(f) == other.ram.page(f))
    }
}
