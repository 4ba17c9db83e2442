//! The pages themselves. No byte of them is decoded, or reaches RAM of the saved memory, before its own
//! checksum matched.

use heapless::VecView;
use oal_snapshot::codec::Lz4;
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::{CHUNK_BYTES, ChunkEntry, ChunkFrames, chunk, chunk_pages};
use oal_snapshot::mem::{Memory, Page};
use oal_snapshot::refusal::{Reason, Stage};

use super::head::Fault;
use super::head::Head;
use super::source::{Source, Stream};
use super::table::Table;
use crate::config::OalStep;
use crate::frame::{self, FrameHead};
use crate::system::Watcher;

/// The parts that load pages, and the progress so far.
pub(super) struct Loading<'a, M> {
    pub memory: &'a mut M,
    pub codec: &'a Lz4,
    pub scratch: &'a mut [Page],
    pub observer: &'a Watcher,
    pub done: u64,
    pub total: u64,
}

impl<M: Memory> Loading<'_, M> {
    /// Checks the stored bytes of up to 16 pages and puts the pages where they belong.
    fn chunk(&mut self, stored: &[u8], entry: &ChunkEntry, frames: &ChunkFrames) -> Result<(), Fault> {
        let fault = |reason| (Stage::Chunk, reason);
        let bytes = chunk::check(stored, entry).map_err(fault)?;
        chunk::place(bytes, entry.is_raw(), frames, self.memory, self.codec, self.scratch).map_err(fault)?;
        self.done += chunk_pages(frames) as u64;
        self.tell();
        Ok(())
    }

    fn tell(&self) {
        self.observer.tell(OalStep::Load, self.done, self.total);
    }
}

/// Loads the pages. On an error RAM of the saved memory may hold a part of them.
///
/// Frames bring their checksums, and are read once. Pages that are stored as they are have one checksum for
/// all of them: they are read twice, first to compare it and to note a checksum of each 64 KiB in `index`.
pub(super) fn contents<M: Memory>(
    source: &mut Source<'_>,
    head: &Head,
    table: &mut Table<'_>,
    index: &mut VecView<ChunkEntry>,
    loading: &mut Loading<'_, M>,
) -> Result<(), Fault> {
    let may_be_raw = head.len == head.pages * PAGE_SIZE as u64;
    if may_be_raw && note(source, head, index, loading).map_err(|reason| (Stage::Chunk, reason))? {
        pages(source, head, table, index, loading)
    } else {
        frames(source, head, table, loading)
    }
}

/// Reads contents that may be pages as they are, compares their checksum and notes one of each 64 KiB.
/// `false` if they are frames that happen to be as long.
fn note<M: Memory>(
    source: &mut Source<'_>,
    head: &Head,
    index: &mut VecView<ChunkEntry>,
    loading: &Loading<'_, M>,
) -> Result<bool, Reason> {
    index.clear();
    let mut stream = Stream::new(head);
    let mut left = head.len;
    while left > 0 {
        let len = left.min(CHUNK_BYTES as u64) as usize;
        let bytes = stream.take(source, len)?;
        if index.is_empty() && bytes.first_chunk().is_some_and(|head| FrameHead::decode(head).is_ok()) {
            return Ok(false);
        }
        index.push(ChunkEntry::new(len, true, crc32c(bytes))).map_err(|_| Reason::TooManyChunks)?;
        left -= len as u64;
        loading.tell();
    }
    stream.finish(source, head.sum)?;
    Ok(true)
}

/// Loads pages that are stored as they are, whose checksums were noted.
fn pages<M: Memory>(
    source: &mut Source<'_>,
    head: &Head,
    table: &mut Table<'_>,
    index: &[ChunkEntry],
    loading: &mut Loading<'_, M>,
) -> Result<(), Fault> {
    let mut stream = Stream::new(head);
    for entry in index {
        // The table's page is fetched before the bytes are held: both may come through one reader.
        let frames = table.frames(source, loading.done, entry.len() / PAGE_SIZE)?;
        let bytes = stream.take(source, entry.len()).map_err(|reason| (Stage::Chunk, reason))?;
        loading.chunk(bytes, entry, &frames)?;
    }
    Ok(())
}

/// Loads pages from frames.
fn frames<M: Memory>(
    source: &mut Source<'_>,
    head: &Head,
    table: &mut Table<'_>,
    loading: &mut Loading<'_, M>,
) -> Result<(), Fault> {
    let fault = |reason| (Stage::Chunk, reason);
    let mut stream = Stream::new(head);
    while loading.done < head.pages {
        let Some(FrameHead { pages, entry }) = stream.frame(source).map_err(fault)? else { continue };
        if pages as u64 > head.pages - loading.done {
            return Err(fault(Reason::BadField));
        }
        let frames = table.frames(source, loading.done, pages)?;
        let stored = stream.take(source, frame::padded(entry.len())).map_err(fault)?;
        loading.chunk(stored, &entry, &frames)?;
    }
    // A frame of another image would match its own checksum, but not this one.
    stream.finish(source, head.sum).map_err(fault)
}
