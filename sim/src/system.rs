//! [`FakeSystem`]: what surrounds the engine, and a journal of what it was asked, in which state.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
use oal_snapshot::hooks::{GetSnapshotRegions, SnapshotResume};
use oal_snapshot::memory_map::MemoryLayout;
use oal_snapshot::state::StateCell;
use oal_snapshot::store::AttemptRegister;
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};

/// The snapshot state, and a line for each call: what was called, and the state it saw.
#[derive(Default)]
pub struct Journal {
    /// The state that the engine moves.
    pub state: StateCell,
    lines: RefCell<Vec<String>>,
}

impl Journal {
    /// Adds a line.
    pub fn note(&self, what: &str) {
        self.lines.borrow_mut().push(format!("{what} [{}]", self.state.get().name()));
    }

    /// All lines so far; the journal is empty afterwards.
    pub fn take(&self) -> Vec<String> {
        self.lines.take()
    }
}

/// A system of which everything can be set.
#[derive(Clone, Default)]
pub struct FakeSystem {
    /// The RAM that it manages.
    pub ram: Vec<RamRegion>,
    /// The RAM that only the OEM knows.
    pub oem: Vec<RamRegion>,
    /// Memory that is never saved.
    pub nosave: Vec<RamRegion>,
    /// Frames of `ram` that nobody uses.
    pub free: Vec<FrameRange>,
    /// The staging area offered.
    pub staging: Option<FrameRange>,
    /// The suspends that fail, counted from 1.
    pub failing_suspends: Vec<u8>,
    /// Where the calls are noted.
    pub journal: Rc<Journal>,
    /// Suspends so far.
    pub suspends: u8,
}

impl System for FakeSystem {
    fn layout(&self) -> MemoryLayout<'_> {
        MemoryLayout { ram: &self.ram, oem: &self.oem, nosave: &self.nosave }
    }

    fn page_class(&self, frame: Pfn) -> PageClass {
        if self.free.iter().any(|range| range.contains(frame)) { PageClass::Free } else { PageClass::Used }
    }

    fn reclaim(&mut self) {
        self.journal.note("reclaim");
    }

    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        self.journal.note("suspend");
        self.suspends += 1;
        if self.failing_suspends.contains(&self.suspends) {
            return Err(SuspendFailed { who: "a fake driver" });
        }
        Ok(())
    }

    fn resume(&mut self, why: Resume) {
        self.journal.note(&format!("resume {why:?}"));
    }

    fn pause(&mut self, milliseconds: u32) {
        self.journal.note(&format!("pause {milliseconds}"));
    }

    fn staging(&self) -> Option<FrameRange> {
        self.staging
    }
}

impl GetSnapshotRegions for FakeSystem {
    fn get_snapshot_regions(&self) -> &[RamRegion] {
        self.journal.note("regions");
        &self.oem
    }
}

impl SnapshotResume for FakeSystem {
    fn snapshot_resume(&mut self) {
        self.journal.note("snapshot resume");
    }
}

/// A register that survives a reset: clones are the same register.
#[derive(Clone, Default)]
pub struct FakeRegister(Rc<Cell<u32>>);

impl AttemptRegister for FakeRegister {
    fn get(&mut self) -> Option<u32> {
        Some(self.0.get())
    }

    fn set(&mut self, value: u32) {
        self.0.set(value);
    }
}
