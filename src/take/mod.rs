//! Taking a snapshot: the first of the two timelines.

mod error;
mod measure;
mod report;
mod scan;
mod write;

pub use error::TakeError;
pub use report::{TakeReport, Timeline};

use crate::cpu::{Architecture, CpuContext};
use crate::frame::FrameRange;
use crate::hooks::{
    BootPolicy, CompressSnapshot, Fork, GetSnapshotRegions, PrepareSnapshot, SnapshotResume, TakeCpuSnapshot,
    WriteSnapshot,
};
use crate::image::id::ImageId;
use crate::image::{ExtentKind, Header, Identity, VERSION, count_pages};
use crate::mem::Memory;
use crate::memory_map::{MemoryLayout, MemoryMap};
use crate::progress::{Observer, Progress};
use crate::state::{SnapshotState, StateCell};
use crate::system::{PageClass, Resume, System};
use crate::workspace::{Parts, Work, Workspace};
use error::PackError;
use measure::Staging;
use write::Head;

/// The pause of pass 2 that Compact 2013 documents: one minute.
pub const DEFAULT_PAUSE_MS: u32 = 60_000;

/// Settings of one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Settings {
    /// The image's boot policy.
    pub policy: BootPolicy,
    /// The time that pass 2 lets the system run, in milliseconds.
    pub pause_ms: u32,
    /// A word for the boot loader (`dwOemData`).
    #[doc(alias = "dwOemData")]
    pub oem_data: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { policy: BootPolicy::Always, pause_ms: DEFAULT_PAUSE_MS, oem_data: 0 }
    }
}

/// A snapshot, ready to be taken. `store`, `codec`, `observer` and the workspace must lie in nosave memory:
/// they change while saved memory must not.
pub struct Snapshot<'a, S, C, M, Z, W, O> {
    /// The system, with the board's hooks.
    pub system: &'a mut S,
    /// Its state, moved along.
    pub state: &'a StateCell,
    /// The identity that the image gets.
    pub identity: &'a Identity,
    /// RAM.
    pub memory: &'a mut M,
    /// The CPU.
    pub cpu: &'a mut C,
    /// The compressor.
    pub codec: &'a mut Z,
    /// The store of the images.
    pub store: &'a mut W,
    /// The progress observer.
    pub observer: &'a mut O,
    /// The settings of this snapshot.
    pub settings: Settings,
}

impl<S, C, M, Z, W, O> Snapshot<'_, S, C, M, Z, W, O>
where
    S: GetSnapshotRegions + SnapshotResume,
    C: TakeCpuSnapshot,
    M: Memory,
    Z: CompressSnapshot,
    W: PrepareSnapshot + WriteSnapshot,
    O: Observer,
{
    /// Takes a snapshot (`IOCTL_KLIB_MAKESNAP`): both passes, and the hooks in their documented order.
    ///
    /// Returns twice: once on the machine that took it, and once on every machine that boots from it.
    /// A power cut at any moment leaves the previous image bootable, or the new one once it is committed.
    ///
    /// # Errors
    /// [`TakeError`]; the system has then been resumed.
    #[doc(alias("IOCTL_KLIB_MAKESNAP", "KernelLibIoControl"))]
    pub fn take<const EXTENTS: usize, const CHUNKS: usize>(
        &mut self,
        workspace: &mut Workspace<EXTENTS, CHUNKS>,
    ) -> Result<Timeline, TakeError<W::Error>> {
        self.take_in(workspace.parts())
    }

    /// [`take`](Snapshot::take) with a workspace whose size was chosen at run time.
    ///
    /// # Errors
    /// As for [`take`](Snapshot::take).
    pub fn take_in(&mut self, workspace: Parts<'_>) -> Result<Timeline, TakeError<W::Error>> {
        self.state.begin().map_err(TakeError::WrongState)?;
        info!("snapshot: pass 1");
        self.system.reclaim();
        self.suspend(1)?;
        self.system.resume(Resume::Live);

        info!("snapshot: pass 2");
        self.state.set(SnapshotState::Pass2);
        self.system.pause(self.settings.pause_ms);
        self.suspend(2)?;
        match self.fork(workspace) {
            Ok((Fork::Restored, _)) => {
                self.state.set(SnapshotState::Boot);
                self.system.snapshot_resume();
                self.system.resume(Resume::Restored);
                self.state.set(SnapshotState::None);
                info!("snapshot: restored");
                Ok(Timeline::Restored)
            }
            Ok((Fork::Live, report)) => {
                // Drivers resume in pass 2: they need no re-initialisation.
                self.state.set(SnapshotState::Pass2);
                self.system.resume(Resume::Live);
                self.state.set(SnapshotState::Taken);
                info!("snapshot: taken, {} bytes", report.image_len);
                Ok(Timeline::Live(report))
            }
            Err(error) => {
                self.state.set(SnapshotState::Pass2);
                self.system.resume(Resume::Live);
                self.state.set(SnapshotState::None);
                Err(error)
            }
        }
    }

    fn suspend(&mut self, pass: u8) -> Result<(), TakeError<W::Error>> {
        self.system.suspend().map_err(|failed| {
            self.state.set(SnapshotState::None);
            TakeError::Suspend { pass, failed }
        })
    }

    /// From the first hook to the last, with the system at rest.
    fn fork(&mut self, parts: Parts<'_>) -> Result<(Fork, TakeReport), TakeError<W::Error>> {
        let Parts { context, map, mut work } = parts;
        let layout = MemoryLayout { oem: self.system.get_snapshot_regions(), ..self.system.layout() };
        map.set(&layout).map_err(TakeError::Regions)?;
        let staging = self.staging(map)?;
        self.state.set(SnapshotState::Prepared);

        let mut result = Ok(TakeReport::default());
        let writer = &mut Writer {
            map,
            system: &*self.system,
            identity: self.identity,
            memory: &mut *self.memory,
            codec: &mut *self.codec,
            store: &mut *self.store,
            observer: &mut *self.observer,
            settings: self.settings,
            architecture: C::ARCHITECTURE,
        };
        let fork = self.cpu.take_cpu_snapshot(context, &mut |context| {
            // `result` is in saved memory: it is stored when that may change again, not before.
            result = writer.run(context, &mut work, staging);
        });
        match fork {
            Fork::Restored => Ok((Fork::Restored, TakeReport::default())),
            Fork::Live => result.map(|report| (Fork::Live, report)),
        }
    }

    /// The staging area, if there is one and all of it is free.
    fn staging(&self, map: &MemoryMap) -> Result<FrameRange, TakeError<W::Error>> {
        let Some(frames) = self.system.staging() else { return Ok(FrameRange::default()) };
        let mut each = (frames.first.0..frames.end().0).map(crate::frame::Pfn);
        let free = map.areas().iter().any(|area| area.frames.covers(frames))
            && each.all(|frame| map.is_nosave(frame) || self.system.page_class(frame) == PageClass::Free);
        if free { Ok(frames) } else { Err(TakeError::StagingNotFree) }
    }
}

/// The work between the capture and the last write, on a stack in nosave memory.
struct Writer<'a, S, M, Z, W, O> {
    map: &'a MemoryMap,
    system: &'a S,
    identity: &'a Identity,
    memory: &'a mut M,
    codec: &'a mut Z,
    store: &'a mut W,
    observer: &'a mut O,
    settings: Settings,
    architecture: Architecture,
}

impl<S: System, M: Memory, Z: CompressSnapshot, W: PrepareSnapshot + WriteSnapshot, O: Observer>
    Writer<'_, S, M, Z, W, O>
{
    #[inline(never)]
    fn run(
        &mut self,
        context: &CpuContext,
        work: &mut Work<'_>,
        staging: FrameRange,
    ) -> Result<TakeReport, TakeError<W::Error>> {
        self.observer.observe(Progress::Captured);
        let mut report = TakeReport::default();
        scan::scan(self.map, self.system, &*self.memory, work.extents, staging, self.observer, &mut report)?;

        // Step 3: compress, to learn the size.
        let mut staging = Staging::new(staging);
        measure::measure(self.memory, self.codec, work, &mut staging, self.observer).map_err(|error| {
            match error {
                PackError::TooManyChunks => TakeError::TooManyChunks,
                _ => TakeError::Unreachable,
            }
        })?;

        let Work { extents, index, .. } = &*work;
        let mut header = Header {
            version: VERSION,
            identity: *self.identity,
            architecture: self.architecture,
            codec: Z::CODEC,
            oem_data: self.settings.oem_data,
            id: ImageId(0),
            resume_address: context.resume_address(),
            ram_digest: self.map.digest(),
            context: write::part([context.bytes()].iter()),
            map: write::part(extents.iter().map(|extent| extent.encode())),
            index: write::part(index.iter().map(|entry| entry.encode())),
            chunks_offset: 0,
            chunks_len: index.iter().map(|entry| entry.padded_len() as u64).sum(),
            data_pages: count_pages(extents, ExtentKind::Data),
            zero_pages: count_pages(extents, ExtentKind::Zero),
            extents: extents.len() as u32,
            chunks: index.len() as u32,
        };
        header.lay_out();

        // Step 4: prepare exactly that much.
        let prepared = self.store.prepare_snapshot(header.image_len(), self.settings.policy);
        let prepared = prepared.map_err(TakeError::Prepare)?;
        header.id = prepared.id;

        // Step 5: write, header first, then finish.
        let head = Head { header: &header, context: context.bytes(), staging: &staging };
        write::write(&head, &*self.memory, self.codec, self.store, work, self.observer)?;
        self.store.finish_snapshot(work.stored).map_err(TakeError::Write)?;
        self.observer.observe(Progress::Written);

        (report.id, report.slot) = (prepared.id, prepared.slot);
        report.image_len = header.image_len();
        report.chunks = header.chunks;
        report.raw_chunks = work.index.iter().filter(|entry| entry.is_raw()).count() as u32;
        report.extents = header.extents;
        Ok(report)
    }
}
