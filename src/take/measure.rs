//! Step 3: compress every chunk, to learn the image's size.

use heapless::VecView;

use crate::frame::FrameRange;
use crate::hooks::CompressSnapshot;
use crate::image::chunk::{encode, gather};
use crate::image::{CHUNK_BYTES, ChunkEntry, Chunks, Extent, ExtentKind};
use crate::mem::{Memory, Page};
use crate::progress::{Observer, Progress};
use crate::take::error::PackError;
use crate::workspace::STORED_BYTES;

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
                    encode(
                        codec,
                        Page::bytes(pages),
                        Page::bytes_mut(staging_pages).get_mut(staging.bytes..end)?,
                    )
                }),
                _ => {
                    let gathered = gather(memory, &frames, raw).map(<[u8]>::len);
                    gathered.zip(memory.pages_mut(staging.frames)).and_then(|(len, staging_pages)| {
                        let src = Page::bytes(raw).get(..len)?;
                        encode(codec, src, Page::bytes_mut(staging_pages).get_mut(staging.bytes..end)?)
                    })
                }
            }
        } else {
            gather(memory, &frames, raw).and_then(|src| encode(codec, src, stored))
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
