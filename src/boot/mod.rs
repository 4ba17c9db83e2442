//! Booting from a snapshot: the second of the two timelines.

mod check;
mod eager;
mod medium;
mod report;
mod window;

pub use report::BootReport;

use medium::Witness;

use crate::hooks::{Candidate, DecompressSnapshot, ReadSnapshot, RestoreCpu, SelectSnapshot};
use crate::image::{Fault, Identity};
use crate::mem::Memory;
use crate::memory_map::MemoryLayout;
use crate::progress::{Observer, Progress};
use crate::refusal::{ColdBoot, Reason, Refusal, Stage};
use crate::workspace::{Parts, Workspace};

/// A boot, ready to run. All that it uses, the code included, lies in nosave memory: the rest is overwritten.
#[doc(alias = "SnapRestore")]
pub struct Boot<'a, C, M, Z, R, O> {
    /// The board's memory, as at the capture.
    pub layout: MemoryLayout<'a>,
    /// The identity that an image must have.
    pub identity: &'a Identity,
    /// RAM.
    pub memory: &'a mut M,
    /// The CPU.
    pub cpu: &'a mut C,
    /// The decompressor.
    pub codec: &'a Z,
    /// The store of the images.
    pub store: &'a mut R,
    /// The progress observer.
    pub observer: &'a mut O,
}

/// How a boot ended. On hardware `E` is uninhabited, and `let BootEnd::Cold(why) = boot.run(..)` is all
/// that can be left to do.
#[must_use = "after a cold end RAM may hold a part of an image, and says so nowhere else"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootEnd<E> {
    /// An image was entered, the newest or the one before it: on hardware nobody sees this.
    Entered(E),
    /// Nothing was entered. RAM outside nosave memory may hold a part of an image: initialise all of it.
    Cold(ColdBoot),
}

impl<C, M, Z, R, O> Boot<'_, C, M, Z, R, O>
where
    C: RestoreCpu,
    M: Memory,
    Z: DecompressSnapshot,
    R: SelectSnapshot + ReadSnapshot,
    O: Observer,
{
    /// Boots the newest image that passes every check, or the one before it, or says why there is none.
    ///
    /// Bounded: every image is tried at most once, and no wait is longer than the medium's time-outs. A power
    /// cut at any moment leaves every image bootable that was; an attempt that was counted stays counted, and
    /// `Once` images that were consumed stay so.
    pub fn run<const EXTENTS: usize, const CHUNKS: usize>(
        &mut self,
        workspace: &mut Workspace<EXTENTS, CHUNKS>,
        report: &mut BootReport,
    ) -> BootEnd<C::Entered> {
        self.run_in(workspace.parts(), report)
    }

    /// [`run`](Boot::run) with a workspace whose size was chosen at run time.
    pub fn run_in(&mut self, mut parts: Parts<'_>, report: &mut BootReport) -> BootEnd<C::Entered> {
        *report = BootReport::new();
        if parts.map.set(&self.layout).is_err() {
            return BootEnd::Cold(ColdBoot { stage: Stage::Select, reason: Reason::BadMemoryMap });
        }
        let selection = match self.store.select() {
            Ok(selection) => selection,
            Err(reason) => {
                // Where the log cannot even be read this will hardly work, but nothing else can be done.
                let _ = self.store.consume();
                return BootEnd::Cold(ColdBoot { stage: Stage::Select, reason });
            }
        };
        for refusal in &selection.refused {
            self.refuse(*refusal, report);
        }
        for candidate in &selection.candidates {
            match self.enter(candidate, &mut parts, report) {
                Ok(entered) => return BootEnd::Entered(entered),
                Err(Fault { stage, reason, at }) => {
                    let refusal =
                        Refusal { id: Some(candidate.id), slot: Some(candidate.slot), stage, reason, at };
                    // A medium that fails may work the next time; what an image holds stays as it is.
                    if !matches!(reason, Reason::ReadFailed | Reason::WriteFailed) {
                        self.store.refused(candidate.id);
                    }
                    self.refuse(refusal, report);
                }
            }
        }
        let why = report.refused.first().map_or(
            ColdBoot { stage: Stage::Select, reason: Reason::NoImage },
            |refusal| ColdBoot { stage: refusal.stage, reason: refusal.reason },
        );
        if let Err(fault) = self.consume() {
            let Fault { stage, reason, at } = fault;
            self.refuse(Refusal { id: None, slot: None, stage, reason, at }, report);
        }
        BootEnd::Cold(why)
    }

    /// Tells everybody who wants to know.
    fn refuse(&mut self, refusal: Refusal, report: &mut BootReport) {
        warn!("snapshot: refused: {}", refusal);
        self.observer.observe(Progress::Refused(refusal));
        report.refuse(refusal);
    }

    /// Remembers that the images to be booted once are used up.
    fn consume(&mut self) -> Result<(), Fault> {
        self.store.consume().map_err(|error| {
            self.observer.medium_failed(&error);
            Fault::new(Stage::Cpu, Reason::WriteFailed, 0)
        })
    }

    /// Checks, counts, loads, consumes and enters one image.
    fn enter(
        &mut self,
        candidate: &Candidate,
        parts: &mut Parts<'_>,
        report: &mut BootReport,
    ) -> Result<C::Entered, Fault> {
        let mut medium = Witness { store: &mut *self.store, failed: None };
        let checked = check::check::<C, Z, _>(candidate, self.identity, self.cpu, &mut medium, parts);
        if let Some(error) = medium.failed {
            self.observer.medium_failed(&error);
        }
        let header = checked?;
        let attempt = self.store.count_attempt(candidate.id).map_err(|error| {
            self.observer.medium_failed(&error);
            Fault::new(Stage::Select, Reason::WriteFailed, 0)
        })?;
        self.observer.observe(Progress::Chosen {
            id: candidate.id,
            slot: candidate.slot,
            attempt,
            pages: header.data_pages + header.zero_pages,
        });
        let mut medium = Witness { store: &mut *self.store, failed: None };
        let work = &mut parts.work;
        let loaded =
            eager::load(candidate, &header, self.memory, self.codec, &mut medium, work, self.observer);
        if let Some(error) = medium.failed {
            self.observer.medium_failed(&error);
        }
        loaded?;
        self.consume()?;
        report.booted = Some(*candidate);
        report.attempt = attempt;
        self.observer.observe(Progress::Loaded);
        Ok(self.cpu.restore_cpu(parts.context))
    }
}
