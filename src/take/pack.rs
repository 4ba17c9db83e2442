//! From RAM to an image: find the pages, compress to learn the size, write. No copy of memory is ever made.

use heapless::VecView;

use crate::frame::{FrameRange, PAGE_SIZE, Pfn};
use crate::hooks::{CompressSnapshot, WriteSnapshot};
use crate::crc32c::{Crc32c, crc32c};
use crate::bytes::move_to_front;
use crate::image::{
    CHUNK_BYTES, ChunkEntry, ChunkFrames, Chunks, Extent, ExtentKind, HEADER_LEN, Header, Part,
};
use crate::mem::{self, Memory, Page};
use crate::memory_map::{Area, AreaKind, MemoryMap};
use crate::progress::{Observer, Progress};
use crate::system::{PageClass, System};
use crate::take::{TakeError, TakeReport};
use crate::workspace::STORED_BYTES;

/// How often an observer hears of pages.
const PAGES_A_REPORT: u64 = 1024;

/// What a page of the picture is to the map.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Zero,
    Free,
}

/// Fills the page map. Where it would overflow, short runs of zero and free pages between data are stored as
/// data, so that every picture fits; only the areas themselves must.
///
/// Like the other steps it is a function of its own, so that their locals take turns on the stack.
#[inline(never)]
pub(crate) fn scan<S: System + ?Sized, M: Memory, O: Observer>(
    map: &MemoryMap,
    system: &S,
    memory: &M,
    extents: &mut VecView<Extent>,
    staging: FrameRange,
    observer: &mut O,
    report: &mut TakeReport,
) -> Result<(), ScanError> {
    let total: u64 = map.pictured().map(|area| u64::from(area.frames.count)).sum();
    let mut shortest_gap = 1;
    // 2^32 pages is more than any run has, so this ends.
    while shortest_gap < 1 << 32 {
        extents.clear();
        let mut builder = Builder { extents, shortest_gap, data: None, gap: None };
        let mut done = 0;
        let mut zero = 0;
        let mut free = 0;
        let mut fits = true;
        for area in map.pictured() {
            for frame in frames(area.frames) {
                // The staging area changes while the image is written, so it must not become data.
                if staging.contains(frame) {
                    free += 1;
                    fits &= builder.end_area().is_ok();
                } else {
                    let kind = classify(area, frame, system, memory)?;
                    zero += u64::from(kind == Kind::Zero);
                    free += u64::from(kind == Kind::Free);
                    fits &= builder.page(frame, kind).is_ok();
                }
                if !fits {
                    break;
                }
                done += 1;
                if done % PAGES_A_REPORT == 0 || done == total {
                    observer.observe(Progress::Scan { done, total });
                }
            }
            fits &= builder.end_area().is_ok();
            if !fits {
                break;
            }
        }
        if fits {
            (report.zero_pages, report.free_pages, report.pages) = (zero, free, total - free);
            return Ok(());
        }
        shortest_gap *= 2;
    }
    Err(ScanError::TooManyExtents)
}

/// Why there is no page map.
pub(crate) enum ScanError {
    /// The memory map names a frame that cannot be reached.
    Unreachable,
    /// The areas alone are more than the workspace has extents.
    TooManyExtents,
}

fn frames(range: FrameRange) -> impl Iterator<Item = Pfn> {
    (range.first.0..range.end().0).map(Pfn)
}

fn classify<S: System + ?Sized, M: Memory>(
    area: Area,
    frame: Pfn,
    system: &S,
    memory: &M,
) -> Result<Kind, ScanError> {
    if area.kind == AreaKind::System && system.page_class(frame) == PageClass::Free {
        return Ok(Kind::Free);
    }
    let page = FrameRange { first: frame, count: 1 };
    let page = memory.pages(page).and_then(<[Page]>::first).ok_or(ScanError::Unreachable)?;
    Ok(if page.is_zero() { Kind::Zero } else { Kind::Data })
}

/// Joins pages to extents.
struct Builder<'a> {
    extents: &'a mut VecView<Extent>,
    /// Runs of zero and free pages shorter than this become data where data surrounds them.
    shortest_gap: u64,
    /// The data run under way.
    data: Option<FrameRange>,
    /// The pages after it (or after the area's start) that are no data.
    gap: Option<(FrameRange, Kind)>,
}

impl Builder<'_> {
    fn page(&mut self, frame: Pfn, kind: Kind) -> Result<(), Extent> {
        let one = FrameRange { first: frame, count: 1 };
        if kind == Kind::Data {
            let absorbed = match (&mut self.data, self.gap) {
                (Some(data), None) => {
                    data.count += 1;
                    true
                }
                (Some(data), Some((gap, _))) if u64::from(gap.count) < self.shortest_gap => {
                    data.count += gap.count + 1;
                    self.gap = None;
                    true
                }
                _ => false,
            };
            if !absorbed {
                self.end_area()?;
                self.data = Some(one);
            }
            return Ok(());
        }
        match &mut self.gap {
            Some((gap, of)) if *of == kind => gap.count += 1,
            // Free pages may as well be cleared, so a short gap of both kinds counts as zero.
            Some((gap, of)) if u64::from(gap.count) < self.shortest_gap => {
                gap.count += 1;
                *of = Kind::Zero;
            }
            Some(_) => {
                self.end_area()?;
                self.gap = Some((one, kind));
            }
            None => self.gap = Some((one, kind)),
        }
        Ok(())
    }

    /// Writes down what is under way.
    fn end_area(&mut self) -> Result<(), Extent> {
        if let Some(frames) = self.data.take() {
            self.extents.push(Extent { frames, kind: ExtentKind::Data })?;
        }
        if let Some((frames, Kind::Zero)) = self.gap.take() {
            self.extents.push(Extent { frames, kind: ExtentKind::Zero })?;
        }
        Ok(())
    }
}

/// The staging area, and what is in it.
pub(crate) struct Staging {
    /// Its frames; none if the system offers no area.
    pub frames: FrameRange,
    /// Chunks in it, the first ones of the image, as they follow each other there.
    chunks: usize,
    /// Their bytes.
    bytes: usize,
}

impl Staging {
    /// An empty staging area of `frames`.
    pub fn new(frames: FrameRange) -> Staging {
        Staging { frames, chunks: 0, bytes: 0 }
    }
}

/// The bytes of a chunk's pages: where they are if they are contiguous, else gathered in `raw`.
fn gather<'a, M: Memory>(memory: &'a M, frames: &ChunkFrames, raw: &'a mut [Page]) -> Option<&'a [u8]> {
    if let [run] = frames.as_slice() {
        return memory.pages(*run).map(Page::bytes);
    }
    let mut filled = 0;
    for run in frames {
        let pages = memory.pages(*run)?;
        mem::copy(Page::bytes_mut(raw.get_mut(filled..filled + pages.len())?), Page::bytes(pages));
        filled += pages.len();
    }
    raw.get(..filled).map(Page::bytes)
}

/// Compresses `src` to the start of `dst`, or copies it there if that is no gain, and pads it with zeroes;
/// `dst` has room for both.
fn store_chunk<Z: CompressSnapshot>(codec: &mut Z, src: &[u8], dst: &mut [u8]) -> Option<ChunkEntry> {
    let entry = match codec.compress_snapshot(src, dst) {
        Some(len) if len < src.len() => ChunkEntry::new(len, false, crc32c(dst.get(..len)?)),
        _ => {
            mem::copy(dst.get_mut(..src.len())?, src);
            ChunkEntry::new(src.len(), true, crc32c(src))
        }
    };
    dst.get_mut(entry.len()..entry.padded_len())?.fill(0);
    Some(entry)
}

/// The picture cannot be read, or does not fit the workspace.
pub(crate) enum PackError<E> {
    /// Pages that the memory map names cannot be reached.
    Unreachable,
    /// More chunks than the workspace has entries for.
    TooManyChunks,
    /// A chunk is not the same as when it was measured.
    PictureChanged,
    /// The medium.
    Medium(E),
}

impl<E> From<PackError<E>> for TakeError<E> {
    fn from(error: PackError<E>) -> Self {
        match error {
            PackError::Unreachable => TakeError::Unreachable,
            PackError::TooManyChunks => TakeError::TooManyChunks,
            PackError::PictureChanged => TakeError::PictureChanged,
            PackError::Medium(e) => TakeError::Write(e),
        }
    }
}

/// Step 3: compresses every chunk to learn its length and checksum; the first ones stay in the staging area.
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the parts of the workspace, borrowed one by one")]
pub(crate) fn measure<M: Memory, Z: CompressSnapshot, O: Observer>(
    memory: &mut M,
    codec: &mut Z,
    extents: &[Extent],
    index: &mut VecView<ChunkEntry>,
    raw: &mut [Page],
    stored: &mut [u8; STORED_BYTES],
    staging: &mut Staging,
    observer: &mut O,
) -> Result<(), PackError<core::convert::Infallible>> {
    index.clear();
    let total =
        crate::image::count_pages(extents, ExtentKind::Data).div_ceil(u64::from(crate::image::CHUNK_PAGES));
    let room = Z::max_compressed_len(CHUNK_BYTES).max(CHUNK_BYTES);
    let mut staged = staging.frames.bytes() as usize;
    for (done, frames) in Chunks::new(extents).enumerate() {
        let end = staging.bytes + room;
        // Once one chunk is not staged none is: the staging area holds the image's beginning, without holes.
        if end > staged {
            staged = 0;
        }
        let entry = if staged > 0 {
            match frames.as_slice() {
                [run] => memory.read_write(*run, staging.frames).and_then(|(pages, staging_pages)| {
                    store_chunk(
                        codec,
                        Page::bytes(pages),
                        Page::bytes_mut(staging_pages).get_mut(staging.bytes..end)?,
                    )
                }),
                _ => {
                    let gathered = gather(memory, &frames, raw).map(<[u8]>::len);
                    gathered.zip(memory.pages_mut(staging.frames)).and_then(|(len, staging_pages)| {
                        let src = Page::bytes(raw).get(..len)?;
                        store_chunk(codec, src, Page::bytes_mut(staging_pages).get_mut(staging.bytes..end)?)
                    })
                }
            }
        } else {
            gather(memory, &frames, raw).and_then(|src| store_chunk(codec, src, stored))
        };
        let entry = entry.ok_or(PackError::Unreachable)?;
        if staged > 0 {
            staging.chunks += 1;
            staging.bytes += entry.padded_len();
        }
        index.push(entry).map_err(|_| PackError::TooManyChunks)?;
        observer.observe(Progress::Compress { done: done as u64 + 1, total });
    }
    Ok(())
}

/// Checksum and length of a part that is written record by record.
pub(crate) fn part<const N: usize>(records: impl Iterator<Item = [u8; N]>) -> Part {
    let mut crc = Crc32c::new();
    let mut len = 0;
    for record in records {
        crc.update(&record);
        len += N as u32;
    }
    Part { offset: 0, len, crc: crc.finish() }
}

/// What step 5 writes.
pub(crate) struct Picture<'a> {
    /// The header, complete.
    pub header: &'a Header,
    /// The registers.
    pub context: &'a [u32],
    /// The page map.
    pub extents: &'a [Extent],
    /// The chunk index.
    pub index: &'a [ChunkEntry],
    /// The staging area as [`measure`] left it.
    pub staging: &'a Staging,
}

/// Step 5: writes the image from its header on, in order. Does not finish it.
#[inline(never)]
pub(crate) fn write<M: Memory, Z: CompressSnapshot, W: WriteSnapshot, O: Observer>(
    picture: &Picture<'_>,
    memory: &M,
    codec: &mut Z,
    medium: &mut W,
    raw: &mut [Page],
    stored: &mut [u8; STORED_BYTES],
    observer: &mut O,
) -> Result<(), PackError<W::Error>> {
    let total = picture.header.image_len();
    let mut output = Output { buffer: stored, filled: 0, offset: 0, total, medium, observer };
    output.header(picture.header)?;
    for word in picture.context {
        output.bytes(&word.to_le_bytes())?;
    }
    output.pad_page()?;
    for extent in picture.extents {
        output.bytes(&extent.encode())?;
    }
    output.pad_page()?;
    for entry in picture.index {
        output.bytes(&entry.encode())?;
    }
    output.pad_page()?;
    if picture.staging.bytes > 0 {
        let pages = memory.pages(picture.staging.frames).ok_or(PackError::Unreachable)?;
        output.staged(Page::bytes(pages).get(..picture.staging.bytes).ok_or(PackError::Unreachable)?)?;
    }
    let measured = Chunks::new(picture.extents).zip(picture.index).skip(picture.staging.chunks);
    for (frames, entry) in measured {
        let src = gather(memory, &frames, raw).ok_or(PackError::Unreachable)?;
        let dst = output.room()?;
        if store_chunk(codec, src, dst) != Some(*entry) {
            return Err(PackError::PictureChanged);
        }
        output.filled += entry.padded_len();
    }
    output.pad_page()?;
    output.flush()
}

/// Collects bytes and writes them in whole pages.
struct Output<'a, W: WriteSnapshot, O: Observer> {
    buffer: &'a mut [u8; STORED_BYTES],
    filled: usize,
    offset: u64,
    total: u64,
    medium: &'a mut W,
    observer: &'a mut O,
}

impl<W: WriteSnapshot, O: Observer> Output<'_, W, O> {
    fn header(&mut self, header: &Header) -> Result<(), PackError<W::Error>> {
        if let Some(page) = self.buffer.first_chunk_mut::<HEADER_LEN>() {
            header.encode(page);
        }
        self.filled = HEADER_LEN;
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), PackError<W::Error>> {
        if self.filled + bytes.len() > STORED_BYTES {
            self.flush()?;
        }
        if let Some(room) = self.buffer.get_mut(self.filled..self.filled + bytes.len()) {
            room.copy_from_slice(bytes);
            self.filled += bytes.len();
        }
        Ok(())
    }

    fn pad_page(&mut self) -> Result<(), PackError<W::Error>> {
        let end = self.filled.next_multiple_of(PAGE_SIZE);
        if let Some(padding) = self.buffer.get_mut(self.filled..end) {
            padding.fill(0);
        }
        self.filled = end;
        Ok(())
    }

    /// Writes what lies in the staging area: whole pages from where they are, the rest through the buffer.
    fn staged(&mut self, bytes: &[u8]) -> Result<(), PackError<W::Error>> {
        self.flush()?;
        let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % PAGE_SIZE);
        if !whole.is_empty() {
            self.medium.write_snapshot(whole, self.offset).map_err(PackError::Medium)?;
            self.offset += whole.len() as u64;
            self.observer.observe(Progress::Write { done: self.offset, total: self.total });
        }
        self.bytes(rest)
    }

    /// Room for one chunk at its worst behind what is collected.
    fn room(&mut self) -> Result<&mut [u8], PackError<W::Error>> {
        if self.filled > PAGE_SIZE {
            self.flush()?;
        }
        Ok(self.buffer.get_mut(self.filled..).unwrap_or(&mut []))
    }

    /// Writes the whole pages that are collected and keeps the rest.
    fn flush(&mut self) -> Result<(), PackError<W::Error>> {
        let whole = self.filled - self.filled % PAGE_SIZE;
        if whole == 0 {
            return Ok(());
        }
        let bytes = self.buffer.get(..whole).unwrap_or(&[]);
        self.medium.write_snapshot(bytes, self.offset).map_err(PackError::Medium)?;
        move_to_front(self.buffer.get_mut(..self.filled).unwrap_or(&mut []), whole);
        self.filled -= whole;
        self.offset += whole as u64;
        self.observer.observe(Progress::Write { done: self.offset, total: self.total });
        Ok(())
    }
}
