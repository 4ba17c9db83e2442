//! Loads an image whole, before it is entered: chunk by chunk in their order, each to its final address, from
//! a buffer or from where the image lies.

use crate::boot::window::{Held, Window};
use crate::bytes::are_zero;
use crate::hooks::{Candidate, DecompressSnapshot, ReadSnapshot};
use crate::image::Header;
use crate::image::{ChunkWalk, Contents, ExtentKind, Fault, chunk, chunk_pages};
use crate::mem::{self, Memory, Page};
use crate::progress::{Observer, Progress};
use crate::refusal::{Reason, Stage};
use crate::workspace::Work;

/// Loads every page of a checked image. On an error saved memory may hold a part of it; no byte of a chunk is
/// in it whose checksum did not match.
///
/// Like the check before it a function of its own, so that their locals take turns on the stack.
#[inline(never)]
pub(super) fn load<M: Memory, Z: DecompressSnapshot, R: ReadSnapshot, O: Observer>(
    candidate: &Candidate,
    header: &Header,
    memory: &mut M,
    codec: &Z,
    medium: &mut R,
    work: &mut Work<'_>,
    observer: &mut O,
) -> Result<(), Fault> {
    let total = header.data_pages + header.zero_pages;
    let contents = Contents { header, extents: work.extents, index: work.index };
    let mut loading = Loading { memory, codec, scratch: work.raw, observer, done: 0, total };
    match medium.mapped_snapshot(candidate.id) {
        Some(image) => from_where_it_lies(image, &contents, &mut loading)?,
        None => {
            let window = Window::new(candidate.id, medium, work.stored, header);
            through_the_window(window, &contents, &mut loading)?;
        }
    }
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

/// Loads the chunks of an image that lies in memory.
#[inline(never)]
fn from_where_it_lies<M: Memory, Z: DecompressSnapshot, O: Observer>(
    image: &[u8],
    contents: &Contents<'_>,
    loading: &mut Loading<'_, M, Z, O>,
) -> Result<(), Fault> {
    let held = Held { bytes: image, start: 0 };
    let mut chunks = contents.chunks();
    while let Some((_, bytes)) = chunks.peek() {
        let stored = held.get(&bytes).ok_or(fault(bytes.start)(Reason::Truncated))?;
        loading.chunk(stored, &mut chunks).map_err(fault(bytes.start))?;
    }
    tail_is_zero(contents.header, &held)
}

/// Loads the chunks through the read-ahead window.
#[inline(never)]
fn through_the_window<M: Memory, Z: DecompressSnapshot, R: ReadSnapshot, O: Observer>(
    mut window: Window<'_, R>,
    contents: &Contents<'_>,
    loading: &mut Loading<'_, M, Z, O>,
) -> Result<(), Fault> {
    let mut chunks = contents.chunks();
    while let Some((_, first)) = chunks.peek() {
        window.hold(&first)?;
        window.work(first.start, |held| {
            while let Some((_, bytes)) = chunks.peek()
                && let Some(stored) = held.get(&bytes)
            {
                loading.chunk(stored, &mut chunks).map_err(fault(bytes.start))?;
            }
            Ok(())
        })?;
    }
    tail_is_zero(contents.header, &window.held())
}

/// A fault of the chunk at an offset of the image.
fn fault(at: u64) -> impl Fn(Reason) -> Fault {
    move |reason| Fault::new(Stage::Chunk, reason, at)
}

/// Checks the padding behind the last chunk, up to the end of its page, which `held` has.
fn tail_is_zero(header: &Header, held: &Held<'_>) -> Result<(), Fault> {
    let end = header.chunks_offset.saturating_add(header.chunks_len);
    if !header.pads_with_zeroes() || end == header.image_len() {
        return Ok(());
    }
    let tail = held.get(&(end..header.image_len())).ok_or(fault(end)(Reason::Truncated))?;
    if are_zero(tail) { Ok(()) } else { Err(fault(end)(Reason::BadPadding)) }
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
    /// Checks the stored bytes of the next chunk and puts its pages where they belong.
    fn chunk(&mut self, stored: &[u8], chunks: &mut ChunkWalk<'_>) -> Result<(), Reason> {
        let (entry, _) = chunks.peek().ok_or(Reason::BadField)?;
        let bytes = chunk::check(stored, entry)?;
        self.place(bytes, chunks)
    }

    /// A function of its own, so that a chunk's frames and the checksum's scratch take turns on the stack.
    #[inline(never)]
    fn place(&mut self, bytes: &[u8], chunks: &mut ChunkWalk<'_>) -> Result<(), Reason> {
        let chunk = chunks.next().ok_or(Reason::BadField)?;
        chunk::place(bytes, chunk.entry.is_raw(), &chunk.frames, self.memory, self.codec, self.scratch)?;
        self.done += chunk_pages(&chunk.frames) as u64;
        self.observer.observe(Progress::Load { done: self.done, total: self.total });
        Ok(())
    }
}
