//! The system as the engine sees it: which RAM, which pages, how to come to rest and go on.

use oal_drivers::clock::{Clock as _, Deadline};
use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
use oal_snapshot::hooks::{GetSnapshotRegions, SnapshotResume};
use oal_snapshot::memory_map::MemoryLayout;
use oal_snapshot::power::PowerUp;
use oal_snapshot::state::SnapshotState;
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};

use crate::application::Application;
use crate::arch::{mask_interrupts, unmask_interrupts};
use crate::drivers;
use crate::heap::{PageHeap, free_of};
use crate::history::STATE;
use crate::layout;
use crate::platform::{Drivers as _, Platform};
use crate::ram::Ram;
use crate::register_test::{Outcome, RegisterTest};
use crate::storage::Sectors;

/// The most free memory that the engine may have for compressed chunks.
const STAGING_PAGES: u32 = (32 << 20) / 4096;

/// The register test's way through a snapshot.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one, and no allocator to box it; its size is the architecture's"
)]
pub enum Registers {
    /// Not wanted.
    Idle,
    /// Wanted at the next snapshot.
    Wanted,
    /// The patterns are set.
    Set(RegisterTest),
    /// They were looked at.
    Checked(Outcome),
}

/// The system: everything that is saved, but for how it came to where it is.
pub struct Board<P: Platform, A> {
    ram: Ram,
    nosave: [RamRegion; 2],
    /// Pages.
    pub heap: PageHeap,
    /// Devices.
    pub drivers: P::Drivers,
    /// The application.
    pub application: A,
    /// The register test.
    pub registers: Registers,
    /// The driver that did not come up, if one did not.
    pub failed_driver: Option<&'static str>,
}

impl<P: Platform, A: Application<P>> Board<P, A> {
    /// The board after a cold boot: drivers up, interrupts let in, the application started.
    ///
    /// # Safety
    /// Called once, by the application's first code; the boot stage is done with the devices and with `ram`,
    /// of which nothing behind the statics is in use.
    pub unsafe fn start(ram: &Ram, text: Option<&mut dyn Sectors>) -> Self {
        mask_interrupts();
        // SAFETY: the caller's promise.
        let (mut heap, mut drivers) = unsafe {
            let heap = PageHeap::new(free_of(ram, layout::heap_start()));
            (heap, <P::Drivers as crate::platform::Drivers<P::Uart>>::init())
        };
        unmask_interrupts();
        let application = A::start(text, &mut heap, drivers.terminal());
        Board {
            ram: ram.clone(),
            nosave: layout::nosave(),
            heap,
            drivers,
            application,
            registers: Registers::Idle,
            failed_driver: None,
        }
    }
}

impl<P: Platform, A: Application<P>> System for Board<P, A> {
    fn layout(&self) -> MemoryLayout<'_> {
        layout::of::<P>(&self.ram, &self.nosave)
    }

    fn page_class(&self, frame: Pfn) -> PageClass {
        if self.heap.is_free(frame) { PageClass::Free } else { PageClass::Used }
    }

    fn reclaim(&mut self) {
        self.application.reclaim(&mut self.heap);
    }

    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        drivers::power_down(&mut self.drivers)?;
        mask_interrupts();
        if STATE.get() == SnapshotState::Pass2 && matches!(self.registers, Registers::Wanted) {
            // SAFETY: interrupts are masked until `resume`, and the firmware runs in System mode.
            self.registers = Registers::Set(unsafe { RegisterTest::begin(P::SECURE) });
        }
        Ok(())
    }

    fn resume(&mut self, why: Resume) {
        self.registers = match core::mem::replace(&mut self.registers, Registers::Idle) {
            Registers::Set(test) => Registers::Checked(test.end(P::SECURE)),
            other => other,
        };
        self.failed_driver = drivers::power_up(&mut self.drivers, PowerUp::from(why)).err();
        unmask_interrupts();
    }

    /// The application's own work goes on, by the tick; if that is dead or late, by the clock, for twice as
    /// long.
    fn pause(&mut self, milliseconds: u32) {
        let mut clock = P::clock();
        let mut deadline = Deadline::new(clock.now_us(), 2000 * u64::from(milliseconds));
        let start = drivers::ticks();
        while drivers::ticks().wrapping_sub(start) < milliseconds / 10 && !deadline.passed(clock.now_us()) {
            self.application.work();
        }
    }

    fn staging(&self) -> Option<FrameRange> {
        let longest = self.heap.free().max_by_key(|free| free.count);
        longest.map(|free| free.take(STAGING_PAGES))
    }
}

impl<P: Platform, A: Application<P>> GetSnapshotRegions for Board<P, A> {}

impl<P: Platform, A: Application<P>> SnapshotResume for Board<P, A> {
    fn snapshot_resume(&mut self) {
        // SAFETY: the capture was made with interrupts masked and drivers at rest, and so is the restored system.
        unsafe { P::snapshot_resume() }
    }
}
