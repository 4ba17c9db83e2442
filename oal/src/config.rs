//! The configuration from the C side: the board, its system, its CPU and its medium, in one constant
//! structure.

use core::ffi::{c_char, c_void};

use oal_snapshot::hooks::BootPolicy;
use oal_snapshot::store::{Slots, StoreSettings};

use crate::cpu::OalCpu;
use crate::report::OalBootReport;
use crate::store::{Devices, OalAttemptRegister, OalBlockDevice, OalNandFlash, OalNorFlash, OalStore};
use crate::types::PCRamTable;

/// Whether a page's contents matter.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OalPageClass {
    /// In use: is saved.
    Used = 0,
    /// Nobody's: not in the image, and anything after a boot.
    Free = 1,
}

/// The reason for resuming the system.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OalResume {
    /// The device was only at rest.
    Live = 0,
    /// The device was off: hardware must be re-initialised.
    Restored = 1,
}

/// The progress of a snapshot or a boot. The step says what `done` and `total` count.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OalStep {
    /// The CPU was captured: from here to `OAL_STEP_WRITTEN` no saved memory may change.
    Captured = 0,
    /// Pages looked at, of all.
    Scan = 1,
    /// Chunks compressed, of all.
    Compress = 2,
    /// Bytes written, of all.
    Write = 3,
    /// The image is committed.
    Written = 4,
    /// An image was looked at and not entered; `done` is the error, `total` the image's number or 0.
    Refused = 5,
    /// An image will be loaded; `done` is its number, `total` its pages.
    Chosen = 6,
    /// Pages in place, of all.
    Load = 7,
    /// Every page is in place; the registers come next.
    Loaded = 8,
}

/// The number of images that the store keeps.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OalSlots {
    /// Two: the old image stays good until the new one is committed.
    Two = 0,
    /// One, as large as the medium: while it is written there is none to boot.
    One = 1,
}

/// The number of times that an image may be booted.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OalPolicy {
    /// Any number of times: instant-on.
    Always = 0,
    /// Once: hibernate. It is used up also when anything else is booted instead.
    Once = 1,
}

/// The library's requests to the system around it. Functions that may be NULL say so. Each gets `context`.
///
/// From the capture of the CPU to the last write only `page_class` and `progress` are called: neither may
/// change memory of saved memory. During a boot only the tables and `progress` are used, before
/// `snapshot_resume`.
#[repr(C)]
pub struct OalSystem {
    /// Given to every function.
    pub context: *mut c_void,
    /// The RAM that the system manages (`OEMGetOEMRamTable`). The same at every call, on the boot loader's
    /// side too.
    pub ram_table: Option<unsafe extern "C" fn(context: *mut c_void) -> PCRamTable>,
    /// RAM that the system does not know of and that is always saved, such as display memory. It is what
    /// `OEMGetSnapshotRegions` answers. May be NULL, and may return NULL: there is none.
    pub oem_table: Option<unsafe extern "C" fn(context: *mut c_void) -> PCRamTable>,
    /// Memory that is never saved: the workspace, the boot report, the state and buffers of the medium's
    /// driver, and all that runs while RAM is overwritten: the boot stage's code, constants, stack and data.
    pub nosave_table: Option<unsafe extern "C" fn(context: *mut c_void) -> PCRamTable>,
    /// Whether the contents of the page with the physical address `page * 4096` matter: an `OalPageClass`, of
    /// which `OAL_PAGE_CLASS_FREE` alone means that they do not. NULL: of all pages they do.
    pub page_class: Option<unsafe extern "C" fn(context: *mut c_void, page: u64) -> u32>,
    /// First pass: gives back memory that can be had again, so that the image is small. May be NULL.
    pub reclaim: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// Comes to rest: drivers powered down, other cores parked, interrupts masked on return. NULL on success;
    /// else the name of who would not stop, and the system runs as before. Needed by `oal_snapshot_take`
    /// only.
    pub suspend: Option<unsafe extern "C" fn(context: *mut c_void) -> *const c_char>,
    /// Goes on after `suspend`, with interrupts unmasked on return. Needed by `oal_snapshot_take` only.
    pub resume: Option<unsafe extern "C" fn(context: *mut c_void, why: OalResume)>,
    /// Second pass: runs the system for that long, so that what must answer at once is resident. May be NULL.
    pub pause: Option<unsafe extern "C" fn(context: *mut c_void, milliseconds: u32)>,
    /// The restored system's first code: re-initialises platform hardware that no driver looks after, as at a
    /// cold boot. Interrupts are masked. It is what `OEMSnapshotResume` calls. May be NULL.
    pub snapshot_resume: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// Receives the progress of a snapshot or a boot. Touches hardware and nosave memory only. May be NULL.
    pub progress: Option<unsafe extern "C" fn(context: *mut c_void, step: OalStep, done: u64, total: u64)>,
}

/// Everything that the library knows of a board. Constant: the library keeps its address. Boot loader and
/// system give the same, but for functions and devices.
#[repr(C)]
pub struct OalConfig {
    /// `sizeof(OalConfig)`.
    pub size: u32,
    /// `OAL_FLAG_...`.
    pub flags: u32,
    /// The board: any 16 bytes that other boards do not use.
    pub board: [u8; 16],
    /// The identity that system and boot loader must share for an image to boot. In one program: the linker's
    /// build id, filled up with zeroes. In two: what both agree on, changed whenever the memory layout
    /// changes.
    pub build: [u8; 32],
    /// Virtual minus physical address of RAM, modulo the address space; 0 for an identity map.
    pub ram_offset: usize,
    /// The library's memory: nosave, aligned to 4096.
    pub workspace: *mut c_void,
    /// Its size: `OAL_SNAPSHOT_WORKSPACE_BYTES`.
    pub workspace_bytes: usize,
    /// The report of a boot, for the system: nosave, at the same address in boot loader and system.
    pub report: *mut OalBootReport,
    /// The system.
    pub system: *const OalSystem,
    /// The functions that capture and restore the CPU. NULL on ARMv7-A, where the library does it.
    pub cpu: *const OalCpu,
    /// Cleans and invalidates a cache beyond those that CLIDR names, such as an L2C-310; NULL if there is
    /// none.
    pub clean_outer_cache: Option<unsafe extern "C" fn()>,
    /// The kind of store: `&oal_snapshot_block`, `&oal_snapshot_nor` or one of `&oal_snapshot_nand_...`.
    pub store: *const OalStore,
    /// The device of a block store; else NULL.
    pub block: *const OalBlockDevice,
    /// The device of a NAND store; else NULL.
    pub nand: *const OalNandFlash,
    /// The device of a NOR store; else NULL.
    pub nor: *const OalNorFlash,
    /// The counter of attempts; NULL: in the store.
    pub attempts: *const OalAttemptRegister,
    /// The number of images that the store keeps: an `OalSlots`.
    pub slots: u32,
    /// The boot policy of images: an `OalPolicy`.
    pub policy: u32,
    /// Boots of an image that may go unconfirmed in a row; 0 counts none.
    pub max_attempts: u32,
    /// Free RAM that may hold compressed pages while they wait to be written: the first page's number (its
    /// physical address divided by 4096)...
    pub staging_page: u64,
    /// ...and how many; 0 for none.
    pub staging_pages: u32,
    /// 0.
    pub reserved: u32,
}

/// The core is in Secure state, and Monitor mode's registers are saved.
pub const OAL_FLAG_SECURE: u32 = 1;
/// All flags there are.
pub(crate) const FLAGS: u32 = OAL_FLAG_SECURE;

impl OalConfig {
    /// What the store is made of.
    pub(crate) fn devices(&self) -> Devices {
        let settings = StoreSettings {
            slots: slots(self.slots).unwrap_or(Slots::Two),
            max_attempts: self.max_attempts.min(u8::MAX.into()) as u8,
        };
        let OalConfig { block, nand, nor, attempts, .. } = *self;
        Devices { block, nand, nor, attempts, settings }
    }
}

/// An `OalSlots` in the engine's words.
pub(crate) fn slots(number: u32) -> Option<Slots> {
    match number {
        n if n == OalSlots::Two as u32 => Some(Slots::Two),
        n if n == OalSlots::One as u32 => Some(Slots::One),
        _ => None,
    }
}

/// An `OalPolicy` in the engine's words.
pub(crate) fn policy(number: u32) -> Option<BootPolicy> {
    match number {
        n if n == OalPolicy::Always as u32 => Some(BootPolicy::Always),
        n if n == OalPolicy::Once as u32 => Some(BootPolicy::Once),
        _ => None,
    }
}
