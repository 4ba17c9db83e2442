//! For firmware without a kernel that knows the hooks: one call that takes a snapshot, one that boots, and
//! what goes with them.

use oal_snapshot::boot::{Boot, BootEnd, BootReport};
use oal_snapshot::mem::PhysicalMemory;
use oal_snapshot::store::StoreError;
use oal_snapshot::take::{DEFAULT_PAUSE_MS, Settings, Snapshot, TakeReport, Timeline};

use crate::config;
use crate::engine::{Engine, STATE};
use crate::error::{OalError, OalErrorInfo, OalStage, number};
use crate::system::{CSystem, Watcher};

/// `oal_snapshot_take` and `OEMSnapshotResume`: the snapshot is committed, and the system that took it goes
/// on.
pub const OAL_SNAPSHOT_LIVE: u32 = 0;
/// `oal_snapshot_take`: the system was booted from the snapshot. Hours may have passed, and the hardware was
/// off.
pub const OAL_SNAPSHOT_RESTORED: u32 = 1;

/// Settings of one snapshot.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct OalTakeSettings {
    /// The time that the second pass lets the system run, in milliseconds. Compact 2013 documents 60000.
    pub pause_ms: u32,
    /// A word for the boot loader (`dwOemData`).
    pub oem_data: u32,
    /// The number of images that the store keeps: an `OalSlots`.
    pub slots: u32,
    /// The image's boot policy: an `OalPolicy`.
    pub policy: u32,
}

/// Figures of a snapshot that was taken.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct OalTakeReport {
    /// The image's number.
    pub id: u64,
    /// Bytes of the image.
    pub image_bytes: u64,
    /// Saved pages, zero pages included.
    pub pages: u64,
    /// Pages of it that are all zero.
    pub zero_pages: u64,
    /// Pages that the system called free.
    pub free_pages: u64,
    /// Chunks.
    pub chunks: u32,
    /// Chunks that did not become smaller.
    pub raw_chunks: u32,
}

impl From<TakeReport> for OalTakeReport {
    fn from(report: TakeReport) -> Self {
        OalTakeReport {
            id: report.id.0,
            image_bytes: report.image_len,
            pages: report.pages,
            zero_pages: report.zero_pages,
            free_pages: report.free_pages,
            chunks: report.chunks,
            raw_chunks: report.raw_chunks,
        }
    }
}

/// Takes a snapshot: both passes, and the hooks in their documented order. Returns twice: `OAL_SNAPSHOT_LIVE`
/// on the machine that took it, `OAL_SNAPSHOT_RESTORED` on every one that boots from it; any other number is
/// an error, and the system was resumed. A power cut at any moment leaves the previous image bootable, or the
/// new one once it is committed.
///
/// `settings`: NULL for a pause of a minute and the configuration's slots and policy. `report`: may be NULL;
/// written on the live timeline only.
///
/// # Safety
/// The pointers are NULL or valid, and what the configuration says of memory is true.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_take(
    settings: *const OalTakeSettings,
    report: *mut OalTakeReport,
) -> u32 {
    let mut engine = match Engine::lock() {
        Ok(engine) => engine,
        Err(error) => return number(OalStage::Call, error),
    };
    if !settings.is_aligned() || !report.is_aligned() {
        return engine.fail(OalErrorInfo::new(OalStage::Call, OalError::Unaligned));
    }
    // SAFETY: the caller's promise.
    let settings = unsafe { settings.as_ref() }.copied().unwrap_or(OalTakeSettings {
        pause_ms: DEFAULT_PAUSE_MS,
        oem_data: 0,
        slots: engine.config.slots,
        policy: engine.config.policy,
    });
    // SAFETY: what the configuration says of memory is true, as the caller promises.
    match unsafe { take(&mut engine, &settings) } {
        Ok(Timeline::Live(taken)) => {
            if !report.is_null() {
                // SAFETY: the caller's promise.
                unsafe { report.write(taken.into()) };
            }
            OAL_SNAPSHOT_LIVE
        }
        Ok(Timeline::Restored) => OAL_SNAPSHOT_RESTORED,
        Err(info) => engine.fail(info),
    }
}

/// Takes a snapshot.
///
/// # Safety
/// The configuration describes memory correctly.
unsafe fn take(engine: &mut Engine, settings: &OalTakeSettings) -> Result<Timeline, OalErrorInfo> {
    let call = |error| OalErrorInfo::new(OalStage::Call, error);
    let (Some(slots), Some(policy)) = (config::slots(settings.slots), config::policy(settings.policy)) else {
        return Err(call(OalError::BadArgument));
    };
    if engine.system.suspend.is_none() || engine.system.resume.is_none() {
        return Err(call(OalError::MissingFunction));
    }
    let mut system = CSystem::new(engine.config, engine.system, engine.tables()?);
    let frames = system.tables.frames();
    let identity = engine.identity();
    let mut cpu = engine.cpu()?;
    let mut observer = Watcher::of_take(engine.system);
    engine.may_replace()?;
    engine.report_refusals();
    let offset = engine.config.ram_offset;
    let (codec, mut store, parts) = engine.split().ok_or(call(OalError::NotInitialised))?;
    store.settings_mut().slots = slots;
    let taken = Snapshot {
        system: &mut system,
        state: &STATE,
        identity: &identity,
        // SAFETY: RAM is mapped where the configuration says; it is at rest while the engine reads it, and free pages are
        // nobody's; no other value of the kind exists while this call lasts.
        memory: &mut unsafe { PhysicalMemory::new(&frames, offset) },
        cpu: &mut cpu,
        codec,
        store: &mut store,
        observer: &mut observer,
        settings: Settings { policy, pause_ms: settings.pause_ms, oem_data: settings.oem_data },
    }
    .take_in(parts);
    match taken {
        Ok(Timeline::Live(_)) if cpu.failed() => Err(OalErrorInfo::new(OalStage::Cpu, OalError::CpuFailed)),
        Ok(timeline) => Ok(timeline),
        Err(error) => Err(OalErrorInfo { who: system.who, ..OalErrorInfo::take(error) }),
    }
}

/// Boots the newest image that passes every check, or the one before it; does not return then. If it returns,
/// nothing was entered, and the number says why: RAM outside nosave memory may hold a part of an image, so
/// all data of the system is to be initialised, and `oal_snapshot_init` called again, before it starts cold.
/// The boot report has the details.
///
/// Called once at power-on, from nosave memory, with MMU and caches on.
///
/// # Safety
/// The configuration describes memory correctly; nobody else uses saved memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_boot() -> u32 {
    let mut engine = match Engine::lock() {
        Ok(engine) => engine,
        Err(error) => return number(OalStage::Call, error),
    };
    // SAFETY: the caller's promise.
    let info = match unsafe { boot(&mut engine) } {
        Ok(info) | Err(info) => info,
    };
    let report = engine.report();
    report.error = info.error;
    report.seal();
    engine.fail(info)
}

/// Boots; comes back with the reason why not.
///
/// # Safety
/// As for [`oal_snapshot_boot`].
unsafe fn boot(engine: &mut Engine) -> Result<OalErrorInfo, OalErrorInfo> {
    let system = engine.system;
    let mut observer = Watcher::of_boot(system, engine.report());
    let tables = engine.tables()?;
    let frames = tables.frames();
    let identity = engine.identity();
    let mut cpu = engine.cpu()?;
    let offset = engine.config.ram_offset;
    let Some((codec, mut store, parts)) = engine.split() else {
        return Err(OalErrorInfo::new(OalStage::Call, OalError::NotInitialised));
    };
    let end = Boot {
        layout: tables.layout(),
        identity: &identity,
        // SAFETY: RAM is mapped where the configuration says, and nobody uses saved memory, as the caller promises; no
        // other value of the kind exists while this call lasts.
        memory: &mut unsafe { PhysicalMemory::new(&frames, offset) },
        cpu: &mut cpu,
        codec: &*codec,
        store: &mut store,
        observer: &mut observer,
    }
    .run_in(parts, &mut BootReport::new());
    Ok(match end {
        BootEnd::Entered(returned) => OalErrorInfo::new(OalStage::Cpu, returned),
        BootEnd::Cold(why) => OalErrorInfo::refusal(why.stage, why.reason),
    })
}

/// Remembers that the system that was booted from a snapshot works: its image's attempts are 0 again. An
/// image that is never confirmed is booted `max_attempts` times, then passed over.
///
/// # Safety
/// The configuration describes memory correctly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_confirm() -> u32 {
    change(|engine| match engine.report().booted() {
        Some(id) => engine.store().confirm(id),
        None => Err(StoreError::NoSuchImage),
    })
}

/// Says that the restored system needs nothing more of the pageable area of the image that it was booted
/// from: the next snapshot may replace that image. Until then `OEMPrepareSnapshot` and `oal_snapshot_take`
/// refuse with `OAL_ERROR_PAGED_FROM`. Of no effect in a system without such an image. Writes nothing to the
/// medium.
///
/// # Safety
/// The configuration describes memory correctly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_paged_in() -> u32 {
    change(|engine| {
        let report = engine.report();
        if report.is_paged_from() {
            report.pageable_bytes = 0;
            report.seal();
        }
        Ok(())
    })
}

/// Forgets every image: the next boot is a cold one. A power cut leaves all of them or none. Nothing can be
/// paged from the image that was booted any more.
///
/// # Safety
/// The configuration describes memory correctly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_invalidate() -> u32 {
    change(|engine| engine.store().invalidate())
}

/// Changes what the store remembers.
fn change(what: impl FnOnce(&mut Engine) -> Result<(), StoreError<i32>>) -> u32 {
    match Engine::lock() {
        Ok(mut engine) => match what(&mut engine) {
            Ok(()) => 0,
            Err(error) => engine.fail(OalErrorInfo::store(OalStage::Store, error)),
        },
        Err(error) => number(OalStage::Call, error),
    }
}
