//! Drivers behind a system's suspend and resume: down in reverse order, up in order, and told whether the
//! hardware was off.

use std::cell::RefCell;

use oal_sim::machine::region;
use oal_sim::{Journal, Machine, Shelf};
use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::fake::FakeCpu;
use oal_snapshot::cpu::{Architecture, CpuContext};
use oal_snapshot::frame::{Pfn, RamRegion};
use oal_snapshot::hooks::{Fork, GetSnapshotRegions, SnapshotResume, TakeCpuSnapshot};
use oal_snapshot::memory_map::MemoryLayout;
use oal_snapshot::power::{DriverFailed, DriverList, PowerManaged, PowerUp, RefCount};
use oal_snapshot::state::StateCell;
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};
use oal_snapshot::take::{Snapshot, TakeError, Timeline};
use oal_snapshot::workspace::Workspace;

/// A driver whose device has a clock that others share.
struct Driver<'a> {
    name: &'static str,
    stuck: bool,
    journal: &'a Journal,
    clock: &'a RefCell<RefCount>,
}

impl PowerManaged for Driver<'_> {
    fn name(&self) -> &'static str {
        self.name
    }
    fn power_down(&mut self) -> Result<(), DriverFailed> {
        self.journal.note(&format!("{} down", self.name));
        if self.stuck { Err(DriverFailed) } else { Ok(()) }
    }
    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
        self.journal.note(&format!("{} {why:?}", self.name));
        if why == PowerUp::SnapshotBoot {
            let note = || self.journal.note("clock on");
            let _hold = self.clock.borrow_mut().acquire(&self.journal.state, note);
        }
        Ok(())
    }
}

/// A firmware whose suspend is that of its drivers.
struct Firmware<'a, 'd> {
    ram: [RamRegion; 1],
    drivers: RefCell<DriverList<'a, 'd>>,
}

impl System for Firmware<'_, '_> {
    fn layout(&self) -> MemoryLayout<'_> {
        MemoryLayout { ram: &self.ram, ..MemoryLayout::default() }
    }
    fn page_class(&self, _frame: Pfn) -> PageClass {
        PageClass::Used
    }
    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        self.drivers.get_mut().power_down()
    }
    fn resume(&mut self, why: Resume) {
        let _ = self.drivers.get_mut().power_up(why.into());
    }
    fn pause(&mut self, _milliseconds: u32) {}
}
impl GetSnapshotRegions for Firmware<'_, '_> {}
impl SnapshotResume for Firmware<'_, '_> {}

/// A CPU that comes back from its capture as the test wants.
struct Cpu(Fork);

impl TakeCpuSnapshot for Cpu {
    const ARCHITECTURE: Architecture = Architecture::FAKE;
    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        if self.0 == Fork::Live {
            FakeCpu::new().take_cpu_snapshot(context, live);
        }
        self.0
    }
}

/// Takes a snapshot of a firmware with two drivers, and gives what they noted behind pass 1.
fn take(fork: Fork, stuck: bool) -> (Result<Timeline, TakeError<oal_sim::shelf::Misuse>>, Vec<String>) {
    let journal = Journal::default();
    let clock = RefCell::new(RefCount::new());
    // Both drivers use the clock already, as a running system's do.
    let _holds = [(); 2].map(|()| clock.borrow_mut().acquire(&journal.state, || ()));
    let mut uart = Driver { name: "uart", stuck, journal: &journal, clock: &clock };
    let mut lcd = Driver { name: "lcd", stuck: false, journal: &journal, clock: &clock };
    let mut list: [&mut dyn PowerManaged; 2] = [&mut uart, &mut lcd];
    let drivers = DriverList::new(&mut list);
    let mut machine = Machine::tiny(1);
    let mut firmware = Firmware { ram: [region(0x100, 9)], drivers: drivers.into() };
    let state: &StateCell = &journal.state;
    let taken = Snapshot {
        system: &mut firmware,
        state,
        identity: &machine.identity,
        memory: &mut machine.ram,
        cpu: &mut Cpu(fork),
        codec: &mut Lz4::new(),
        store: &mut Shelf::default(),
        observer: &mut (),
        settings: machine.settings,
    }
    .take(&mut Box::new(Workspace::<16, 4>::new()));
    (taken, journal.take())
}

const PASS_1: [&str; 4] =
    ["lcd down [pass1]", "uart down [pass1]", "uart Resume [pass1]", "lcd Resume [pass1]"];

#[test]
fn on_the_live_timeline_drivers_resume_in_pass_2() {
    let (taken, lines) = take(Fork::Live, false);
    assert!(matches!(taken, Ok(Timeline::Live(_))));
    assert_eq!(lines[..4], PASS_1);
    assert_eq!(
        lines[4..],
        ["lcd down [pass2]", "uart down [pass2]", "uart Resume [pass2]", "lcd Resume [pass2]"]
    );
}

#[test]
fn on_the_restored_timeline_drivers_initialise_and_the_shared_clock_is_switched_on_once() {
    let (taken, lines) = take(Fork::Restored, false);
    assert_eq!(taken, Ok(Timeline::Restored));
    let up = ["uart SnapshotBoot [boot]", "clock on [boot]", "lcd SnapshotBoot [boot]"];
    assert_eq!(lines[6..], up);
}

#[test]
fn a_driver_that_will_not_stop_is_named_and_the_others_go_on() {
    let (taken, lines) = take(Fork::Live, true);
    assert_eq!(taken, Err(TakeError::Suspend { pass: 1, failed: SuspendFailed { who: "uart" } }));
    assert_eq!(lines, ["lcd down [pass1]", "uart down [pass1]", "lcd Resume [pass1]"]);
}
