//! From an image to RAM: check header, context, map and index; then read, check and decode chunk by chunk,
//! each to its final address, from a buffer or from where the image lies.

use crate::cpu::CpuContext;
use crate::frame::PAGE_SIZE;
use crate::hooks::{Candidate, DecompressSnapshot, ImageId, ReadSnapshot, RestoreCpu};
use crate::crc32c::{Crc32c, crc32c};
use crate::bytes::move_to_front;
use crate::image::{
    ChunkEntry, ChunkFrames, Chunks, Extent, ExtentKind, HEADER_LEN, Header, Identity, Part, check_index,
    check_map, chunk_pages, count_pages, page_align,
};
use crate::mem::{self, Memory, Page};
use crate::progress::{Observer, Progress};
use crate::refusal::{Reason, Stage};
use crate::workspace::{Parts, STORED_BYTES};

/// Where and why an image was refused.
pub(crate) type Fault = (Stage, Reason);

/// Checks all of the image but its chunks, and fills the workspace with it. No memory of the picture changes.
pub(crate) fn check<C: RestoreCpu, Z: DecompressSnapshot, R: ReadSnapshot>(
    candidate: &Candidate,
    identity: &Identity,
    cpu: &C,
    medium: &mut R,
    parts: &mut Parts<'_>,
) -> Result<Header, Fault> {
    let header = read_header(candidate, medium, parts.stored)?;
    header
        .check(identity, C::ARCHITECTURE, Z::CODEC, parts.map.digest())
        .map_err(|reason| (Stage::Header, reason))?;
    if header.id != candidate.id {
        return Err((Stage::Header, Reason::WrongImage));
    }
    if header.image_len() > candidate.len {
        return Err((Stage::Header, Reason::Truncated));
    }
    // The counts are the header's, whose checksum matched: no reading of what the workspace cannot hold.
    if header.extents as usize > parts.extents.capacity() {
        return Err((Stage::Map, Reason::TooManyExtents));
    }
    if header.chunks as usize > parts.index.capacity() {
        return Err((Stage::Index, Reason::TooManyChunks));
    }
    let mut reader = PartReader { candidate, medium, buffer: parts.stored };
    read_context(&mut reader, &header.context, parts.context)?;
    if !cpu.accepts(parts.context) {
        return Err((Stage::Context, Reason::WrongArchitecture));
    }

    let extents = &mut parts.extents;
    extents.clear();
    reader.records::<{ Extent::BYTES }>(Stage::Map, &header.map, |bytes| {
        extents.push(Extent::decode(bytes)?).map_err(|_| Reason::TooManyExtents)
    })?;
    check_map(extents, parts.map).map_err(|reason| (Stage::Map, reason))?;
    let pages = (count_pages(extents, ExtentKind::Data), count_pages(extents, ExtentKind::Zero));
    if pages != (header.data_pages, header.zero_pages) {
        return Err((Stage::Map, Reason::BadField));
    }

    let index = &mut parts.index;
    index.clear();
    reader.records::<{ ChunkEntry::BYTES }>(Stage::Index, &header.index, |bytes| {
        index.push(ChunkEntry::decode(bytes)?).map_err(|_| Reason::TooManyChunks)
    })?;
    check_index(extents, index, header.chunks_len).map_err(|reason| (Stage::Index, reason))?;
    Ok(header)
}

fn read_header<R: ReadSnapshot>(
    candidate: &Candidate,
    medium: &mut R,
    buffer: &mut [u8; STORED_BYTES],
) -> Result<Header, Fault> {
    if candidate.len < HEADER_LEN as u64 {
        return Err((Stage::Header, Reason::Truncated));
    }
    let page = buffer.first_chunk_mut::<HEADER_LEN>().ok_or((Stage::Header, Reason::Truncated))?;
    medium.read_snapshot(candidate.id, page, 0).map_err(|_| (Stage::Header, Reason::ReadFailed))?;
    Header::decode(page).map_err(|reason| (Stage::Header, reason))
}

fn read_context<R: ReadSnapshot>(
    reader: &mut PartReader<'_, R>,
    part: &Part,
    context: &mut CpuContext,
) -> Result<(), Fault> {
    let mut words = context.words_mut(part.len as usize / 4).iter_mut();
    reader.records::<4>(Stage::Context, part, |bytes| {
        *words.next().ok_or(Reason::BadField)? = u32::from_le_bytes(*bytes);
        Ok(())
    })
}

/// Reads parts that are lists of records.
struct PartReader<'a, R: ReadSnapshot> {
    candidate: &'a Candidate,
    medium: &'a mut R,
    buffer: &'a mut [u8; STORED_BYTES],
}

impl<R: ReadSnapshot> PartReader<'_, R> {
    /// Gives every record of `part` to `each`, and compares the checksum. What `each` objects to is only
    /// reported if the checksum matches: else the medium is to blame, not the writer.
    fn records<const N: usize>(
        &mut self,
        stage: Stage,
        part: &Part,
        mut each: impl FnMut(&[u8; N]) -> Result<(), Reason>,
    ) -> Result<(), Fault> {
        let mut crc = Crc32c::new();
        let mut objection = Ok(());
        let mut done = 0;
        let len = u64::from(part.len);
        while done < len {
            let padded = page_align(len - done).min(STORED_BYTES as u64) as usize;
            let bytes = self.buffer.get_mut(..padded).ok_or((stage, Reason::BadField))?;
            self.medium
                .read_snapshot(self.candidate.id, bytes, part.offset + done)
                .map_err(|_| (stage, Reason::ReadFailed))?;
            let useful = bytes.get(..padded.min((len - done) as usize)).unwrap_or(&[]);
            crc.update(useful);
            let (records, rest) = useful.as_chunks::<N>();
            if !rest.is_empty() {
                objection = Err(Reason::BadField);
            }
            for record in records {
                if objection.is_ok() {
                    objection = each(record);
                }
            }
            done += useful.len() as u64;
        }
        if crc.finish() != part.crc {
            return Err((stage, Reason::BadCrc));
        }
        objection.map_err(|reason| (stage, reason))
    }
}

/// Loads every page of a checked image. On an error memory of the picture may hold a part of it.
pub(crate) fn load<M: Memory, Z: DecompressSnapshot, R: ReadSnapshot, O: Observer>(
    candidate: &Candidate,
    header: &Header,
    memory: &mut M,
    codec: &Z,
    medium: &mut R,
    parts: &mut Parts<'_>,
    observer: &mut O,
) -> Result<(), Fault> {
    let fault = |reason| (Stage::Chunk, reason);
    let total = header.data_pages + header.zero_pages;
    let mut loading = Loading { memory, codec, raw: parts.raw, observer, done: 0, total };
    let mut chunks = Chunks::new(parts.extents);
    let mut index = parts.index.iter();
    if let Some(image) = medium.mapped_snapshot(candidate.id) {
        let start = usize::try_from(header.chunks_offset).map_err(|_| fault(Reason::BadField))?;
        let mut held = Held { bytes: image.get(start..).unwrap_or(&[]), at: 0 };
        for (frames, entry) in chunks.zip(index) {
            loading
                .chunk(held.take(entry).ok_or(fault(Reason::Truncated))?, entry, &frames)
                .map_err(fault)?;
        }
    } else {
        let mut window = Window {
            id: candidate.id,
            medium,
            buffer: parts.stored,
            at: 0,
            len: 0,
            next: header.chunks_offset,
            end: header.image_len(),
        };
        while let Some(first) = index.as_slice().first() {
            window.hold(first.len()).map_err(fault)?;
            window
                .work(|held| {
                    while let Some(entry) = index.as_slice().first()
                        && let Some(bytes) = held.take(entry)
                    {
                        let frames = chunks.next().ok_or(Reason::BadField)?;
                        loading.chunk(bytes, entry, &frames)?;
                        index.next();
                    }
                    Ok(())
                })
                .map_err(fault)?;
        }
    }
    let Loading { memory, observer, mut done, .. } = loading;
    for extent in parts.extents.iter().filter(|e| e.kind == ExtentKind::Zero) {
        mem::clear(Page::bytes_mut(memory.pages_mut(extent.frames).ok_or(fault(Reason::OutOfRange))?));
        done += u64::from(extent.frames.count);
        observer.observe(Progress::Load { done, total });
    }
    Ok(())
}

/// What chunks are loaded with, and how far that is.
struct Loading<'a, M, Z, O> {
    memory: &'a mut M,
    codec: &'a Z,
    raw: &'a mut [Page],
    observer: &'a mut O,
    done: u64,
    total: u64,
}

impl<M: Memory, Z: DecompressSnapshot, O: Observer> Loading<'_, M, Z, O> {
    /// Checks a chunk's stored bytes and puts its pages where they belong.
    fn chunk(&mut self, bytes: &[u8], entry: &ChunkEntry, frames: &ChunkFrames) -> Result<(), Reason> {
        if crc32c(bytes) != entry.crc {
            return Err(Reason::BadCrc);
        }
        place(bytes, entry, frames, self.memory, self.codec, self.raw)?;
        self.done += chunk_pages(frames) as u64;
        self.observer.observe(Progress::Load { done: self.done, total: self.total });
        Ok(())
    }
}

/// Puts the pages of one chunk where they belong: straight there if they are contiguous, else through `raw`.
fn place<M: Memory, Z: DecompressSnapshot>(
    bytes: &[u8],
    entry: &ChunkEntry,
    frames: &ChunkFrames,
    memory: &mut M,
    codec: &Z,
    raw: &mut [Page],
) -> Result<(), Reason> {
    if let [run] = frames.as_slice() {
        let pages = memory.pages_mut(*run).ok_or(Reason::OutOfRange)?;
        return decode(bytes, entry, codec, Page::bytes_mut(pages));
    }
    let pages = raw.get_mut(..chunk_pages(frames)).ok_or(Reason::OutOfRange)?;
    decode(bytes, entry, codec, Page::bytes_mut(pages))?;
    let mut rest = &*pages;
    for run in frames {
        let (here, behind) = rest.split_at_checked(run.count as usize).ok_or(Reason::OutOfRange)?;
        let pages = memory.pages_mut(*run).ok_or(Reason::OutOfRange)?;
        mem::copy(Page::bytes_mut(pages), Page::bytes(here));
        rest = behind;
    }
    Ok(())
}

fn decode<Z: DecompressSnapshot>(
    bytes: &[u8],
    entry: &ChunkEntry,
    codec: &Z,
    destination: &mut [u8],
) -> Result<(), Reason> {
    if !entry.is_raw() {
        return codec.decompress_snapshot(bytes, destination).map_err(|_| Reason::CorruptStream);
    }
    if bytes.len() != destination.len() {
        return Err(Reason::CorruptStream);
    }
    mem::copy(destination, bytes);
    Ok(())
}

/// Bytes of an image, chunk behind chunk.
struct Held<'a> {
    bytes: &'a [u8],
    /// Where the next chunk begins.
    at: usize,
}

impl<'a> Held<'a> {
    /// The next chunk, if all of it is there.
    fn take(&mut self, entry: &ChunkEntry) -> Option<&'a [u8]> {
        let chunk = self.bytes.get(self.at..)?.get(..entry.len())?;
        self.at = self.at.saturating_add(entry.padded_len());
        Some(chunk)
    }
}

/// With less room than this, what the buffer holds is moved to the front before a read is begun in the background: fewer bytes
/// are not worth a command.
const READ_AHEAD: usize = STORED_BYTES / 4;

/// The part of the image that is in the buffer. It is filled in transfers as long as the buffer takes; by a medium that
/// works beside the CPU, while the chunks that are there already are loaded.
struct Window<'a, R: ReadSnapshot> {
    id: ImageId,
    medium: &'a mut R,
    buffer: &'a mut [u8; STORED_BYTES],
    /// Where the next chunk begins in the buffer.
    at: usize,
    /// Bytes in the buffer, whole pages.
    len: usize,
    /// Where what follows them is in the image.
    next: u64,
    /// The image's end.
    end: u64,
}

impl<R: ReadSnapshot> Window<'_, R> {
    /// Sees to it that `wanted` bytes (at most a chunk's) of what comes next are in the buffer.
    fn hold(&mut self, wanted: usize) -> Result<(), Reason> {
        if self.at + wanted > self.len {
            self.make_room();
            let missing = (self.at + wanted).saturating_sub(self.len).next_multiple_of(PAGE_SIZE);
            let more = if self.medium.reads_in_background() { missing } else { STORED_BYTES };
            let (_, room) = split(self.buffer, self.len, more, self.end.saturating_sub(self.next));
            if !room.is_empty() {
                self.medium.read_snapshot(self.id, room, self.next).map_err(|_| Reason::ReadFailed)?;
                self.next += room.len() as u64;
                self.len += room.len();
            }
        }
        if self.at + wanted <= self.len { Ok(()) } else { Err(Reason::Truncated) }
    }

    /// Has `load` take the chunks that the buffer holds. A medium that can reads on meanwhile; that has ended when this
    /// returns, on an error too.
    fn work(&mut self, mut load: impl FnMut(&mut Held) -> Result<(), Reason>) -> Result<(), Reason> {
        let in_background = self.medium.reads_in_background();
        if in_background && STORED_BYTES - self.len < READ_AHEAD {
            self.make_room();
        }
        let more = if in_background { STORED_BYTES } else { 0 };
        let (bytes, room) = split(self.buffer, self.len, more, self.end.saturating_sub(self.next));
        let mut held = Held { bytes, at: self.at };
        if room.is_empty() {
            let loaded = load(&mut held);
            self.at = held.at;
            return loaded;
        }
        let mut loaded = Ok(());
        let read =
            self.medium.read_snapshot_while(self.id, room, self.next, &mut || loaded = load(&mut held));
        self.at = held.at;
        // What was there before is to blame first.
        loaded?;
        read.map_err(|_| Reason::ReadFailed)?;
        self.next += room.len() as u64;
        self.len += room.len();
        Ok(())
    }

    /// Moves what the buffer holds from the page of the next chunk on to the front.
    fn make_room(&mut self) {
        let gone = self.at.min(self.len);
        let gone = gone - gone % PAGE_SIZE;
        move_to_front(self.buffer.get_mut(..self.len).unwrap_or(&mut []), gone);
        self.at -= gone;
        self.len -= gone;
    }
}

/// The first `len` bytes of the buffer, and room behind them for what can be read: at most `more` bytes, and at most the
/// `left` that there are.
fn split(buffer: &mut [u8; STORED_BYTES], len: usize, more: usize, left: u64) -> (&[u8], &mut [u8]) {
    let Some((held, room)) = buffer.split_at_mut_checked(len) else { return (&[], &mut []) };
    let more = more.min(room.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
    (held, room.get_mut(..more).unwrap_or(&mut []))
}
