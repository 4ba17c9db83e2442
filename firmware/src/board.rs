//! The system as the engine sees it: which RAM, which pages, how to come to rest and go on.

use core::arch::asm;

use oal_drivers::clock::{Clock as _, Deadline};
use oal_snapshot::frame::{FrameRange, Pfn, RamRegion};
use oal_snapshot::hooks::{GetSnapshotRegions, SnapshotResume};
use oal_snapshot::power::PowerUp;
use oal_snapshot::state::SnapshotState;
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};

use crate::drivers::{self, STATE};
use crate::heap::PageHeap;
use crate::layout;
use crate::platform::Platform;
use crate::regs_test::{Outcome, RegisterTest};
use crate::vfp_work::VfpWork;

/// The most free memory that the engine may have for compressed chunks.
const STAGING_PAGES: u32 = (32 << 20) / 4096;

/// The register test's way through a snapshot.
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

/// Everything that the application consists of, but for its index.
pub struct Board<P: Platform> {
    ram: [RamRegion; 1],
    frame_buffer: Option<RamRegion>,
    nosave: [RamRegion; 2],
    /// Pages.
    pub heap: PageHeap,
    /// Devices.
    pub drivers: P::Drivers,
    /// The computation in the VFP registers.
    pub work: VfpWork,
    /// The register test.
    pub registers: Registers,
    /// How far the heap's low end may shrink at the next snapshot.
    pub reclaimable_from: Option<usize>,
    /// The driver that did not come up, if one did not.
    pub lame_driver: Option<&'static str>,
}

impl<P: Platform> Board<P> {
    /// The board after a cold boot.
    pub fn new(ram_bytes: u32, heap: PageHeap, drivers: P::Drivers) -> Self {
        Board {
            ram: layout::ram::<P>(ram_bytes),
            frame_buffer: layout::frame_buffer::<P>(),
            nosave: layout::nosave(),
            heap,
            drivers,
            work: VfpWork::start(),
            registers: Registers::Idle,
            reclaimable_from: None,
            lame_driver: None,
        }
    }
}

/// Lets interrupts in.
pub fn unmask_interrupts() {
    // SAFETY: the vectors are set, and their handlers keep every register.
    unsafe { asm!("cpsie ai", options(nomem, nostack)) };
}

/// Keeps interrupts out.
pub fn mask_interrupts() {
    // SAFETY: no memory is touched.
    unsafe { asm!("cpsid i", options(nomem, nostack)) };
}

impl<P: Platform> System for Board<P> {
    fn ram(&self) -> &[RamRegion] {
        &self.ram
    }

    fn nosave(&self) -> &[RamRegion] {
        &self.nosave
    }

    fn page_class(&self, frame: Pfn) -> PageClass {
        if self.heap.free().contains(frame) { PageClass::Free } else { PageClass::Used }
    }

    /// The index was given the pages that it might need; here it gives back those that it does not.
    fn reclaim(&mut self) {
        if let Some(end) = self.reclaimable_from.take() {
            // SAFETY: the index ends there, and nothing was handed out from the low end after it.
            unsafe { self.heap.trim_bottom(end) };
        }
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
            Registers::Set(test) => Registers::Checked(test.end()),
            other => other,
        };
        self.lame_driver = drivers::power_up(&mut self.drivers, PowerUp::from(why)).err();
        unmask_interrupts();
    }

    /// The application's own work goes on, by the tick; if that is dead or late, by the clock, for twice as long.
    fn pause(&mut self, milliseconds: u32) {
        let mut clock = P::clock();
        let mut deadline = Deadline::new(clock.now_us(), 2000 * u64::from(milliseconds));
        let start = drivers::ticks();
        while drivers::ticks().wrapping_sub(start) < milliseconds / 10 && !deadline.passed(clock.now_us()) {
            self.work.go_on();
        }
    }

    fn staging(&self) -> Option<FrameRange> {
        let free = self.heap.free();
        (!free.is_empty()).then(|| free.take(STAGING_PAGES))
    }
}

impl<P: Platform> GetSnapshotRegions for Board<P> {
    /// The kernel, if this board had one, would not know of video RAM.
    fn get_snapshot_regions(&self) -> &[RamRegion] {
        self.frame_buffer.as_slice()
    }
}

impl<P: Platform> SnapshotResume for Board<P> {
    fn snapshot_resume(&mut self) {
        // SAFETY: the capture was made with interrupts masked and drivers at rest, and so is the restored system.
        unsafe { P::snapshot_resume() }
    }
}
