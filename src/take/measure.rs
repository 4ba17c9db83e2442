//! Step 3: compress every chunk, to learn the image's size.

use crate::frame::FrameRange;
use crate::hooks::CompressSnapshot;
use crate::image::{CHUNK_BYTES, CHUNK_PAGES, Chunks, ExtentKind, chunk, count_pages};
use crate::mem::{Memory, Page};
use crate::progress::{Observer, Progress};
use crate::take::error::PackError;
use crate::workspace::Work;

/// The staging area, and what is in it.
pub(crate) struct Staging {
    /// Its frames; none if the system offers no area.
    pub frames: FrameRange,
    /// Chunks in it, the first ones of the image, as they follow each other there.
    pub chunks: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl Staging {
    /// An empty staging area of `frames`.
    pub fn new(frames: FrameRange) -> Staging {
        Staging { frames, chunks: 0, bytes: 0 }
    }
}

/// Step 3: compresses every chunk to learn its length and checksum; the first ones stay in the staging area.
#[inline(never)]
pub(crate) fn measure<M: Memory, Z: CompressSnapshot, O: Observer>(
    memory: &mut M,
    codec: &mut Z,
    work: &mut Work<'_>,
    staging: &mut Staging,
    observer: &mut O,
) -> Result<(), PackError<core::convert::Infallible>> {
    let Work { raw, stored, extents, index } = work;
    index.clear();
    let total = count_pages(extents, ExtentKind::Data).div_ceil(u64::from(CHUNK_PAGES));
    let room = Z::max_compressed_len(CHUNK_BYTES).max(CHUNK_BYTES);
    let mut staged = staging.frames.bytes() as usize;
    for (done, frames) in Chunks::new(extents).enumerate() {
        let end = staging.bytes + room;
        // Once one chunk is not staged none is: the staging area holds the image's beginning, without holes.
        if end > staged {
            staged = 0;
        }
        let entry = if staged == 0 {
            chunk::gather(memory, &frames, &mut raw[..])
                .and_then(|pages| chunk::encode(codec, pages, &mut stored[..]))
        } else if let [run] = frames.as_slice() {
            memory.read_write(*run, staging.frames).and_then(|(pages, area)| {
                let room = Page::bytes_mut(area).get_mut(staging.bytes..end)?;
                chunk::encode(codec, Page::bytes(pages), room)
            })
        } else {
            let len = chunk::gather(memory, &frames, &mut raw[..]).map(<[u8]>::len);
            len.zip(memory.pages_mut(staging.frames)).and_then(|(len, area)| {
                let room = Page::bytes_mut(area).get_mut(staging.bytes..end)?;
                chunk::encode(codec, Page::bytes(&raw[..]).get(..len)?, room)
            })
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
