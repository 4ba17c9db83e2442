//! Loads an image whole, before it is entered: chunk by chunk in their order, each to its final address, from
//! a buffer or from where the image lies.

use crate::boot::window::{Held, Window};
use crate::bytes::are_zero;
use crate::hooks::{Candidate, DecompressSnapshot, ReadSnapshot};
use crate::image::Header;
use crate::image::{Chunk, Contents, ExtentKind, Fault, chunk, chunk_pages};
use crate::mem::{self, Memory, Page};
use crate::progress::{Observer, Progress};
use crate::refusal::{Reason, Stage};
use crate::workspace::Work;

/// Loads every page of a checked image. On an error saved memory may hold a part of it; no byte of a chunk is
/// in it whose checksum did not match.
pub(super) fn load<M: Memory, Z: DecompressSnapshot, R: ReadSnapshot, O: Observer>(
    candidate: &Candidate,
    header: &Header,
    memory: &mut M,
    codec: &Z,
    medium: &mut R,
    work: &mut Work<'_>,
    observer: &mut O,
) -> Result<(), Fault> {
    let fault = |at| move |reason| Fault::new(Stage::Chunk, reason, at);
    let total = header.data_pages + header.zero_pages;
    let contents = Contents { header, extents: work.extents, index: work.index };
    let mut loading = Loading { memory, codec, scratch: work.raw, observer, done: 0, total };
    let mut chunks = contents.chunks();
    let tail = if let Some(image) = medium.mapped_snapshot(candidate.id) {
        let held = Held { bytes: image, start: 0 };
        for chunk in chunks {
            let fault = fault(chunk.offset);
            let stored = held.get(&chunk).ok_or(fault(Reason::Truncated))?;
            loading.chunk(stored, &chunk).map_err(fault)?;
        }
        tail_is_zero(header, &held)
    } else {
        let mut window = Window::new(candidate.id, medium, work.stored, header);
        let mut next = chunks.next();
        while let Some(first) = &next {
            window.hold(first)?;
            let from = first.offset;
            window.work(from, |held| {
                while let Some(chunk) = &next
                    && let Some(stored) = held.get(chunk)
                {
                    loading.chunk(stored, chunk).map_err(fault(chunk.offset))?;
                    next = chunks.next();
                }
                Ok(())
            })?;
        }
        tail_is_zero(header, &window.held())
    };
    tail.map_err(fault(header.chunks_offset.saturating_add(header.chunks_len)))?;
    let Loading { memory, observer, mut done, .. } = loading;
    for extent in contents.extents.iter().filter(|extent| extent.kind == ExtentKind::Zero) {
        mem::clear(Page::bytes_mut(
            memory.pages_mut(extent.frames).ok_or(fault(header.map.offset)(Reason::OutOfRange))?,
        ));
        done += u64::from(extent.frames.count);
        observer.observe(Progress::Load { done, total });
    }
    Ok(())
}

/// Checks the padding behind the last chunk, up to the end of its page, which `held` has.
fn tail_is_zero(header: &Header, held: &Held<'_>) -> Result<(), Reason> {
    let end = header.chunks_offset.saturating_add(header.chunks_len);
    if !header.pads_with_zeroes() || end == header.image_len() {
        return Ok(());
    }
    let tail = held.range(end, (header.image_len() - end) as usize).ok_or(Reason::Truncated)?;
    if are_zero(tail) { Ok(()) } else { Err(Reason::BadPadding) }
}

/// The parts that load chunks, and the progress so far.
struct Loading<'a, M, Z, O> {
    memory: &'a mut M,
    codec: &'a Z,
    scratch: &'a mut [Page],
    observer: &'a mut O,
    done: u64,
    total: u64,
}

impl<M: Memory, Z: DecompressSnapshot, O: Observer> Loading<'_, M, Z, O> {
    /// Checks a chunk's stored bytes and puts its pages where they belong.
    fn chunk(&mut self, stored: &[u8], chunk: &Chunk) -> Result<(), Reason> {
        let bytes = chunk::check(stored, &chunk.entry)?;
        chunk::place(bytes, chunk.entry.is_raw(), &chunk.frames, self.memory, self.codec, self.scratch)?;
        self.done += chunk_pages(&chunk.frames) as u64;
        self.observer.observe(Progress::Load { done: self.done, total: self.total });
        Ok(())
    }
}
