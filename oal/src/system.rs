//! The C side's system as the engine sees it.

use core::ffi::c_char;
use core::ptr::null;

use oal_snapshot::frame::{FrameRange, Pfn};
use oal_snapshot::hooks::{GetSnapshotRegions, SnapshotResume};
use oal_snapshot::image::ImageId;
use oal_snapshot::memory_map::MemoryLayout;
use oal_snapshot::progress::{Observer, Progress};
use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};

use crate::config::{OalConfig, OalPageClass, OalResume, OalStep, OalSystem};
use crate::engine;
use crate::error::OalErrorInfo;
use crate::report::OalBootReport;
use crate::tables::Tables;

/// The system. While a snapshot is taken it lies in saved memory: a restored system goes on with it.
pub(crate) struct CSystem {
    system: &'static OalSystem,
    /// The tables.
    pub tables: Tables,
    staging: Option<FrameRange>,
    /// The part that did not stop.
    pub who: *const c_char,
}

impl CSystem {
    /// The system of a configuration.
    pub fn new(config: &OalConfig, system: &'static OalSystem, tables: Tables) -> CSystem {
        let staging = FrameRange::new(Pfn(config.staging_page), config.staging_pages);
        CSystem { system, tables, staging: staging.filter(|frames| !frames.is_empty()), who: null() }
    }
}

impl System for CSystem {
    fn layout(&self) -> MemoryLayout<'_> {
        self.tables.layout()
    }

    fn page_class(&self, frame: Pfn) -> PageClass {
        // SAFETY: the C side's function, called as its table says; so below.
        match self.system.page_class.map(|class| unsafe { class(self.system.context, frame.0) }) {
            Some(class) if class == OalPageClass::Free as u32 => PageClass::Free,
            _ => PageClass::Used,
        }
    }

    fn reclaim(&mut self) {
        if let Some(reclaim) = self.system.reclaim {
            // SAFETY: see `page_class`.
            unsafe { reclaim(self.system.context) }
        }
    }

    fn suspend(&mut self) -> Result<(), SuspendFailed> {
        // SAFETY: see `page_class`.
        self.who = self.system.suspend.map_or(null(), |suspend| unsafe { suspend(self.system.context) });
        if self.who.is_null() { Ok(()) } else { Err(SuspendFailed { who: "" }) }
    }

    fn resume(&mut self, why: Resume) {
        let why = match why {
            Resume::Live => OalResume::Live,
            Resume::Restored => OalResume::Restored,
        };
        if let Some(resume) = self.system.resume {
            // SAFETY: see `page_class`.
            unsafe { resume(self.system.context, why) }
        }
    }

    fn pause(&mut self, milliseconds: u32) {
        if let Some(pause) = self.system.pause {
            // SAFETY: see `page_class`.
            unsafe { pause(self.system.context, milliseconds) }
        }
    }

    fn staging(&self) -> Option<FrameRange> {
        self.staging
    }
}

impl GetSnapshotRegions for CSystem {}

impl SnapshotResume for CSystem {
    /// The library comes first: what it had in nosave memory is gone, or of another program.
    fn snapshot_resume(&mut self) {
        engine::restart();
        resume_platform(self.system);
    }
}

/// Calls the C side's part of `OEMSnapshotResume`.
pub(crate) fn resume_platform(system: &OalSystem) {
    if let Some(resume) = system.snapshot_resume {
        // SAFETY: see `page_class`.
        unsafe { resume(system.context) }
    }
}

/// The C side's progress function, and, at a boot, the report.
pub(crate) struct Watcher {
    system: &'static OalSystem,
    report: Option<*mut OalBootReport>,
    chosen: Option<(ImageId, u8, u8)>,
}

impl Watcher {
    /// Watches a snapshot.
    pub fn of_take(system: &'static OalSystem) -> Watcher {
        Watcher { system, report: None, chosen: None }
    }

    /// Watches a boot, and writes its report, which is the C side's and valid.
    pub fn of_boot(system: &'static OalSystem, report: &mut OalBootReport) -> Watcher {
        *report = OalBootReport::NEW;
        report.seal();
        Watcher { system, report: Some(report), chosen: None }
    }

    /// Tells of a step.
    pub fn tell(&self, step: OalStep, done: u64, total: u64) {
        if let Some(progress) = self.system.progress {
            // SAFETY: see `page_class`.
            unsafe { progress(self.system.context, step, done, total) }
        }
    }

    fn report(&mut self) -> Option<&mut OalBootReport> {
        // SAFETY: `of_boot` was given it, and whoever has the right to the instance uses it through this value.
        self.report.map(|report| unsafe { &mut *report })
    }
}

impl Observer for Watcher {
    fn observe(&mut self, progress: Progress) {
        let (step, done, total) = match progress {
            Progress::Captured => (OalStep::Captured, 0, 0),
            Progress::Scan { done, total } => (OalStep::Scan, done, total),
            Progress::Compress { done, total } => (OalStep::Compress, done, total),
            Progress::Write { done, total } => (OalStep::Write, done, total),
            Progress::Written => (OalStep::Written, 0, 0),
            Progress::Refused(refusal) => {
                if let Some(report) = self.report() {
                    report.refuse(&refusal);
                }
                let error = OalErrorInfo::refusal(refusal.stage, refusal.reason).error;
                (OalStep::Refused, error.into(), refusal.id.map_or(0, |id| id.0))
            }
            Progress::Chosen { id, slot, attempt, pages } => {
                self.chosen = Some((id, slot, attempt));
                (OalStep::Chosen, id.0, pages)
            }
            Progress::Load { done, total } => (OalStep::Load, done, total),
            Progress::Loaded => {
                let chosen = self.chosen;
                if let (Some(report), Some((id, slot, attempt))) = (self.report(), chosen) {
                    (report.id, report.slot, report.attempt) = (id.0, slot.into(), attempt.into());
                    report.seal();
                }
                (OalStep::Loaded, 0, 0)
            }
            _ => return,
        };
        self.tell(step, done, total);
    }
}
