//! The documented hooks, and the structure that hands them to a kernel.

#![allow(non_snake_case, reason = "the documentation's names")]

use core::ffi::c_void;
use core::ptr::null;
use core::slice;

use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::{CHUNK_BYTES, chunk, page_align};
use oal_snapshot::mem;
use oal_snapshot::state::SnapshotState;
use oal_snapshot::store::StoreError;

use crate::capture::OEMTakeCPUSnapshot;
use crate::config;
use crate::engine::{self, Engine, STATE};
use crate::error::{OalError, OalErrorInfo, OalStage, number};
use crate::frame::{self, FrameHead};
use crate::system::resume_platform;
use crate::types::{
    BOOL, DWORD, FALSE, LPCVOID, LPVOID, PCRamTable, PDWORD, RamTable, SnapshotSupport, TRUE, TSnapState,
};

/// The result of a hook: nothing, or an error to remember.
type Outcome = Result<(), OalErrorInfo>;

const fn bad(error: OalError) -> OalErrorInfo {
    OalErrorInfo::new(OalStage::Call, error)
}

/// Runs a hook and makes its outcome a `BOOL`.
fn hook(what: impl FnOnce(&mut Engine) -> Outcome) -> BOOL {
    let Ok(mut engine) = Engine::lock() else { return FALSE };
    match what(&mut engine) {
        Ok(()) => TRUE,
        Err(info) => {
            engine.fail(info);
            FALSE
        }
    }
}

/// Whether a buffer of C's is one: not NULL, and not past the end of the address space.
fn is_buffer(start: *const c_void, bytes: DWORD) -> bool {
    !start.is_null() && start.addr().checked_add(bytes as usize).is_some() && bytes <= i32::MAX as u32
}

fn aligned(numbers: &[usize]) -> bool {
    numbers.iter().all(|number| number.is_multiple_of(PAGE_SIZE))
}

/// Fills `support` with the hooks of this library and `dwOemData`. Needs no initialisation.
///
/// # Safety
/// `support` is NULL or points to a place for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_support(support: *mut SnapshotSupport, dwOemData: DWORD) -> u32 {
    if support.is_null() {
        return number(OalStage::Call, OalError::NullArgument);
    }
    if !support.is_aligned() {
        return number(OalStage::Call, OalError::Unaligned);
    }
    let filled = SnapshotSupport {
        pfnPrepareSnapshot: Some(OEMPrepareSnapshot),
        pfnSnapWrite: Some(OEMWriteSnapshot),
        pfnSnapCPU: Some(OEMTakeCPUSnapshot),
        pfnSnapshotResume: Some(OEMSnapshotResume),
        pfnCompress: Some(OEMCompressSnapshot),
        pfnSnapGetOemRegions: Some(OEMGetSnapshotRegions),
        pfnSnapRead: Some(OEMReadSnapshot),
        dwOemData,
    };
    // SAFETY: the caller's promise.
    unsafe { support.write(filled) };
    0
}

/// A table for boards without regions of their own.
struct Empty(RamTable);
// SAFETY: constant, and its pointer is NULL.
unsafe impl Sync for Empty {}
static EMPTY: Empty = Empty(RamTable { dwVersion: 0x0001_0000, dwNumEntries: 0, pRamEntries: null() });

/// Step 1: RAM that the system does not know of and that must be in the snapshot: `oem_table` of the system,
/// or an empty table. Never NULL.
///
/// # Safety
/// The configuration is correct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OEMGetSnapshotRegions() -> PCRamTable {
    let oem = Engine::lock().ok().and_then(|engine| {
        // SAFETY: the C side's function, called as its table says.
        engine.system.oem_table.map(|oem| unsafe { oem(engine.system.context) })
    });
    oem.filter(|table| !table.is_null()).unwrap_or(&raw const EMPTY.0)
}

/// Step 3: compresses whole pages. `pSrc`, `cbSrc` and `pDst` are multiples of 4096. Ours: `*pcbDst` is the
/// room at `pDst` on entry and the compressed size on exit, not rounded; `OAL_SNAP_COMPRESS_BOUND(cbSrc)` is
/// always enough. FALSE: it did not fit, or an argument is wrong; `pDst` then holds anything, and `*pcbDst`
/// is as it was.
///
/// What several calls return may be stored one behind the other, each as it is or filled up with zeroes to a
/// multiple of
/// 4096. An image holds the results of this function only, or pages as they are only. Each 64 KiB get a
///       checksum of their
/// own, which `SnapRestore` compares before it decompresses them.
///
/// # Safety
/// The pointers are NULL or as described, and the two buffers do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OEMCompressSnapshot(
    pSrc: LPCVOID,
    cbSrc: DWORD,
    pDst: LPVOID,
    pcbDst: PDWORD,
) -> BOOL {
    hook(|engine| {
        if pSrc.is_null() || pDst.is_null() || pcbDst.is_null() {
            return Err(bad(OalError::NullArgument));
        }
        if !aligned(&[pSrc.addr(), cbSrc as usize, pDst.addr()]) || !pcbDst.is_aligned() {
            return Err(bad(OalError::Unaligned));
        }
        // SAFETY: the caller's promise.
        let room = unsafe { pcbDst.read() };
        let (source, target) = (pSrc.addr(), pDst.addr());
        let overlap =
            source < target.wrapping_add(room as usize) && target < source.wrapping_add(cbSrc as usize);
        if cbSrc == 0 || !is_buffer(pSrc, cbSrc) || !is_buffer(pDst, room) || overlap {
            return Err(bad(OalError::BadArgument));
        }
        // SAFETY: the caller's promise.
        let (source, target) = unsafe {
            (
                slice::from_raw_parts(pSrc.cast::<u8>(), cbSrc as usize),
                slice::from_raw_parts_mut(pDst.cast::<u8>(), room as usize),
            )
        };
        let (codec, _, parts) = engine.split().ok_or(bad(OalError::NotInitialised))?;
        let (_, stored) = parts.buffers();
        let mut used = 0;
        for pages in source.chunks(CHUNK_BYTES) {
            let failed = bad(OalError::BadArgument);
            let entry = chunk::encode(codec, pages, stored).ok_or(failed)?;
            let bytes = stored.get(..entry.len()).ok_or(failed)?;
            let len = frame::HEAD + frame::padded(bytes.len());
            let place = target.get_mut(used..).and_then(|rest| rest.get_mut(..len));
            let Some((head, body)) = place.and_then(<[u8]>::split_first_chunk_mut) else {
                return Err(OalErrorInfo::too_small(OalStage::Compress, (used + len) as u64, room.into()));
            };
            *head = FrameHead { pages: pages.len() / PAGE_SIZE, entry }.encode();
            let (body, padding) = body.split_at_mut_checked(bytes.len()).ok_or(failed)?;
            mem::copy(body, bytes);
            padding.fill(0);
            used += len;
        }
        // SAFETY: the caller's promise.
        unsafe { pcbDst.write(used as u32) };
        Ok(())
    })
}

/// Step 4: the size is known now; makes room for `cbSnapSize` bytes, rounded up to a multiple of 4096. The
/// image before stays bootable if the store keeps two. FALSE: it does not fit, or the image that was booted
/// has a pageable area that may still be needed (`OAL_ERROR_PAGED_FROM`), and nothing was changed; or the
/// medium failed.
///
/// # Safety
/// The configuration is correct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OEMPrepareSnapshot(cbSnapSize: DWORD) -> BOOL {
    hook(|engine| {
        if cbSnapSize == 0 {
            return Err(bad(OalError::BadArgument));
        }
        engine.may_replace()?;
        engine.report_refusals();
        let policy = config::policy(engine.config.policy).ok_or(bad(OalError::BadArgument))?;
        let prepared = engine.store().prepare_snapshot(page_align(cbSnapSize.into()), policy);
        prepared.map(|_| ()).map_err(|error| OalErrorInfo::store(OalStage::Prepare, error))
    })
}

/// Step 5: writes a part of the image; all three arguments are multiples of 4096. Ours: parts follow one
/// another without a gap. The last call, `(NULL, 0, 0)`, flushes, reads the image back, compares, and commits
/// it: only then does it boot. FALSE: the image is never committed, and the one before it stays.
///
/// # Safety
/// `pSnapshot` is NULL or points to `cbSize` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OEMWriteSnapshot(pSnapshot: LPCVOID, cbSize: DWORD, dwOfst: DWORD) -> BOOL {
    hook(|engine| {
        let write = |error| OalErrorInfo::store(OalStage::Write, error);
        if pSnapshot.is_null() && cbSize == 0 && dwOfst == 0 {
            let (_, store, parts) = engine.split().ok_or(bad(OalError::NotInitialised))?;
            return store.finish_snapshot(parts.buffers().1).map_err(write);
        }
        if pSnapshot.is_null() {
            return Err(bad(OalError::NullArgument));
        }
        if !aligned(&[pSnapshot.addr(), cbSize as usize, dwOfst as usize]) {
            return Err(bad(OalError::Unaligned));
        }
        if cbSize == 0 || !is_buffer(pSnapshot, cbSize) {
            return Err(bad(OalError::BadArgument));
        }
        // SAFETY: the caller's promise.
        let data = unsafe { slice::from_raw_parts(pSnapshot.cast::<u8>(), cbSize as usize) };
        engine.store().write_snapshot(data, dwOfst.into()).map_err(write)
    })
}

/// Reads a part of an image; all three arguments are multiples of 4096. In a boot loader it is the image that
/// `SnapRestore` tries; in a restored system the one that was booted, for paging; else the newest.
///
/// Ours: the bytes are those that the medium gives. They are not compared with a checksum here, and the
/// pageable area is not read at a boot: `SnapRestore` checks what it reads itself. A kernel that pages keeps
/// `SnapChkSum` of each pageable page in memory that is in the snapshot, and compares it with each page that
/// it reads, where it will use it. No other image is ever read in place of the one that was booted: FALSE if
/// that is no longer in the store.
///
/// # Safety
/// `pPagingMem` is NULL or points to `cbSize` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OEMReadSnapshot(pPagingMem: LPVOID, cbSize: DWORD, dwSnapOffset: DWORD) -> BOOL {
    let Ok((mut engine, restoring)) = Engine::lock_to_read() else { return FALSE };
    // SAFETY: the caller's promise.
    match unsafe { read(&mut engine, restoring, pPagingMem, cbSize, dwSnapOffset) } {
        Ok(()) => TRUE,
        Err(info) => {
            engine.fail(info);
            FALSE
        }
    }
}

/// # Safety
/// As for [`OEMReadSnapshot`].
unsafe fn read(engine: &mut Engine, restoring: bool, to: LPVOID, bytes: DWORD, offset: DWORD) -> Outcome {
    if to.is_null() {
        return Err(bad(OalError::NullArgument));
    }
    if !aligned(&[to.addr(), bytes as usize, offset as usize]) {
        return Err(bad(OalError::Unaligned));
    }
    if bytes == 0 || !is_buffer(to, bytes) {
        return Err(bad(OalError::BadArgument));
    }
    let select = |reason| OalErrorInfo::refusal(oal_snapshot::refusal::Stage::Select, reason);
    let id = if restoring {
        engine.open_session();
        engine.note_read(true);
        engine.session().as_ref().and_then(|session| session.candidate()).map(|candidate| candidate.id)
    } else if let Some(id) = engine.report().booted() {
        Some(id)
    } else {
        let selection = engine.store().select().map_err(select)?;
        selection.candidates.first().map(|candidate| candidate.id)
    };
    let id = id.ok_or(OalErrorInfo::new(OalStage::Select, OalError::NoImage))?;
    // SAFETY: the caller's promise; bytes may be overwritten whatever they are.
    let buffer = unsafe { slice::from_raw_parts_mut(to.cast::<u8>(), bytes as usize) };
    let read = engine.store().read_snapshot(id, buffer, offset.into());
    read.map_err(|error: StoreError<i32>| OalErrorInfo::store(OalStage::Store, error))
}

/// First code of the restored system: the library starts again, the state becomes `eSnapBoot`, and
/// `snapshot_resume` of the system re-initialises the platform. `oal_snapshot_take` does this by itself; a
/// kernel calls it where `dwSnapPC` leads.
///
/// # Safety
/// The system was just restored, and interrupts are masked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn OEMSnapshotResume() {
    STATE.set(SnapshotState::Boot);
    engine::restart();
    if let Some(config) = engine::config() {
        // SAFETY: `oal_snapshot_init` saw the table.
        resume_platform(unsafe { &*config.system });
    }
}

/// The progress of a snapshot, or of a boot from one. Safe in interrupt handlers.
#[unsafe(no_mangle)]
pub extern "C" fn GetSnapshotState() -> TSnapState {
    match STATE.get() {
        SnapshotState::None => TSnapState::eSnapNone,
        SnapshotState::Pass1 => TSnapState::eSnapPass1,
        SnapshotState::Pass2 => TSnapState::eSnapPass2,
        SnapshotState::Prepared => TSnapState::eSnapPrepared,
        SnapshotState::Taken => TSnapState::eSnapTaken,
        SnapshotState::Boot => TSnapState::eSnapBoot,
    }
}

/// Moves the state, for a kernel that calls the hooks itself; `state` is a `TSnapState`. `oal_snapshot_take`
/// does this by itself.
#[unsafe(no_mangle)]
pub extern "C" fn oal_snapshot_set_state(state: u32) -> u32 {
    let next = match state {
        0 => SnapshotState::None,
        1 => SnapshotState::Pass1,
        2 => SnapshotState::Pass2,
        3 => SnapshotState::Prepared,
        4 => SnapshotState::Taken,
        5 => SnapshotState::Boot,
        _ => return number(OalStage::Call, OalError::BadArgument),
    };
    STATE.set(next);
    0
}
