//! The hooks are called in the documented order, each seeing the state that the documentation gives it.

use std::rc::Rc;

use oal_sim::machine::region;
use oal_sim::shelf::Misuse;
use oal_sim::{Journal, Machine, Shelf};
use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::fake::FakeCpu;
use oal_snapshot::cpu::{Architecture, CpuContext};
use oal_snapshot::frame::{RamRegion, RegionError};
use oal_snapshot::hooks::{
    BootPolicy, CompressSnapshot, Fork, Medium, PrepareSnapshot, Prepared, TakeCpuSnapshot, WriteSnapshot,
};
use oal_snapshot::image::ImageId;
use oal_snapshot::memory_map::{MAX_REGIONS, MapError};
use oal_snapshot::state::SnapshotState;
use oal_snapshot::system::SuspendFailed;
use oal_snapshot::take::{DEFAULT_PAUSE_MS, Snapshot, TakeError, Timeline};
use oal_snapshot::workspace::Workspace;

/// A hook that notes its calls.
struct Noting<T> {
    inner: T,
    journal: Rc<Journal>,
}

impl TakeCpuSnapshot for Noting<FakeCpu> {
    const ARCHITECTURE: Architecture = Architecture::FAKE;
    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        self.journal.note("cpu");
        self.inner.take_cpu_snapshot(context, live)
    }
}

impl CompressSnapshot for Noting<Lz4> {
    const CODEC: u32 = Lz4::CODEC;
    fn max_compressed_len(len: usize) -> usize {
        Lz4::max_compressed_len(len)
    }
    fn compress_snapshot(&mut self, src: &[u8], dst: &mut [u8]) -> Option<usize> {
        self.journal.note("compress");
        self.inner.compress_snapshot(src, dst)
    }
}

impl Medium for Noting<Shelf> {
    type Error = Misuse;
}

impl PrepareSnapshot for Noting<Shelf> {
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Misuse> {
        self.journal.note("prepare");
        self.inner.prepare_snapshot(len, policy)
    }
}

impl WriteSnapshot for Noting<Shelf> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Misuse> {
        self.journal.note("write");
        self.inner.write_snapshot(data, offset)
    }
    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), Misuse> {
        assert!(!scratch.is_empty() && scratch.len().is_multiple_of(4096));
        self.journal.note("finish");
        self.inner.finish_snapshot(scratch)
    }
}

/// Takes a snapshot with hooks that note their calls.
fn take_noting(machine: &mut Machine) -> (Result<Timeline, TakeError<Misuse>>, Shelf) {
    let journal = machine.system.journal.clone();
    let mut cpu = Noting { inner: machine.cpu.clone(), journal: journal.clone() };
    let mut codec = Noting { inner: Lz4::new(), journal: journal.clone() };
    let mut store = Noting { inner: Shelf::default(), journal: journal.clone() };
    let taken = Snapshot {
        system: &mut machine.system,
        state: &journal.state,
        identity: &machine.identity,
        memory: &mut machine.ram,
        cpu: &mut cpu,
        codec: &mut codec,
        store: &mut store,
        observer: &mut |progress| journal.note(&format!("{progress:?}")),
        settings: machine.settings,
    }
    .take(&mut Box::new(Workspace::<64, 16>::new()));
    (taken, store.inner)
}

#[test]
fn the_hooks_come_in_the_documented_order_and_finish_once() {
    let mut machine = Machine::sample(1);
    let (taken, shelf) = take_noting(&mut machine);
    assert!(matches!(taken, Ok(Timeline::Live(_))));
    let mut lines = machine.system.journal.take();
    // Progress apart from its two marks is not of interest here; repetitions are, but only that they are.
    lines.retain(|line| !line.contains('{'));
    lines.dedup();
    let (measured, written): (Vec<_>, Vec<_>) =
        lines.iter().map(String::as_str).partition(|line| !line.starts_with("write"));
    assert!(!written.is_empty());
    let order = [
        "reclaim [pass1]",
        "suspend [pass1]",
        "resume Live [pass1]",
        "pause 60000 [pass2]",
        "suspend [pass2]",
        "regions [pass2]",
        "cpu [prepared]",
        "Captured [prepared]",
        "compress [prepared]",
        "prepare [prepared]",
        "compress [prepared]",
        "finish [prepared]",
        "Written [prepared]",
        "resume Live [pass2]",
    ];
    let mut measured = measured;
    // Between two writes chunks are compressed again.
    measured.dedup();
    assert_eq!(measured, order);
    let position = |what: &str| lines.iter().position(|line| line.starts_with(what)).unwrap();
    assert!(position("prepare") < position("write") && position("write") < position("finish"));
    assert_eq!(lines.iter().filter(|line| line.starts_with("finish")).count(), 1);
    assert_eq!(machine.system.journal.state.get(), SnapshotState::Taken);

    let mut end = 0;
    for (offset, len) in &shelf.writes {
        assert_eq!(*offset, end, "offsets ascend without gaps");
        assert!(*len > 0 && len.is_multiple_of(4096));
        end += *len as u64;
    }
    assert_eq!(shelf.image[..8], *b"OAL-SNAP", "the header comes first");
}

#[test]
fn the_pause_lasts_as_long_as_the_settings_say() {
    assert_eq!(DEFAULT_PAUSE_MS, 60_000);
    let mut machine = Machine::tiny(1);
    for milliseconds in [0, 1500, u32::MAX] {
        machine.settings.pause_ms = milliseconds;
        let _ = machine.take(&mut Shelf::default()).unwrap();
        assert!(machine.system.journal.take().contains(&format!("pause {milliseconds} [pass2]")));
    }
}

#[test]
fn a_request_in_a_wrong_state_is_refused_and_changes_nothing() {
    // A system that asks for a snapshot in the middle of one: from its suspend, its pause, its resume.
    let mut machine = Machine::tiny(1);
    let journal = machine.system.journal.clone();
    let mut inner = Machine::tiny(2);
    inner.system.journal = journal.clone();
    let mut refused = Vec::new();
    let mut observer = |_| match inner.take(&mut Shelf::default()) {
        Err(TakeError::WrongState(state)) => refused.push(state),
        other => panic!("not refused: {other:?}"),
    };
    let _ =
        machine.take_with::<8, 4, _, _, _>(&mut Lz4::new(), &mut Shelf::default(), &mut observer).unwrap();
    assert!(!refused.is_empty() && refused.iter().all(|state| *state == SnapshotState::Prepared));
    assert_eq!(journal.state.get(), SnapshotState::Taken);
    assert!(machine.take(&mut Shelf::default()).is_ok(), "after one snapshot there may be another");
}

#[test]
fn a_suspend_that_fails_ends_the_snapshot_in_its_pass() {
    for (failing, pass, lines) in [
        (1, 1, &["reclaim [pass1]", "suspend [pass1]"][..]),
        (
            2,
            2,
            &[
                "reclaim [pass1]",
                "suspend [pass1]",
                "resume Live [pass1]",
                "pause 60000 [pass2]",
                "suspend [pass2]",
            ],
        ),
    ] {
        let mut machine = Machine::tiny(1);
        machine.system.failing_suspends = vec![failing];
        let mut shelf = Shelf::default();
        let failed = SuspendFailed { who: "a fake driver" };
        assert_eq!(machine.take(&mut shelf), Err(TakeError::Suspend { pass, failed }));
        assert_eq!(machine.system.journal.take(), lines, "a system that did not suspend is not resumed");
        assert_eq!(machine.system.journal.state.get(), SnapshotState::None);
        assert!(shelf.image.is_empty());
        assert!(machine.take(&mut shelf).is_ok(), "the next try may succeed");
    }
}

#[test]
fn each_fault_of_a_region_is_an_error_of_its_own_and_the_system_goes_on() {
    type Change = fn(&mut Machine);
    let cases: [(Change, MapError); 9] = [
        (|m| m.system.ram[0].len += 1, MapError::Ram(0, RegionError::Unaligned)),
        (|m| m.system.ram.push(region(0x108, 2)), MapError::RamOverlaps(0, 1)),
        (|m| m.system.oem.push(RamRegion::new(0x80_0800, 4096)), MapError::Oem(0, RegionError::Unaligned)),
        (|m| m.system.oem.push(region(0x200, 0)), MapError::Oem(0, RegionError::Empty)),
        (
            |m| m.system.oem.push(RamRegion::new(u64::MAX - 4095, 8192)),
            MapError::Oem(0, RegionError::TooLarge),
        ),
        (|m| m.system.oem = vec![region(0x200, 2), region(0x201, 2)], MapError::OemOverlaps(0, 1)),
        (|m| m.system.oem = vec![region(0x200, 2), region(0x108, 2)], MapError::OemInRam(1, 0)),
        (|m| m.system.nosave.push(region(0x300, 0)), MapError::Nosave(1, RegionError::Empty)),
        (|m| m.system.nosave = vec![region(0x300, 1); MAX_REGIONS + 1], MapError::TooMany),
    ];
    for (change, error) in cases {
        let mut machine = Machine::tiny(1);
        let mut shelf = Shelf::default();
        change(&mut machine);
        assert_eq!(machine.take(&mut shelf), Err(TakeError::Regions(error)));
        let lines = machine.system.journal.take();
        assert_eq!(lines.last().unwrap(), "resume Live [pass2]");
        assert!(!lines.iter().any(|line| line.contains("prepared")), "nothing was captured");
        assert_eq!(machine.system.journal.state.get(), SnapshotState::None);
        assert!(shelf.image.is_empty());
    }
}

/// A store that fails at one of its steps.
struct Failing(&'static str);

impl Medium for Failing {
    type Error = &'static str;
}

impl Failing {
    fn at(&self, step: &'static str) -> Result<(), &'static str> {
        if self.0 == step { Err(step) } else { Ok(()) }
    }
}

impl PrepareSnapshot for Failing {
    fn prepare_snapshot(&mut self, _len: u64, _policy: BootPolicy) -> Result<Prepared, &'static str> {
        self.at("prepare").map(|()| Prepared { id: ImageId(1), slot: 0 })
    }
}

impl WriteSnapshot for Failing {
    fn write_snapshot(&mut self, _data: &[u8], _offset: u64) -> Result<(), &'static str> {
        self.at("write")
    }
    fn finish_snapshot(&mut self, _scratch: &mut [u8]) -> Result<(), &'static str> {
        self.at("finish")
    }
}

#[test]
fn a_store_that_fails_is_named_by_its_step_and_the_system_goes_on() {
    for (step, error) in [
        ("prepare", TakeError::Prepare("prepare")),
        ("write", TakeError::Write("write")),
        ("finish", TakeError::Write("finish")),
    ] {
        let mut machine = Machine::tiny(1);
        assert_eq!(machine.take(&mut Failing(step)), Err(error));
        assert_eq!(machine.system.journal.take().last().unwrap(), "resume Live [pass2]");
        assert_eq!(machine.system.journal.state.get(), SnapshotState::None);
        assert!(machine.take(&mut Failing("nowhere")).is_ok());
    }
}

/// A CPU whose capture returns as a restored one: what the code behind it sees after a boot.
struct Restored;

impl TakeCpuSnapshot for Restored {
    const ARCHITECTURE: Architecture = Architecture::FAKE;
    fn take_cpu_snapshot(&mut self, _: &mut CpuContext, _: &mut dyn FnMut(&CpuContext)) -> Fork {
        Fork::Restored
    }
}

#[test]
fn a_restored_system_re_initialises_its_hardware_in_the_state_boot() {
    let mut machine = Machine::tiny(1);
    let journal = machine.system.journal.clone();
    let timeline = Snapshot {
        system: &mut machine.system,
        state: &journal.state,
        identity: &machine.identity,
        memory: &mut machine.ram,
        cpu: &mut Restored,
        codec: &mut Lz4::new(),
        store: &mut Shelf::default(),
        observer: &mut (),
        settings: machine.settings,
    }
    .take(&mut Box::new(Workspace::<8, 4>::new()));
    assert_eq!(timeline, Ok(Timeline::Restored));
    let lines = journal.take();
    let behind = lines.iter().position(|line| line.starts_with("regions")).unwrap() + 1;
    assert_eq!(lines[behind..], ["snapshot resume [boot]", "resume Restored [boot]"]);
    assert_eq!((journal.state.get(), journal.state.boots()), (SnapshotState::None, 1));
}
