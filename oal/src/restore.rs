//! The boot loader's side of a kernel's images: `SnapRestore`, its checksum, and the last step.
//!
//! The image is that of `SNAP_HEADER`. Nothing in it is trusted: the header and the table are checked before
//! the first page is written, every page is compared with the board's RAM map, its contents with a checksum
//! of their own, and the context is returned only if all checksums matched. What is read a second time is
//! checked a second time.

#![allow(non_snake_case, reason = "the documentation's names")]

mod contents;
mod head;
mod image;
mod source;
mod table;

use core::ffi::c_void;
use core::ptr::null_mut;
use core::slice;

use oal_snapshot::cpu::CpuContext;
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::frame::{FrameRange, PAGE_SIZE};
use oal_snapshot::mem::PhysicalMemory;
use oal_snapshot::refusal::{Reason, Refusal, Stage};

use crate::config::OalStep;
use crate::cpu::Record;
use crate::engine::{Engine, frames_of};
use crate::error::{OalError, OalErrorInfo, OalStage, number};
use crate::system::Watcher;
use crate::tables::Tables;
use crate::types::{
    BOOL, DWORD, FALSE, LPCVOID, LPDWORD, LPVOID, OAL_SNAP_BUFFER_BYTES, PFN_SnapReadAtOffset,
    SNAP_ERR_CHECKSUM_FAILURE, SNAP_ERR_INSUFFICIENT_BUFFER, SNAP_ERR_INVALID_ARGUMENT,
    SNAP_ERR_READ_FAILURE, TRUE,
};
use contents::{Loading, contents};
use head::Fault;
use image::{check_record, read_head};
use source::Source;
use table::{Ram, Table};

/// Ours: the checksum of `cbData` bytes, CRC-32C (RFC 3720, appendix B.4). 0 for NULL.
///
/// # Safety
/// `pData` is NULL or points to `cbData` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SnapChkSum(pData: LPCVOID, cbData: DWORD) -> DWORD {
    if pData.is_null() || isize::try_from(cbData).is_err() {
        return 0;
    }
    // SAFETY: the caller's promise.
    crc32c(unsafe { slice::from_raw_parts(pData.cast(), cbData as usize) })
}

/// Loads a kernel's image: validates header and table, loads the pages that are not pageable, checks the
/// checksums, counts the attempt, uses up images that boot once, and returns the CPU context for
/// `oal_snapshot_restore_cpu`; or NULL, with `SNAP_ERR_...` in `*pdwErr` and details in
/// `oal_snapshot_last_error`: RAM of the image's pages may then hold a part of it, or of what was read in its
/// place; all other RAM is as it was.
///
/// Ours: what was checked is what is used, even if a byte reads differently the second time. Header and
/// context are read once; a page of the table that differs from the one that was checked is refused; no byte
/// of a page is decompressed or stored before a checksum of its own 64 KiB matched. What
/// `OEMCompressSnapshot` made brings those checksums and is read once; pages that are stored as they are, are
/// read twice, first to check the checksum of them all.
///
/// `pfnRead`: the reader, such as `OEMReadSnapshot`; `dwBufferAddr` (ours: a virtual address) is a buffer of
/// `OAL_SNAP_BUFFER_BYTES` at least, both multiples of 4096, in memory that the image has no page of. NULL:
/// the buffer is the whole image, in memory that does not change: pages are checked and decompressed from
/// where they lie there. `pdwErr` may be NULL.
///
/// With `OEMReadSnapshot`, each call tries one image, the newest first; `oal_snapshot_next` says whether
/// there is another.
///
/// # Safety
/// The buffer is as described; what the configuration says of memory is true; nobody else uses saved memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SnapRestore(
    pfnRead: PFN_SnapReadAtOffset,
    dwBufferAddr: DWORD,
    cbBufferSize: DWORD,
    pdwErr: LPDWORD,
) -> LPVOID {
    // SAFETY: the caller's promise.
    let (context, error) = match unsafe { restore(pfnRead, dwBufferAddr, cbBufferSize, pdwErr) } {
        Ok(context) => (context.cast(), 0),
        Err(error) => (null_mut(), error),
    };
    if !pdwErr.is_null() && pdwErr.is_aligned() {
        // SAFETY: the caller's promise.
        unsafe { pdwErr.write(error) };
    }
    context
}

/// # Safety
/// As for [`SnapRestore`].
unsafe fn restore(
    reader: PFN_SnapReadAtOffset,
    address: DWORD,
    bytes: DWORD,
    error: LPDWORD,
) -> Result<*mut Record, DWORD> {
    let mut engine = Engine::lock_to_restore().map_err(|_| SNAP_ERR_INVALID_ARGUMENT)?;
    let invalid = |engine: &mut Engine, error| {
        engine.fail(OalErrorInfo::new(OalStage::Call, error));
        Err(SNAP_ERR_INVALID_ARGUMENT)
    };
    if address == 0 {
        return invalid(&mut engine, OalError::NullArgument);
    }
    let unit = if reader.is_some() { PAGE_SIZE } else { 1 };
    let odd = !(address as usize).is_multiple_of(PAGE_SIZE) || !(bytes as usize).is_multiple_of(unit);
    if odd || !error.is_aligned() {
        return invalid(&mut engine, OalError::Unaligned);
    }
    if (address as usize).checked_add(bytes as usize).is_none() || isize::try_from(bytes).is_err() {
        return invalid(&mut engine, OalError::BadArgument);
    }
    let least = if reader.is_some() { OAL_SNAP_BUFFER_BYTES } else { PAGE_SIZE as u32 };
    if bytes < least {
        engine.fail(OalErrorInfo::too_small(OalStage::Call, least.into(), bytes.into()));
        return Err(SNAP_ERR_INSUFFICIENT_BUFFER);
    }
    let start = core::ptr::with_exposed_provenance_mut::<u8>(address as usize);
    let mut source = match reader {
        Some(read) => {
            // SAFETY: the caller's promise.
            let window = unsafe { slice::from_raw_parts_mut(start, bytes as usize) };
            Source::Reader { read, window }
        }
        // SAFETY: the caller's promise.
        None => Source::Mapped(unsafe { slice::from_raw_parts(start, bytes as usize) }),
    };
    let tables = match engine.tables() {
        Ok(tables) => tables,
        Err(info) => {
            engine.fail(info);
            return Err(SNAP_ERR_INVALID_ARGUMENT);
        }
    };
    let buffer = frames_of(engine.config, address as usize, bytes as usize);
    engine.note_read(false);
    // SAFETY: the caller's promise.
    match unsafe { load(&mut engine, &mut source, &tables, buffer) } {
        Ok(record) => Ok(record),
        Err((stage, reason)) => {
            refuse(&mut engine, stage, reason);
            let unread = matches!(reason, Reason::ReadFailed | Reason::WriteFailed);
            Err(if unread { SNAP_ERR_READ_FAILURE } else { SNAP_ERR_CHECKSUM_FAILURE })
        }
    }
}

/// Notes a refusal, and uses up images that boot once where there is nothing more to try.
fn refuse(engine: &mut Engine, stage: Stage, reason: Reason) {
    let candidate = engine.read_candidate();
    let refusal =
        Refusal { id: candidate.map(|c| c.id), slot: candidate.map(|c| c.slot), stage, reason, at: 0 };
    let mut info = OalErrorInfo::refusal(stage, reason);
    if let Some(candidate) = candidate {
        if !matches!(reason, Reason::ReadFailed | Reason::WriteFailed) {
            engine.store().refused(candidate.id);
        }
        engine.report().refuse(&refusal);
    } else if let Some(why) = engine.session().as_ref().and_then(|session| session.exhausted()) {
        info = OalErrorInfo::refusal(Stage::Select, why);
    }
    let through_store = engine.session().is_some();
    if through_store && !engine.next_candidate() {
        // Nothing more can be done if the medium fails.
        let _ = engine.store().consume();
        let report = engine.report();
        report.error = info.error;
        report.seal();
    }
    let total = candidate.map_or(0, |candidate| candidate.id.0);
    Watcher::of_take(engine.system).tell(OalStep::Refused, info.error.into(), total);
    engine.fail(info);
}

/// Whether `SnapRestore` with `OEMReadSnapshot` has another image to try, older than those that it refused.
/// FALSE before its first call.
///
/// # Safety
/// The configuration describes memory correctly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_next() -> BOOL {
    let next = Engine::lock().is_ok_and(|mut engine| {
        engine.session().as_ref().is_some_and(|session| session.candidate().is_some())
    });
    if next { TRUE } else { FALSE }
}

/// Restores the CPU from what `SnapRestore` returned: execution goes on at the image's `dwSnapPC`. Never
/// returns, but for an argument that `SnapRestore` did not return, and then with an error.
///
/// # Safety
/// Nothing has written to saved memory since `SnapRestore` returned; this code, the workspace and the stack
/// in use are mapped at the same addresses by the image's translation tables.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_restore_cpu(pCpuContext: LPCVOID) -> u32 {
    let mut engine = match Engine::lock() {
        Ok(engine) => engine,
        Err(error) => return number(OalStage::Call, error),
    };
    let (context, record, _) = engine.cpu_places();
    if pCpuContext.is_null() {
        return engine.fail(OalErrorInfo::new(OalStage::Call, OalError::NullArgument));
    }
    // SAFETY: a place of the instance's own.
    let loaded: Option<Record> = (pCpuContext == record.cast_const().cast::<c_void>())
        .then(|| unsafe { (*record).clone() })
        .filter(Record::is_whole);
    let Some(record) = loaded else {
        return engine.fail(OalErrorInfo::new(OalStage::Call, OalError::BadArgument));
    };
    let mut cpu = match engine.cpu() {
        Ok(cpu) => cpu,
        Err(info) => return engine.fail(info),
    };
    if !cpu.accepts_record(record.words()) {
        return engine.fail(OalErrorInfo::new(OalStage::Context, OalError::WrongArchitecture));
    }
    // SAFETY: a place of the instance's own, which nothing else uses while this call has the right to it.
    let context: &mut CpuContext = unsafe { &mut *context };
    let words = record.words();
    context.words_mut(words.len()).iter_mut().zip(words).for_each(|(to, word)| *to = *word);
    // SAFETY: the words were just accepted; memory is the caller's promise.
    let returned = unsafe { cpu.enter(context) };
    engine.fail(OalErrorInfo::new(OalStage::Cpu, returned))
}

/// Loads an image.
///
/// # Safety
/// As for [`SnapRestore`].
unsafe fn load(
    engine: &mut Engine,
    source: &mut Source<'_>,
    tables: &Tables,
    buffer: Option<FrameRange>,
) -> Result<*mut Record, Fault> {
    let map = tables.map().map_err(|_| (Stage::Select, Reason::BadMemoryMap))?;
    let frames = tables.frames();
    let observer = Watcher::of_take(engine.system);

    // SAFETY: from here to the last use of them this function calls the store and, by the reader, `OEMReadSnapshot`, which use
    // none of them.
    let (codec, parts) = unsafe { engine.places_to_load() }.ok_or((Stage::Select, Reason::BadField))?;
    let (scratch, stored, index) = parts.buffers_and_index();
    let (page, checks) = stored.split_first_chunk_mut().ok_or((Stage::Select, Reason::BadField))?;
    let checks = checks.as_chunks_mut().0;

    let (head, record) = read_head(source, page)?;
    let cpu = engine.cpu().map_err(|_| (Stage::Cpu, Reason::WrongArchitecture))?;
    check_record(&record, &engine.identity(), &map, |words| cpu.accepts_record(words))?;
    let ram = Ram { map: &map, buffer };
    let mut table = Table::check(source, &head, &ram, page, checks)?;

    let candidate = engine.read_candidate();
    let mut attempt = 0;
    if let Some(candidate) = &candidate {
        attempt =
            engine.store().count_attempt(candidate.id).map_err(|_| (Stage::Select, Reason::WriteFailed))?;
    }
    observer.tell(OalStep::Chosen, candidate.map_or(0, |candidate| candidate.id.0), head.pages);

    // SAFETY: RAM is mapped where the configuration says, and nobody uses the saved memory's, as the caller promises.
    let memory = &mut unsafe { PhysicalMemory::new(&frames, engine.config.ram_offset) };
    let observer = &observer;
    let mut loading = Loading { memory, codec, scratch, observer, done: 0, total: head.pages };
    contents(source, &head, &mut table, index, &mut loading)?;

    if candidate.is_some() {
        engine.store().consume().map_err(|_| (Stage::Cpu, Reason::WriteFailed))?;
    }
    if let Some(candidate) = candidate {
        let report = engine.report();
        (report.id, report.slot) = (candidate.id.0, candidate.slot.into());
        (report.attempt, report.error) = (attempt.into(), 0);
        report.pageable_bytes = head.pageable_bytes;
        report.seal();
    }
    observer.tell(OalStep::Loaded, 0, 0);
    let (_, place, _) = engine.cpu_places();
    // SAFETY: a place of the instance's own, which nothing else uses while this call has the right to it.
    unsafe { place.write(record) };
    Ok(place)
}
