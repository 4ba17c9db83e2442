//! From an image to RAM: read, check and decode chunk by chunk, each to its final address, from a buffer or from where
//! the image lies.

use crate::boot::window::{Held, Window};
use crate::hooks::{Candidate, DecompressSnapshot, ReadSnapshot};
use crate::image::chunk;
use crate::image::reader::Fault;
use crate::image::{ChunkEntry, ChunkFrames, Chunks, ExtentKind, Header, chunk_pages};
use crate::mem::{self, Memory, Page};
use crate::progress::{Observer, Progress};
use crate::refusal::{Reason, Stage};
use crate::workspace::Parts;

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
        let bytes = chunk::check(bytes, entry)?;
        chunk::place(bytes, entry.is_raw(), frames, self.memory, self.codec, self.raw)?;
        self.done += chunk_pages(frames) as u64;
        self.observer.observe(Progress::Load { done: self.done, total: self.total });
        Ok(())
    }
}
