//! The boot loader's side of a kernel's images: `SnapRestore`, its checksum, and the last step.
//!
//! The image is that of `SNAP_HEADER`. Nothing in it is trusted: the header and the table are checked before the first
//! page is written, every page is held against the board's RAM map, and the context is given out only if all
//! checksums matched.

#![allow(non_snake_case, reason = "the documentation's names")]

use core::ffi::c_void;
use core::ptr::null_mut;
use core::slice;

use oal_snapshot::codec::Lz4;
use oal_snapshot::cpu::CpuContext;
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};
use oal_snapshot::hooks::{DecompressSnapshot, SelectSnapshot};
use oal_snapshot::image::checksum::{Crc32c, crc32c};
use oal_snapshot::image::{CHUNK_BYTES, CHUNK_PAGES, Identity, page_align};
use oal_snapshot::mem::{Memory, Page, PhysicalMemory};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::{Reason, Refusal, Stage};

use crate::config::OalStep;
use crate::cpu::{ARCHITECTURE, Record};
use crate::engine::Engine;
use crate::error::{OalError, OalErrorInfo, OalStage, number};
use crate::hooks::{FRAME_HEAD, FRAME_RAW, padded};
use crate::system::Watcher;
use crate::types::{
    BOOL, DWORD, FALSE, LPCVOID, LPDWORD, LPVOID, OAL_CPU_CONTEXT_BYTES, OAL_SNAP_BUFFER_BYTES, OAL_SNAP_SIG,
    PFN_SnapReadAtOffset, SNAP_ERR_CHECKSUM_FAILURE, SNAP_ERR_INSUFFICIENT_BUFFER, SNAP_ERR_INVALID_ARGUMENT,
    SNAP_ERR_READ_FAILURE, SNAP_HEADER, TRUE,
};

/// Where and why an image is refused.
type Fault = (Stage, Reason);

/// Offsets in the header.
mod at {
    use crate::types::SNAP_HEADER;
    use core::mem::offset_of;
    pub const SIG: usize = offset_of!(SNAP_HEADER, dwSig);
    pub const TABLE: usize = offset_of!(SNAP_HEADER, dwOfstSnapTable);
    pub const PAGEABLE: usize = offset_of!(SNAP_HEADER, dwOfstPageable);
    pub const PAGES: usize = offset_of!(SNAP_HEADER, cSnapPages);
    pub const COMPRESSED: usize = offset_of!(SNAP_HEADER, cbCompressed);
    pub const PAGEABLE_BYTES: usize = offset_of!(SNAP_HEADER, cbPageable);
    pub const ADJUST: usize = offset_of!(SNAP_HEADER, dwHeaderAdjust);
    pub const TABLE_SUM: usize = offset_of!(SNAP_HEADER, dwTableChkSum);
    pub const SUM: usize = offset_of!(SNAP_HEADER, dwSnapChkSum);
}

/// Largest `dwOfstSnapTable`.
const MAX_HEAD: u32 = 16 * PAGE_SIZE as u32;

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

/// Loads a kernel's image: validates header and table, loads the pages that are not pageable, checks the checksums, counts
/// the attempt, uses up images that boot once, and returns the CPU context for `oal_snapshot_restore_cpu`; or NULL, with
/// `SNAP_ERR_...` in `*pdwErr` and details in `oal_snapshot_last_error`: RAM may then hold a part of the image.
///
/// `pfnRead`: the reader, such as `OEMReadSnapshot`; `dwBufferAddr` (ours: a virtual address) is a buffer of
/// `OAL_SNAP_BUFFER_BYTES` at least, both multiples of 4096, in nosave memory. NULL: the buffer is the whole image, in memory
/// that does not change. `pdwErr` may be NULL.
///
/// With `OEMReadSnapshot`, each call tries one image, the newest first; `oal_snapshot_next` says whether there is another.
///
/// # Safety
/// The buffer is as described; what the configuration says of memory is true; nobody else uses RAM of the picture.
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
    let buffer = core::ptr::with_exposed_provenance_mut::<u8>(address as usize);
    let mut source = match reader {
        Some(read) => {
            // SAFETY: the caller's promise.
            let buffer = unsafe { slice::from_raw_parts_mut(buffer, bytes as usize) };
            let Some((table, window)) = buffer.split_first_chunk_mut() else {
                return Err(SNAP_ERR_INSUFFICIENT_BUFFER);
            };
            Source::Reader { read, table, window }
        }
        // SAFETY: the caller's promise.
        None => Source::Mapped(unsafe { slice::from_raw_parts(buffer, bytes as usize) }),
    };
    engine.note_read(false);
    // SAFETY: the caller's promise.
    match unsafe { load(&mut engine, &mut source) } {
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
    let refusal = Refusal { id: candidate.map(|c| c.id), slot: candidate.map(|c| c.slot), stage, reason };
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

/// Whether `SnapRestore` with `OEMReadSnapshot` has another image to try, older than those that it refused. FALSE before its
/// first call.
///
/// # Safety
/// What the configuration says of memory is true.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_next() -> BOOL {
    let next = Engine::lock().is_ok_and(|mut engine| {
        engine.session().as_ref().is_some_and(|session| session.candidate().is_some())
    });
    if next { TRUE } else { FALSE }
}

/// Restores the CPU from what `SnapRestore` returned: execution goes on at the image's `dwSnapPC`. Never returns, but for an
/// argument that `SnapRestore` did not return, and then with an error.
///
/// # Safety
/// Nothing has written to RAM of the picture since `SnapRestore` returned; this code, the workspace and the stack in use are
/// mapped at the same addresses by the image's translation tables.
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
    context.words_mut(words.len()).copy_from_slice(words);
    // SAFETY: the words were just accepted; memory is the caller's promise.
    let returned = unsafe { cpu.enter(context) };
    engine.fail(OalErrorInfo::new(OalStage::Cpu, returned))
}

/// Where an image's bytes come from.
enum Source<'a> {
    /// A reader, with a page for the table and a window for the contents.
    Reader {
        read: unsafe extern "C" fn(LPVOID, DWORD, DWORD) -> BOOL,
        table: &'a mut [u8; PAGE_SIZE],
        window: &'a mut [u8],
    },
    /// All of it.
    Mapped(&'a [u8]),
}

impl Source<'_> {
    /// The page at `offset`, a multiple of 4096; of a mapped image's last page as much as there is.
    fn page(&mut self, offset: u64) -> Result<&[u8], Reason> {
        match self {
            Source::Reader { read, table, .. } => {
                fetch(*read, &mut table[..], offset)?;
                Ok(&table[..])
            }
            Source::Mapped(image) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| image.get(offset..));
                let rest = rest.ok_or(Reason::Truncated)?;
                Ok(rest.get(..PAGE_SIZE).unwrap_or(rest))
            }
        }
    }
}

/// Reads whole pages at `offset`.
fn fetch(
    read: unsafe extern "C" fn(LPVOID, DWORD, DWORD) -> BOOL,
    buffer: &mut [u8],
    offset: u64,
) -> Result<(), Reason> {
    let (Ok(offset), Ok(bytes)) = (u32::try_from(offset), u32::try_from(buffer.len())) else {
        return Err(Reason::Truncated);
    };
    // SAFETY: the C side's reader, called as it is documented.
    let done = unsafe { read(buffer.as_mut_ptr().cast(), bytes, offset) };
    if done == FALSE { Err(Reason::ReadFailed) } else { Ok(()) }
}

/// The header's numbers that are needed later, consistent in themselves.
struct Head {
    table: u64,
    pages: u64,
    contents: u64,
    len: u64,
    table_sum: u32,
    sum: u32,
}

/// Loads an image.
///
/// # Safety
/// As for [`SnapRestore`].
unsafe fn load(engine: &mut Engine, source: &mut Source<'_>) -> Result<*mut Record, Fault> {
    let tables = engine.tables().map_err(|_| (Stage::Select, Reason::BadMemoryMap))?;
    let map = tables.map().map_err(|_| (Stage::Select, Reason::BadMemoryMap))?;
    let frames = tables.frames();
    let observer = Watcher::of_take(engine.system);

    let (head, record) = read_head(source)?;
    let cpu = engine.cpu().map_err(|_| (Stage::Cpu, Reason::WrongArchitecture))?;
    check_record(&record, &engine.identity(), &map, |words| cpu.accepts_record(words))?;
    check_table(source, &head, &map)?;

    let candidate = engine.read_candidate();
    let mut attempt = 0;
    if let Some(candidate) = &candidate {
        attempt =
            engine.store().count_attempt(candidate.id).map_err(|_| (Stage::Select, Reason::WriteFailed))?;
    }
    observer.tell(OalStep::Chosen, candidate.map_or(0, |candidate| candidate.id.0), head.pages);

    // SAFETY: RAM is mapped where the configuration says, and nobody uses the picture's, as the caller promises.
    let mut memory = unsafe { PhysicalMemory::new(&frames, engine.config.ram_offset) };
    let (codec, raw) = {
        let (codec, _, parts) = engine.split().ok_or((Stage::Chunk, Reason::BadField))?;
        let raw = parts.buffers().0;
        // The reader, which the loop calls, uses neither.
        (&raw const *codec, &raw mut *raw)
    };
    // SAFETY: two places of the instance's own that neither the store nor `OEMReadSnapshot` uses.
    let (codec, raw) = unsafe { (&*codec, &mut *raw) };
    contents(source, &head, &map, &mut memory, codec, raw, &observer)?;

    if candidate.is_some() {
        engine.store().consume().map_err(|_| (Stage::Cpu, Reason::WriteFailed))?;
    }
    if let Some(candidate) = candidate {
        let report = engine.report();
        (report.id, report.slot) = (candidate.id.0, candidate.slot.into());
        (report.attempt, report.error) = (attempt.into(), 0);
        report.seal();
    }
    observer.tell(OalStep::Loaded, 0, 0);
    let (_, place, _) = engine.cpu_places();
    // SAFETY: a place of the instance's own, which nothing else uses while this call has the right to it.
    unsafe { place.write(record) };
    Ok(place)
}

/// Reads and checks header and context.
fn read_head(source: &mut Source<'_>) -> Result<(Head, Record), Fault> {
    let fault = |reason| (Stage::Header, reason);
    let page = source.page(0).map_err(fault)?;
    let word = |at: usize| {
        let bytes = page.get(at..).and_then(<[u8]>::first_chunk::<4>);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    if page.len() < PAGE_SIZE {
        return Err(fault(Reason::Truncated));
    }
    if word(at::SIG) != OAL_SNAP_SIG {
        return Err(fault(Reason::BadMagic));
    }
    let record = page.get(size_of::<SNAP_HEADER>()..);
    let record = record.and_then(<[u8]>::first_chunk::<{ OAL_CPU_CONTEXT_BYTES as usize }>);
    let record = Record::decode(record.ok_or(fault(Reason::Truncated))?);
    let table = word(at::TABLE);
    let (pages, adjust) = (u64::from(word(at::PAGES)), word(at::ADJUST));
    let (len, pageable) = (u64::from(word(at::COMPRESSED)), u64::from(word(at::PAGEABLE)));
    let pageable_len = u64::from(word(at::PAGEABLE_BYTES));
    let (table_sum, sum) = (word(at::TABLE_SUM), word(at::SUM));

    // The checksum covers all that comes before the table.
    if table < PAGE_SIZE as u32 || table > MAX_HEAD || !(table as usize).is_multiple_of(PAGE_SIZE) {
        return Err(fault(Reason::BadField));
    }
    let mut crc = Crc32c::new();
    let (before, rest) = page.split_at_checked(at::ADJUST).unwrap_or((page, &[]));
    crc.update(before);
    crc.update(&[0; 4]);
    crc.update(rest.get(4..).unwrap_or(&[]));
    for offset in (PAGE_SIZE as u64..table.into()).step_by(PAGE_SIZE) {
        let page = source.page(offset).map_err(fault)?;
        if page.len() < PAGE_SIZE {
            return Err(fault(Reason::Truncated));
        }
        crc.update(page);
    }
    if crc.finish().wrapping_add(adjust) != 0 {
        return Err(fault(Reason::BadCrc));
    }
    let contents = page_align(u64::from(table) + 4 * pages);
    let end = page_align(contents + len);
    let pageable_fits = pageable_len == 0 || (pageable >= end && pageable.is_multiple_of(PAGE_SIZE as u64));
    if pages == 0 || len == 0 || end > u64::from(u32::MAX) || !pageable_fits {
        return Err(fault(Reason::BadField));
    }
    Ok((Head { table: table.into(), pages, contents, len, table_sum, sum }, record))
}

/// Checks whom the context belongs to.
fn check_record(
    record: &Record,
    identity: &Identity,
    map: &MemoryMap,
    accepts: impl FnOnce(&[u32]) -> bool,
) -> Result<(), Fault> {
    if !record.is_whole() {
        return Err((Stage::Context, Reason::BadCrc));
    }
    let (architecture, owner, digest) = record.owner();
    let checks = [
        (architecture == ARCHITECTURE.0, Stage::Header, Reason::WrongArchitecture),
        (owner.board == identity.board, Stage::Header, Reason::WrongBoard),
        (owner.build == identity.build, Stage::Header, Reason::WrongBuild),
        (digest == map.digest(), Stage::Header, Reason::WrongRam),
    ];
    if let Some((_, stage, reason)) = checks.iter().find(|(right, ..)| !right) {
        return Err((*stage, *reason));
    }
    if accepts(record.words()) { Ok(()) } else { Err((Stage::Context, Reason::WrongArchitecture)) }
}

/// Entries of a page of the table.
const ENTRIES: u64 = PAGE_SIZE as u64 / 4;

/// Checks the whole table: its checksum, and that its pages ascend and belong to the picture.
fn check_table(source: &mut Source<'_>, head: &Head, map: &MemoryMap) -> Result<(), Fault> {
    let fault = |reason| (Stage::Map, reason);
    let mut crc = Crc32c::new();
    let mut wrong = None;
    let mut next = 0;
    let mut done = 0;
    while done < head.pages {
        let page = source.page(head.table + done * 4).map_err(fault)?;
        let count = (head.pages - done).min(ENTRIES);
        let bytes = page.get(..count as usize * 4).ok_or(fault(Reason::Truncated))?;
        crc.update(bytes);
        for entry in bytes.as_chunks::<4>().0 {
            let number = u64::from(u32::from_le_bytes(*entry));
            if number < next {
                wrong = wrong.or(Some(Reason::Overlap));
            }
            if !map.in_picture(FrameRange { first: Pfn(number), count: 1 }) {
                wrong = wrong.or(Some(Reason::OutOfRange));
            }
            next = number + 1;
        }
        done += count;
    }
    if crc.finish() != head.table_sum {
        return Err(fault(Reason::BadCrc));
    }
    wrong.map_or(Ok(()), |reason| Err(fault(reason)))
}

/// Loads the pages.
fn contents<M: Memory>(
    source: &mut Source<'_>,
    head: &Head,
    map: &MemoryMap,
    memory: &mut M,
    codec: &Lz4,
    raw: &mut [Page; CHUNK_PAGES as usize],
    observer: &Watcher,
) -> Result<(), Fault> {
    let fault = |reason| (Stage::Chunk, reason);
    let stored_raw = head.len == head.pages * PAGE_SIZE as u64;
    let mut stream =
        Stream { at: head.contents, end: head.contents + head.len, crc: Crc32c::new(), held: 0..0 };
    let mut done = 0;
    while done < head.pages {
        let most = (head.pages - done).min(CHUNK_PAGES.into()) as usize;
        let (bytes, flag, count) = if stored_raw {
            (most * PAGE_SIZE, FRAME_RAW, most)
        } else {
            match stream.frame(source).map_err(fault)? {
                Some((stored, flag, len))
                    if len > 0 && len.is_multiple_of(PAGE_SIZE) && len <= most * PAGE_SIZE =>
                {
                    (stored, flag, len / PAGE_SIZE)
                }
                Some(_) => return Err(fault(Reason::CorruptStream)),
                None => continue,
            }
        };
        let taken = if stored_raw { bytes } else { padded(bytes) };
        // The table's page is fetched before the bytes are held: both may come through one reader.
        let mut pages = [Pfn(0); CHUNK_PAGES as usize];
        let pages = pages.get_mut(..count).ok_or(fault(Reason::CorruptStream))?;
        numbers(source, head, done, pages).map_err(fault)?;
        let data = stream.take(source, taken).map_err(fault)?;
        let data = data.get(..bytes).ok_or(fault(Reason::Truncated))?;
        place(data, flag, pages, map, memory, codec, raw).map_err(fault)?;
        done += count as u64;
        observer.tell(OalStep::Load, done, head.pages);
    }
    // What follows the last frame is padding, but counts.
    while stream.at < stream.end {
        let rest = (stream.end - stream.at).min(PAGE_SIZE as u64) as usize;
        stream.take(source, rest).map_err(fault)?;
    }
    if stream.crc.finish() == head.sum { Ok(()) } else { Err(fault(Reason::BadCrc)) }
}

/// The numbers of the pages from `first` on, as the table has them now.
fn numbers(source: &mut Source<'_>, head: &Head, first: u64, pages: &mut [Pfn]) -> Result<(), Reason> {
    let mut filled = 0;
    while filled < pages.len() {
        let at = first + filled as u64;
        let page = source.page(head.table + at / ENTRIES * PAGE_SIZE as u64)?;
        let entries = page.get((at % ENTRIES) as usize * 4..).ok_or(Reason::Truncated)?.as_chunks::<4>().0;
        let room = pages.get_mut(filled..).unwrap_or(&mut []);
        let mut count = 0;
        for (place, entry) in room.iter_mut().zip(entries) {
            *place = Pfn(u32::from_le_bytes(*entry).into());
            count += 1;
        }
        if count == 0 {
            return Err(Reason::Truncated);
        }
        filled += count;
    }
    Ok(())
}

/// Puts the pages of one frame where they belong: straight there if they are contiguous, else through `raw`. Every page is
/// held against the map once more: a table that is read twice may differ.
fn place<M: Memory>(
    data: &[u8],
    flag: u32,
    pages: &[Pfn],
    map: &MemoryMap,
    memory: &mut M,
    codec: &Lz4,
    raw: &mut [Page; CHUNK_PAGES as usize],
) -> Result<(), Reason> {
    let decode = |to: &mut [u8]| {
        if flag == FRAME_RAW {
            if data.len() != to.len() {
                return Err(Reason::CorruptStream);
            }
            to.copy_from_slice(data);
            return Ok(());
        }
        codec.decompress_snapshot(data, to).map_err(|_| Reason::CorruptStream)
    };
    let first = *pages.first().ok_or(Reason::CorruptStream)?;
    let run = FrameRange { first, count: pages.len() as u32 };
    let contiguous = pages.iter().zip(first.0..).all(|(page, number)| page.0 == number);
    if contiguous && map.in_picture(run) {
        return decode(Page::bytes_mut(memory.pages_mut(run).ok_or(Reason::OutOfRange)?));
    }
    let room = raw.get_mut(..pages.len()).ok_or(Reason::CorruptStream)?;
    decode(Page::bytes_mut(room))?;
    for (page, bytes) in pages.iter().zip(room) {
        let frame = FrameRange { first: *page, count: 1 };
        if !map.in_picture(frame) {
            return Err(Reason::OutOfRange);
        }
        memory.pages_mut(frame).ok_or(Reason::OutOfRange)?.clone_from_slice(core::slice::from_ref(bytes));
    }
    Ok(())
}

/// The contents, read once from their first byte to their last, with their checksum.
struct Stream {
    /// Bytes from the image's start.
    at: u64,
    end: u64,
    crc: Crc32c,
    /// What the window holds and was not taken yet.
    held: core::ops::Range<usize>,
}

impl Stream {
    /// The next frame's stored length, flag and full length; `None` if there was padding in its place, up to a page's end.
    fn frame(&mut self, source: &mut Source<'_>) -> Result<Option<(usize, u32, usize)>, Reason> {
        let head = self.take(source, FRAME_HEAD)?;
        let word = |at: usize| {
            let bytes = head.get(at..).and_then(<[u8]>::first_chunk::<4>);
            bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        let (first, len) = (word(0), word(4) as usize);
        if first == 0 && len == 0 {
            let rest = self.at.next_multiple_of(PAGE_SIZE as u64) - self.at;
            self.take(source, rest as usize)?;
            return Ok(None);
        }
        let stored = (first & !FRAME_RAW) as usize;
        if stored == 0 || stored > CHUNK_BYTES {
            return Err(Reason::CorruptStream);
        }
        Ok(Some((stored, first & FRAME_RAW, len)))
    }

    /// The next `len` bytes, at most a full frame.
    fn take<'s>(&mut self, source: &'s mut Source<'_>, len: usize) -> Result<&'s [u8], Reason> {
        if self.end - self.at < len as u64 {
            return Err(Reason::Truncated);
        }
        let bytes: &'s [u8] = match source {
            Source::Mapped(image) => {
                let start = usize::try_from(self.at).map_err(|_| Reason::Truncated)?;
                image.get(start..).and_then(|rest| rest.get(..len)).ok_or(Reason::Truncated)?
            }
            Source::Reader { read, window, .. } => {
                if self.held.len() < len {
                    self.refill(*read, window)?;
                }
                let start = self.held.start;
                self.held.start += len;
                window.get(start..self.held.end).and_then(|held| held.get(..len)).ok_or(Reason::Truncated)?
            }
        };
        self.crc.update(bytes);
        self.at += len as u64;
        Ok(bytes)
    }

    /// Moves what is held to the front, and reads whole pages behind it. What is held ends on a page of the image.
    fn refill(
        &mut self,
        read: unsafe extern "C" fn(LPVOID, DWORD, DWORD) -> BOOL,
        window: &mut [u8],
    ) -> Result<(), Reason> {
        let (first, end) = (self.held.start, self.held.end);
        if first > end || end > window.len() {
            return Err(Reason::BadField);
        }
        let held = end - first;
        // Pages stay where they are in the reader's eyes: what is held ends where one does, in the window and in the image.
        let start = first % PAGE_SIZE;
        if start > window.len() - held {
            return Err(Reason::BadField);
        }
        window.copy_within(first..end, start);
        let from = self.at + held as u64;
        let more = page_align(self.end).saturating_sub(from);
        let room = window.len().saturating_sub(start + held) as u64;
        let more = more.min(room - room % PAGE_SIZE as u64) as usize;
        let target = window.get_mut(start + held..start + held + more).unwrap_or(&mut []);
        if !target.is_empty() {
            fetch(read, target, from)?;
        }
        self.held = start..start + held + more;
        Ok(())
    }
}
