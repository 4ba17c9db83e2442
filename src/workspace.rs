//! [`Workspace`]: the engine's memory, all of it, of known size, for the board to place in nosave memory.

use heapless::{Vec, VecView};

use crate::cpu::context::CpuContext;
use crate::frame::PAGE_SIZE;
use crate::image::{CHUNK_BYTES, CHUNK_PAGES, ChunkEntry, Extent};
use crate::mem::Page;
use crate::memory_map::MemoryMap;

/// Bytes of the buffer for stored bytes: room for one compressed chunk at its worst and for a page of
/// what did not fill a page before it.
pub const STORED_BYTES: usize = 20 * PAGE_SIZE;
const _: () = assert!(STORED_BYTES >= CHUNK_BYTES + CHUNK_BYTES / 10 + 20 + PAGE_SIZE);

/// What the engine needs besides its stack. Never in an image; a static in a nosave section:
///
/// ```
/// use oal_snapshot::workspace::{Workspace, chunks_for};
/// use std::sync::Mutex;
/// // 1024 extents, and the chunks of 64 MiB of RAM.
/// // #[unsafe(link_section = ".nosave.bss")]
/// static WORKSPACE: Mutex<Workspace<1024, { chunks_for(64 << 20) }>> = Mutex::new(Workspace::new());
/// ```
///
/// `EXTENTS`: extents of the page map, 16 bytes of an image each. Memory more fragmented than that still
/// fits: short runs of zero or free pages are then stored as data. At least three for each contiguous piece
/// of RAM, counting what nosave regions and the staging area divide. `CHUNKS`: entries of the chunk index,
/// [`chunks_for`] the bytes of RAM.
pub struct Workspace<const EXTENTS: usize, const CHUNKS: usize> {
    raw: [Page; CHUNK_PAGES as usize],
    stored: StoredBuffer,
    context: CpuContext,
    extents: Vec<Extent, EXTENTS>,
    index: Vec<ChunkEntry, CHUNKS>,
    map: MemoryMap,
}

/// Entries of the chunk index that `ram_bytes` bytes of RAM need, the OEM's regions included: the `CHUNKS` of
/// a [`Workspace`]. One for each 64 KiB, the last one for what is left over.
pub const fn chunks_for(ram_bytes: u64) -> usize {
    ram_bytes.div_ceil(CHUNK_BYTES as u64) as usize
}

/// Aligned so that a controller's DMA, and whole words, can be used on it.
#[repr(C, align(64))]
struct StoredBuffer([u8; STORED_BYTES]);

/// The workspace without its sizes, so that the engine is compiled once, whatever they are.
pub struct Parts<'a> {
    /// The registers.
    pub(crate) context: &'a mut CpuContext,
    /// RAM, as the board says it is now.
    pub(crate) map: &'a mut MemoryMap,
    /// The parts that the steps work with.
    pub(crate) work: Work<'a>,
}

/// An image's tables, and the buffers.
pub(crate) struct Work<'a> {
    /// A chunk's pages, where they are not contiguous in RAM.
    pub raw: &'a mut [Page; CHUNK_PAGES as usize],
    /// Bytes as they are in the image.
    pub stored: &'a mut [u8; STORED_BYTES],
    /// The page map.
    pub extents: &'a mut VecView<Extent>,
    /// The chunk index.
    pub index: &'a mut VecView<ChunkEntry>,
}

impl<const EXTENTS: usize, const CHUNKS: usize> Default for Workspace<EXTENTS, CHUNKS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const EXTENTS: usize, const CHUNKS: usize> Workspace<EXTENTS, CHUNKS> {
    /// An empty workspace.
    pub const fn new() -> Self {
        Workspace {
            raw: [Page::ZERO; CHUNK_PAGES as usize],
            stored: StoredBuffer([0; STORED_BYTES]),
            context: CpuContext::new(),
            extents: Vec::new(),
            index: Vec::new(),
            map: MemoryMap::EMPTY,
        }
    }

    /// The same memory, for [`Snapshot::take_in`](crate::take::Snapshot::take_in) and
    /// [`Boot::run_in`](crate::boot::Boot::run_in).
    pub fn parts(&mut self) -> Parts<'_> {
        Parts {
            context: &mut self.context,
            map: &mut self.map,
            work: Work {
                raw: &mut self.raw,
                stored: &mut self.stored.0,
                extents: self.extents.as_mut_view(),
                index: self.index.as_mut_view(),
            },
        }
    }
}

impl<'a> Parts<'a> {
    /// The two buffers, one chunk of pages and [`STORED_BYTES`] of stored bytes, for a firmware that drives a
    /// store itself, hook by hook. Their contents last until the engine next runs.
    pub fn buffers(self) -> (&'a mut [Page; CHUNK_PAGES as usize], &'a mut [u8; STORED_BYTES]) {
        (self.work.raw, self.work.stored)
    }

    /// The two [`buffers`](Parts::buffers), and the chunk index as memory for checksums of a boot loader that
    /// loads images of another format. Their contents last until the engine next runs.
    pub fn buffers_and_index(
        self,
    ) -> (&'a mut [Page; CHUNK_PAGES as usize], &'a mut [u8; STORED_BYTES], &'a mut VecView<ChunkEntry>) {
        (self.work.raw, self.work.stored, self.work.index)
    }
}

#[cfg(test)]
mod tests {
    use super::chunks_for;

    #[test]
    fn what_does_not_fill_a_chunk_needs_an_entry_too() {
        assert_eq!([0, 1, 65536, 65537, 1 << 30].map(chunks_for), [0, 1, 1, 2, 16384]);
    }
}
