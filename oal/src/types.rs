//! The documented types, under their documented names.

#![allow(
    non_camel_case_types,
    non_snake_case,
    clippy::upper_case_acronyms,
    reason = "the documentation's names"
)]

use core::ffi::c_void;

/// 32 bits without a sign.
pub type DWORD = u32;
/// FALSE is 0.
pub type BOOL = i32;
/// Any address, written to.
pub type LPVOID = *mut c_void;
/// Any address, only read.
pub type LPCVOID = *const c_void;
/// The place of a number.
pub type PDWORD = *mut DWORD;
/// The same.
pub type LPDWORD = *mut DWORD;

/// Physically contiguous RAM.
#[cfg(not(windows_types))]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RAMTableEntry {
    /// The physical address of the first byte, shifted right by 8. The address is a multiple of 4096.
    pub ShiftedRamBase: DWORD,
    /// Bytes, a multiple of 4096, not 0.
    pub RamSize: DWORD,
    /// Not looked at.
    pub RamAttributes: DWORD,
}

/// A list of RAM, of at most 16 entries.
#[cfg(not(windows_types))]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RamTable {
    /// Minor version in the low half, major in the high one. Not looked at.
    pub dwVersion: DWORD,
    /// The number of entries.
    pub dwNumEntries: DWORD,
    /// The first of them; may be NULL if there are none.
    pub pRamEntries: *const RAMTableEntry,
}

/// A list of RAM.
#[cfg(not(windows_types))]
pub type PCRamTable = *const RamTable;

/// The answer of `GetSnapshotState`.
#[cfg(not(windows_types))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum TSnapState {
    /// No capture in progress.
    eSnapNone = 0,
    /// First pass: memory is reclaimed, the device suspended and resumed.
    eSnapPass1 = 1,
    /// Second pass: a pause, then suspend, write, resume. A driver that powers up needs no re-initialisation.
    eSnapPass2 = 2,
    /// The device is suspended, the capture comes next.
    eSnapPrepared = 3,
    /// The snapshot is written.
    eSnapTaken = 4,
    /// The device boots from a snapshot: the hardware was off, drivers re-initialise it.
    eSnapBoot = 5,
}

/// Reads `cbSize` bytes at `dwOfst` of an image, all three multiples of 4096. FALSE: it could not.
#[cfg(not(windows_types))]
pub type PFN_SnapReadAtOffset =
    Option<unsafe extern "C" fn(pBuf: LPVOID, cbSize: DWORD, dwOfst: DWORD) -> BOOL>;

/// The hooks, for a kernel. `oal_snapshot_support` fills it.
#[cfg(not(windows_types))]
#[repr(C)]
pub struct SnapshotSupport {
    /// `OEMPrepareSnapshot`.
    pub pfnPrepareSnapshot: Option<unsafe extern "C" fn(cbSnapSize: DWORD) -> BOOL>,
    /// `OEMWriteSnapshot`.
    pub pfnSnapWrite: Option<unsafe extern "C" fn(pSnapshot: LPCVOID, cbSize: DWORD, dwOfst: DWORD) -> BOOL>,
    /// `OEMTakeCPUSnapshot`.
    pub pfnSnapCPU:
        Option<unsafe extern "C" fn(dwSnapPC: DWORD, pCpuContext: LPVOID, cbCpuContext: DWORD) -> BOOL>,
    /// `OEMSnapshotResume`.
    pub pfnSnapshotResume: Option<unsafe extern "C" fn()>,
    /// `OEMCompressSnapshot`.
    pub pfnCompress:
        Option<unsafe extern "C" fn(pSrc: LPCVOID, cbSrc: DWORD, pDst: LPVOID, pcbDst: PDWORD) -> BOOL>,
    /// `OEMGetSnapshotRegions`.
    pub pfnSnapGetOemRegions: Option<unsafe extern "C" fn() -> PCRamTable>,
    /// `OEMReadSnapshot`.
    pub pfnSnapRead:
        Option<unsafe extern "C" fn(pPagingMem: LPVOID, cbSize: DWORD, dwSnapOffset: DWORD) -> BOOL>,
    /// A word that the kernel copies to the image's header, for the boot loader.
    pub dwOemData: DWORD,
}

/// The first bytes of an image that a kernel makes; the CPU context follows at once. What the documentation
/// leaves open is ours: see `OAL_SNAP_SIG` and `SnapRestore`.
#[cfg(not(windows_types))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct SNAP_HEADER {
    /// Ours: `OAL_SNAP_SIG`.
    pub dwSig: DWORD,
    /// The start of the table, in bytes from here, a multiple of 4096, at most 65536.
    pub dwOfstSnapTable: DWORD,
    /// The start of the pageable area, in bytes from here, a multiple of 4096.
    pub dwOfstPageable: DWORD,
    /// Pages that the boot loader loads. Ours: the table has a DWORD for each, the page's physical address
    /// divided by 4096, ascending.
    pub cSnapPages: DWORD,
    /// Bytes of those pages' contents, which start at the first multiple of 4096 behind the table. Ours:
    /// either what `OEMCompressSnapshot` made of them, or exactly `cSnapPages * 4096` bytes, the pages as
    /// they are.
    pub cbCompressed: DWORD,
    /// Bytes of the pageable area, not compressed.
    pub cbPageable: DWORD,
    /// A word from the system to the boot loader.
    pub dwOemData: DWORD,
    /// The value that makes the header's checksum zero. Ours: minus `SnapChkSum` of all bytes before the
    /// table, this field taken as 0.
    pub dwHeaderAdjust: DWORD,
    /// `SnapChkSum` of the table's `cSnapPages * 4` bytes.
    pub dwTableChkSum: DWORD,
    /// `SnapChkSum` of the `cbCompressed` bytes of contents.
    pub dwSnapChkSum: DWORD,
    /// `SnapChkSum` of the pageable area. Ours: for the kernel; a boot does not read that area.
    pub dwPageableChkSum: DWORD,
}

/// Ours: `dwSig` of an image's header, the bytes "OALK".
pub const OAL_SNAP_SIG: u32 = 0x4b4c_414f;
/// Ours: bytes that `pCpuContext` must offer.
pub const OAL_CPU_CONTEXT_BYTES: u32 = 1104;
/// Ours: bytes that the buffer of `SnapRestore` must offer where a reader is given.
pub const OAL_SNAP_BUFFER_BYTES: u32 = 20 * 4096;

/// Ours: an argument of `SnapRestore` is NULL or not a multiple of 4096.
pub const SNAP_ERR_INVALID_ARGUMENT: u32 = 1;
/// Ours: the buffer of `SnapRestore` is too small.
pub const SNAP_ERR_INSUFFICIENT_BUFFER: u32 = 2;
/// Ours: a checksum, or anything else about the image, is wrong; `oal_snapshot_last_error` says what.
pub const SNAP_ERR_CHECKSUM_FAILURE: u32 = 3;
/// Ours: the image could not be read, or there is none.
pub const SNAP_ERR_READ_FAILURE: u32 = 4;

/// The result of a successful hook.
pub(crate) const TRUE: BOOL = 1;
/// The result of an unsuccessful hook.
pub(crate) const FALSE: BOOL = 0;
