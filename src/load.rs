//! From an image to RAM: check header, context, map and index; then read, check and decode chunk by chunk,
//! each to its final address, from a buffer or from where the image lies.

use crate::cpu::CpuContext;
use crate::frame::PAGE_SIZE;
use crate::hooks::{Candidate, DecompressSnapshot, ReadSnapshot, RestoreCpu};
use crate::image::checksum::{Crc32c, crc32c};
use crate::image::fields::move_to_front;
use crate::image::{
    ChunkEntry, ChunkFrames, Chunks, Extent, ExtentKind, HEADER_LEN, Header, Identity, Part, check_index,
    check_map, chunk_pages, count_pages, page_align,
};
use crate::mem::{self, Memory, Page};
use crate::memory_map::MemoryMap;
use crate::progress::{Observer, Progress};
use crate::refusal::{Reason, Stage};
use crate::workspace::{Parts, STORED_BYTES};

/// Where and why an image was refused.
pub(crate) type Fault = (Stage, Reason);

/// Checks all of the image but its chunks, and fills the workspace with it. No memory of the picture changes.
pub(crate) fn check<C: RestoreCpu, Z: DecompressSnapshot, R: ReadSnapshot>(
    candidate: &Candidate,
    identity: &Identity,
    map: &MemoryMap,
    cpu: &C,
    medium: &mut R,
    parts: &mut Parts<'_>,
) -> Result<Header, Fault> {
    let header = read_header(candidate, medium, parts.stored)?;
    header
        .check(identity, C::ARCHITECTURE, Z::CODEC, map.digest())
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
    check_map(extents, map).map_err(|reason| (Stage::Map, reason))?;
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
    let mut source = match medium.mapped_snapshot(candidate.id) {
        Some(image) => Source::Mapped(image),
        None => Source::Read(Window {
            id: candidate,
            medium,
            buffer: parts.stored,
            start: header.chunks_offset,
            len: 0,
            end: header.image_len(),
        }),
    };
    let mut at = header.chunks_offset;
    let mut done = 0;
    for (frames, entry) in Chunks::new(parts.extents).zip(parts.index.iter()) {
        let bytes = source.get(at, entry.len()).map_err(fault)?;
        if crc32c(bytes) != entry.crc {
            return Err(fault(Reason::BadCrc));
        }
        place(bytes, entry, &frames, memory, codec, parts.raw).map_err(fault)?;
        at += entry.padded_len() as u64;
        done += chunk_pages(&frames) as u64;
        observer.observe(Progress::Load { done, total });
    }
    for extent in parts.extents.iter().filter(|e| e.kind == ExtentKind::Zero) {
        mem::clear(Page::bytes_mut(memory.pages_mut(extent.frames).ok_or(fault(Reason::OutOfRange))?));
        done += u64::from(extent.frames.count);
        observer.observe(Progress::Load { done, total });
    }
    Ok(())
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

/// Where the image's bytes come from.
enum Source<'a, R: ReadSnapshot> {
    /// From where they lie: all of the image.
    Mapped(&'a [u8]),
    /// From a medium that is read.
    Read(Window<'a, R>),
}

impl<R: ReadSnapshot> Source<'_, R> {
    /// The `len` bytes (at most a chunk's) at `offset`, which never decreases.
    fn get(&mut self, offset: u64, len: usize) -> Result<&[u8], Reason> {
        match self {
            Source::Mapped(image) => {
                let start = usize::try_from(offset).map_err(|_| Reason::BadField)?;
                image.get(start..).and_then(|rest| rest.get(..len)).ok_or(Reason::Truncated)
            }
            Source::Read(window) => window.get(offset, len),
        }
    }
}

/// The part of the image that is in the buffer: read ahead in transfers as long as the buffer takes.
struct Window<'a, R: ReadSnapshot> {
    id: &'a Candidate,
    medium: &'a mut R,
    buffer: &'a mut [u8; STORED_BYTES],
    /// The buffer's first byte, in bytes from the image's start; a multiple of 4096.
    start: u64,
    /// Bytes in the buffer.
    len: usize,
    /// The image's end.
    end: u64,
}

impl<R: ReadSnapshot> Window<'_, R> {
    /// The `len` bytes (at most a chunk's) at `offset`, which never decreases.
    fn get(&mut self, offset: u64, len: usize) -> Result<&[u8], Reason> {
        let mut at = offset.checked_sub(self.start).ok_or(Reason::BadField)? as usize;
        if at + len > self.len {
            at = self.refill(at.min(self.len))?;
        }
        self.buffer.get(..self.len).and_then(|b| b.get(at..at + len)).ok_or(Reason::Truncated)
    }

    /// Moves what the buffer holds from the page of `at` on to the front, fills the rest, and returns where
    /// `at` is now.
    fn refill(&mut self, at: usize) -> Result<usize, Reason> {
        let gone = at - at % PAGE_SIZE;
        move_to_front(self.buffer.get_mut(..self.len).unwrap_or(&mut []), gone);
        self.start += gone as u64;
        self.len -= gone;
        let offset = self.start + self.len as u64;
        let more = self.end.saturating_sub(offset).min((STORED_BYTES - self.len) as u64) as usize;
        if let Some(room) = self.buffer.get_mut(self.len..self.len + more)
            && !room.is_empty()
        {
            self.medium.read_snapshot(self.id.id, room, offset).map_err(|_| Reason::ReadFailed)?;
            self.len += more;
        }
        Ok(at - gone)
    }
}
