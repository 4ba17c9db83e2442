//! The library's one instance: what lies in the workspace, who may use it, and how it starts.

use core::ffi::c_void;
use core::mem::{offset_of, size_of};
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::CpuContext;
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};
use oal_snapshot::hooks::{Candidate, Selection};
use oal_snapshot::image::Identity;
use oal_snapshot::image::ImageId;
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::Reason;
use oal_snapshot::state::StateCell;
use oal_snapshot::workspace::{Parts, Workspace, chunks_for};

use crate::config::{self, FLAGS, OalConfig, OalSystem};
use crate::cpu::{Cpu, Record};
use crate::error::{self, OalError, OalErrorInfo, OalStage, number};
use crate::report::OalBootReport;
use crate::stack::Stack;
use crate::store::{AnyStore, StorePlace};
use crate::tables::Tables;

/// The state: in saved memory.
pub(crate) static STATE: StateCell = StateCell::new();
/// The configuration, once it was found right: in saved memory.
static CONFIG: AtomicPtr<OalConfig> = AtomicPtr::new(null_mut());

/// Extents of the page map.
const EXTENTS: usize = 1024;

/// The part of a workspace that does not depend on the size of RAM.
#[repr(C, align(4096))]
struct Fixed {
    head: Head,
    store: StorePlace,
    codec: Lz4,
    context: CpuContext,
    record: Record,
    stack: Stack,
}

/// The state that changes.
struct Head {
    magic: usize,
    busy: Busy,
    error: OalErrorInfo,
    store: *mut AnyStore,
    session: Option<Session>,
    /// Whether the store has heard of the images that the boot refused.
    refusals_reported: bool,
    /// MiB of RAM that the rest of the workspace is laid out for.
    mib: u32,
}

const MAGIC: usize = 0x4f41_4c31;

/// The operation under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Busy {
    Nobody,
    Call,
    /// `SnapRestore`, which calls a reader.
    Restore,
    /// `OEMReadSnapshot`, called by `SnapRestore`.
    RestoreReads,
}

/// The images that `SnapRestore` has to choose from since power-on.
pub(crate) struct Session {
    selection: Selection,
    at: usize,
    /// Whether the image under way was read by `OEMReadSnapshot`.
    read: bool,
    /// The reason why there is no image.
    why: Reason,
}

impl Session {
    /// The image under way.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.selection.candidates.get(self.at)
    }

    /// The reason why there is nothing to choose from, if that is so.
    pub fn exhausted(&self) -> Option<Reason> {
        self.candidate().is_none().then_some(self.why)
    }
}

macro_rules! sizes {
    ($($mib:literal),+) => {
        /// MiB of RAM that workspaces are made for, ascending, and the bytes behind the fixed part.
        const SIZES: &[(u32, usize)] =
            &[$(($mib, size_of::<Workspace<EXTENTS, { chunks_for($mib << 20) }>>())),+];

        /// # Safety
        /// `place` points to a workspace for `mib` MiB that nobody else uses.
        unsafe fn parts_at(mib: u32, place: *mut c_void) -> Option<Parts<'static>> {
            match mib {
                // SAFETY: the caller's promise.
                $($mib => Some(unsafe { &mut *place.cast::<Workspace<EXTENTS, { chunks_for($mib << 20) }>>() }.parts()),)+
                _ => None,
            }
        }
    };
}

sizes!(64, 128, 256, 512, 1024, 2048, 4096);

/// Bytes of a workspace besides 128 for each MiB of RAM.
pub const OAL_SNAPSHOT_FIXED_BYTES: u32 = 256 << 10;

// What the header's macro says is enough.
const _: () = {
    let mut i = 0;
    while i < SIZES.len() {
        let (mib, bytes) = SIZES[i];
        assert!(size_of::<Fixed>() + bytes <= OAL_SNAPSHOT_FIXED_BYTES as usize + 128 * mib as usize);
        i += 1;
    }
    assert!(size_of::<Fixed>().is_multiple_of(PAGE_SIZE) && offset_of!(Fixed, head) == 0);
};

/// Bytes of the workspace for `ram_mib` MiB of RAM, at most 4096; 0 for more. The macro
/// `OAL_SNAPSHOT_WORKSPACE_BYTES` is the same as a constant.
#[unsafe(no_mangle)]
pub extern "C" fn oal_snapshot_workspace_bytes(ram_mib: u32) -> usize {
    let size = SIZES.iter().find(|(mib, _)| ram_mib <= *mib);
    size.map_or(0, |(mib, _)| OAL_SNAPSHOT_FIXED_BYTES as usize + 128 * *mib as usize)
}

/// The configuration in use.
pub(crate) fn config() -> Option<&'static OalConfig> {
    // SAFETY: only `init` stores here, what its caller promised to be valid and constant from then on.
    unsafe { CONFIG.load(Relaxed).as_ref() }
}

/// Checks all of a configuration but its store, and says for how many MiB of RAM its workspace is to be laid
/// out.
fn check(config: &'static OalConfig) -> Result<u32, OalErrorInfo> {
    let info = |error| OalErrorInfo::new(OalStage::Init, error);
    let fail = |error| Err(info(error));
    if config.size as usize != size_of::<OalConfig>() {
        return fail(OalError::WrongVersion);
    }
    if config.workspace.is_null() || config.report.is_null() || config.system.is_null() {
        return fail(OalError::NullArgument);
    }
    if config.store.is_null() {
        return fail(OalError::NoStore);
    }
    let aligned = config.workspace.addr().is_multiple_of(PAGE_SIZE)
        && config.report.is_aligned()
        && config.system.is_aligned()
        && config.cpu.is_aligned()
        && config.block.is_aligned()
        && config.nand.is_aligned()
        && config.nor.is_aligned()
        && config.attempts.is_aligned();
    if !aligned {
        return fail(OalError::Unaligned);
    }
    if config.flags & !FLAGS != 0
        || config.reserved != 0
        || config::slots(config.slots).is_none()
        || config::policy(config.policy).is_none()
        || config.max_attempts > u8::MAX.into()
    {
        return fail(OalError::BadArgument);
    }
    Cpu::check(config).map_err(info)?;
    // SAFETY: not NULL, aligned, and, as the caller of `oal_snapshot_init` promises, valid and constant from then on.
    let system = unsafe { &*config.system };
    let tables = Tables::read(system).map_err(info)?;
    let map = tables.map().map_err(|error| info(error::map(error)))?;
    let bytes_of_ram: u64 = map.areas().iter().map(|area| area.frames.bytes()).sum();
    let Some((mib, bytes)) = SIZES.iter().find(|(mib, _)| bytes_of_ram <= u64::from(*mib) << 20) else {
        return fail(OalError::TooManyChunks);
    };
    let needed = size_of::<Fixed>() + bytes;
    if config.workspace_bytes < needed {
        let (needed, available) = (needed as u64, config.workspace_bytes as u64);
        return Err(OalErrorInfo::too_small(OalStage::Init, needed, available));
    }
    if is_saved(config, &map) { fail(OalError::InSavedMemory) } else { Ok(*mib) }
}

/// Whether some of the library's own memory is memory that a snapshot saves.
fn is_saved(config: &OalConfig, map: &MemoryMap) -> bool {
    let workspace = frames_of(config, config.workspace.addr(), config.workspace_bytes);
    let report = frames_of(config, config.report.addr(), size_of::<OalBootReport>());
    workspace.into_iter().chain(report).any(|range| map.saved().any(|area| area.frames.overlaps(range)))
}

/// The frames of memory of the C side's, if its address can be one of RAM.
pub(crate) fn frames_of(config: &OalConfig, start: usize, bytes: usize) -> Option<FrameRange> {
    let start = start.wrapping_sub(config.ram_offset) as u64;
    let first = Pfn::containing(start);
    let last = Pfn::containing(start.saturating_add(bytes.saturating_sub(1) as u64));
    FrameRange::new(first, u32::try_from(last.0 - first.0 + 1).unwrap_or(u32::MAX))
}

/// Fills the workspace of a checked configuration. On an error of its store nothing was touched.
///
/// # Safety
/// Nobody uses the workspace, and what the configuration names is valid and constant from then on.
unsafe fn start(config: &'static OalConfig, mib: u32) -> Result<(), OalErrorInfo> {
    let fixed = config.workspace.cast::<Fixed>();
    // SAFETY: the caller's promise; the place is as large as `check` found it must be. No reference to what is not
    // initialised is made but to bytes of the store's place, which may be any.
    unsafe {
        let place = &mut (*fixed).store;
        let store = (*config.store)
            .make(&config.devices(), place)
            .map_err(|e| OalErrorInfo::new(OalStage::Init, e))?;
        let head = Head {
            magic: MAGIC,
            busy: Busy::Nobody,
            error: OalErrorInfo::NONE,
            store,
            session: None,
            refusals_reported: false,
            mib,
        };
        (&raw mut (*fixed).head).write(head);
        (&raw mut (*fixed).codec).write(Lz4::new());
        (&raw mut (*fixed).context).write(CpuContext::new());
        ptr::write_bytes(&raw mut (*fixed).record, 0, 1);
        ptr::write_bytes(&raw mut (*fixed).stack, 0, 1);
        // A new engine workspace is all zero, as its documentation has it for statics; written in place, since it is
        // larger than a stack.
        let rest = SIZES.iter().find(|(size, _)| *size == mib).map_or(0, |(_, bytes)| *bytes);
        ptr::write_bytes(fixed.add(1).cast::<u8>(), 0, rest);
    }
    Ok(())
}

/// Checks a configuration and starts the library on it. Everything the configuration points to, and it
/// itself, stays valid and unchanged for as long as the library is used. Nothing is read from the medium yet.
/// On an error nothing was touched, and an earlier configuration stays in use.
///
/// Called at power-on in the boot loader, and once more in the system, cold or not taken from a snapshot; a
/// restored system finds the library as it was.
///
/// # Safety
/// The configuration is NULL or as described; its workspace and report are memory of the library's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_init(config: *const OalConfig) -> u32 {
    let fail = |error| number(OalStage::Init, error);
    if config.is_null() {
        return fail(OalError::NullArgument);
    }
    if !config.is_aligned() {
        return fail(OalError::Unaligned);
    }
    // SAFETY: not NULL, aligned, and valid from then on, as the caller promises.
    let config: &'static OalConfig = unsafe { &*config };
    if busy() {
        return fail(OalError::Busy);
    }
    let mib = match check(config) {
        Ok(mib) => mib,
        Err(info) => return remember(info),
    };
    // SAFETY: nobody is at work, so nobody uses the workspace.
    match unsafe { start(config, mib) } {
        Ok(()) => {
            CONFIG.store(ptr::from_ref(config).cast_mut(), Relaxed);
            0
        }
        Err(info) => remember(info),
    }
}

/// Whether a call is under way on the present configuration.
fn busy() -> bool {
    // SAFETY: the head is only read, and valid if its magic number is there.
    initialised().is_some_and(|(_, fixed)| unsafe { (*fixed).head.busy } != Busy::Nobody)
}

/// The workspace, if the library was started.
fn initialised() -> Option<(&'static OalConfig, *mut Fixed)> {
    let config = config()?;
    let fixed = config.workspace.cast::<Fixed>();
    // SAFETY: `check` found the workspace large enough; a number may be read whatever it holds.
    (unsafe { (&raw const (*fixed).head.magic).read() } == MAGIC).then_some((config, fixed))
}

/// Keeps an error for [`oal_snapshot_error_info`], if the library was started.
fn remember(info: OalErrorInfo) -> u32 {
    if let Some((_, fixed)) = initialised() {
        // SAFETY: a plain number; nobody holds a reference to it.
        unsafe { (&raw mut (*fixed).head.error).write(info) };
    }
    info.error
}

/// Starts the library again in a system that was just restored: nosave memory was set up by this boot.
pub(crate) fn restart() {
    if let Some(config) = config()
        && let Ok(mib) = check(config)
    {
        // SAFETY: what used the workspace at the capture does not go on, but for its caller, which only puts `busy` back.
        let _ = unsafe { start(config, mib) };
    }
}

/// The right to use the instance: one call at a time.
pub(crate) struct Engine {
    /// The configuration.
    pub config: &'static OalConfig,
    /// The system.
    pub system: &'static OalSystem,
    fixed: *mut Fixed,
    before: Busy,
}

impl Engine {
    /// For a call that calls no hook.
    pub fn lock() -> Result<Engine, OalError> {
        Engine::lock_as(Busy::Call)
    }

    /// For `SnapRestore`.
    pub fn lock_to_restore() -> Result<Engine, OalError> {
        Engine::lock_as(Busy::Restore)
    }

    /// For `OEMReadSnapshot`, which `SnapRestore` may call; whether it did.
    pub fn lock_to_read() -> Result<(Engine, bool), OalError> {
        let engine = Engine::lock_as(Busy::RestoreReads)?;
        let restoring = engine.before == Busy::Restore;
        Ok((engine, restoring))
    }

    fn lock_as(who: Busy) -> Result<Engine, OalError> {
        let (config, fixed) = initialised().ok_or(OalError::NotInitialised)?;
        // SAFETY: the head is valid, and no reference to it is held.
        let before = unsafe { (*fixed).head.busy };
        let may = before == Busy::Nobody || (before == Busy::Restore && who == Busy::RestoreReads);
        if !may {
            return Err(OalError::Busy);
        }
        // SAFETY: as above; `check` saw the system's table.
        let system = unsafe {
            (*fixed).head.busy = who;
            &*config.system
        };
        Ok(Engine { config, system, fixed, before })
    }

    /// The store.
    pub fn store(&mut self) -> &mut AnyStore {
        // SAFETY: `start` made it; who has the right to the instance, and only that one, may borrow it, which the
        // borrow of `self` sees to. A restore does not hold it while it calls its reader.
        unsafe { &mut *(*self.fixed).head.store }
    }

    /// Codec, store and buffers together.
    pub fn split(&mut self) -> Option<(&mut Lz4, &mut AnyStore, Parts<'_>)> {
        let parts = self.parts_pointer()?;
        // SAFETY: three places that do not overlap, borrowed as `store` borrows its one.
        unsafe { Some((&mut (*self.fixed).codec, &mut *(*self.fixed).head.store, parts)) }
    }

    /// Codec and workspace for `SnapRestore`, whose reader uses the instance for the store at the same time.
    ///
    /// # Safety
    /// Until their last use nothing is called that uses them too: of the instance only the store and
    /// `OEMReadSnapshot`.
    pub unsafe fn places_to_load(&self) -> Option<(&'static Lz4, Parts<'static>)> {
        let parts = self.parts_pointer()?;
        // SAFETY: `start` made the codec; nobody changes it meanwhile, as the caller promises.
        Some((unsafe { &(*self.fixed).codec }, parts))
    }

    fn parts_pointer(&self) -> Option<Parts<'static>> {
        // SAFETY: the head is valid; `start` made the workspace there, for as much RAM as the head says.
        unsafe { parts_at((*self.fixed).head.mib, self.fixed.add(1).cast()) }
    }

    /// The registers' place, the record's and the stack, as addresses: they are used while others are.
    pub fn cpu_places(&mut self) -> (*mut CpuContext, *mut Record, *mut Stack) {
        // SAFETY: places within the workspace; no reference is made.
        unsafe {
            (&raw mut (*self.fixed).context, &raw mut (*self.fixed).record, &raw mut (*self.fixed).stack)
        }
    }

    /// The CPU.
    pub fn cpu(&mut self) -> Result<Cpu, OalErrorInfo> {
        let (_, _, stack) = self.cpu_places();
        // SAFETY: `check` saw the configuration; the stack is this instance's, which one call uses at a time.
        unsafe { Cpu::new(self.config, stack) }.map_err(|error| OalErrorInfo::new(OalStage::Cpu, error))
    }

    /// The memory map, as the system's tables have it now. They may name other RAM than when the library was
    /// started.
    pub fn tables(&self) -> Result<Tables, OalErrorInfo> {
        let info = |error| OalErrorInfo::new(OalStage::Regions, error);
        let tables = Tables::read(self.system).map_err(info)?;
        let is_saved = tables.map().is_ok_and(|map| is_saved(self.config, &map));
        if is_saved { Err(info(OalError::InSavedMemory)) } else { Ok(tables) }
    }

    /// The identity of images.
    pub fn identity(&self) -> Identity {
        Identity { board: self.config.board, build: self.config.build }
    }

    /// The boot report.
    pub fn report(&mut self) -> &mut OalBootReport {
        // SAFETY: `check` saw that it is aligned and not NULL; it is numbers only; only who has the right uses it.
        unsafe { &mut *self.config.report }
    }

    /// Refuses to replace an image that the running system may still page from.
    ///
    /// Which image a store replaces is its own choice: an image that was booted and used up goes first.
    pub fn may_replace(&mut self) -> Result<(), OalErrorInfo> {
        let paged_from = self.report().is_paged_from();
        if paged_from { Err(OalErrorInfo::new(OalStage::Prepare, OalError::PagedFrom)) } else { Ok(()) }
    }

    /// Reports to the store, once, which images the boot of this power-on refused, so that the next snapshot
    /// takes their place.
    pub fn report_refusals(&mut self) {
        // SAFETY: a flag of the head, which nobody holds a reference to.
        let reported = unsafe { core::mem::replace(&mut (*self.fixed).head.refusals_reported, true) };
        if reported {
            return;
        }
        let report = *self.report();
        let passing = [OalError::ReadFailed, OalError::WriteFailed].map(|e| e as u32);
        let mut before = None;
        for refusal in report.refusals() {
            let stage = refusal.error >> 16;
            let for_good = !passing.contains(&(refusal.error & 0xffff)) && stage != OalStage::Select as u32;
            if for_good && refusal.id != 0 && before != Some(refusal.id) {
                self.store().refused(ImageId(refusal.id));
                before = Some(refusal.id);
            }
        }
    }

    /// The session of `SnapRestore`.
    pub fn session(&mut self) -> &mut Option<Session> {
        // SAFETY: as for the flag.
        unsafe { &mut (*self.fixed).head.session }
    }

    /// Looks for images, if that was not done yet, and notes what the store passes over.
    pub fn open_session(&mut self) {
        if self.session().is_some() {
            return;
        }
        *self.report() = OalBootReport::NEW;
        self.report().seal();
        let (selection, why) = match self.store().select() {
            Ok(selection) => (selection, Reason::NoImage),
            Err(why) => (Selection::default(), why),
        };
        selection.refused.iter().for_each(|refusal| self.report().refuse(refusal));
        *self.session() = Some(Session { selection, at: 0, read: false, why });
    }

    /// Notes that the session's image is read.
    pub fn note_read(&mut self, read: bool) {
        if let Some(session) = self.session() {
            session.read = read;
        }
    }

    /// The session's image, if `OEMReadSnapshot` read it.
    pub fn read_candidate(&mut self) -> Option<Candidate> {
        self.session().as_ref().filter(|session| session.read).and_then(|s| s.candidate().copied())
    }

    /// Goes on to the image before the session's; whether there is one.
    pub fn next_candidate(&mut self) -> bool {
        self.session().as_mut().is_some_and(|session| {
            session.at += 1;
            session.candidate().is_some()
        })
    }

    /// Keeps an error, and gives its number.
    pub fn fail(&mut self, info: OalErrorInfo) -> u32 {
        // SAFETY: plain numbers, to which nobody holds a reference.
        unsafe { (&raw mut (*self.fixed).head.error).write(info) };
        info.error
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: as in `lock_as`.
        unsafe { (*self.fixed).head.busy = self.before };
    }
}

/// The error of the last call that failed, with all that is known of it. Cleared by `oal_snapshot_init` only.
///
/// # Safety
/// `info` is NULL or points to a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_error_info(info: *mut OalErrorInfo) -> u32 {
    if info.is_null() {
        return number(OalStage::Call, OalError::NullArgument);
    }
    if !info.is_aligned() {
        return number(OalStage::Call, OalError::Unaligned);
    }
    let Some((_, fixed)) = initialised() else { return number(OalStage::Call, OalError::NotInitialised) };
    // SAFETY: the caller's promise; the head is valid.
    unsafe { info.write((&raw const (*fixed).head.error).read()) };
    0
}

/// The number of the last call that failed, of hooks too, which return only FALSE; 0 if none did.
#[unsafe(no_mangle)]
pub extern "C" fn oal_snapshot_last_error() -> u32 {
    match initialised() {
        // SAFETY: the head is valid.
        Some((_, fixed)) => unsafe { (&raw const (*fixed).head.error).read() }.error,
        None => number(OalStage::Call, OalError::NotInitialised),
    }
}
