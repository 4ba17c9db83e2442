//! The image: the bytes of one snapshot, whatever medium they lie on.
//!
//! Header, CPU context, page map, chunk index, chunks: each starts on a page of its own, each has a checksum.
//! The format is specified, with a worked example, in `docs/image-format.md`. Nothing here trusts a byte:
//! every `decode` takes bytes of any origin.
//!
//! [`Reader`] reads and checks all but the chunks, [`Contents`] says which pages each chunk holds and where
//! it lies, and [`chunk`] turns pages into stored bytes and back.

pub mod chunk;
mod chunk_index;
mod contents;
mod header;
pub(crate) mod id;
mod page_map;
mod reader;

pub use chunk_index::ChunkEntry;
pub use contents::{Chunk, ChunkWalk, Contents, PagePlace};
pub use header::{HEADER_LEN, Header, MAGIC, MAX_CONTEXT_BYTES, Part, VERSION, feature};
pub use id::ImageId;
pub use page_map::{ChunkFrames, Chunks, Extent, ExtentKind, chunk_pages, count_pages};
pub use reader::{Fault, Reader};

use crate::frame::PAGE_SIZE;

/// Pages in a full chunk.
pub const CHUNK_PAGES: u32 = 16;
/// Bytes in a full chunk.
pub const CHUNK_BYTES: usize = CHUNK_PAGES as usize * PAGE_SIZE;

/// The board and the build that an image belongs to. It boots only where both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Identity {
    /// The board: any 16 bytes that other boards do not use.
    pub board: [u8; 16],
    /// The firmware's build: the linker's build id for instance, filled up with zeroes. Two builds that
    /// differ in code, constants or layout must differ here: what the boot stage does not restore it takes
    /// from itself.
    pub build: [u8; 32],
}

/// `len` rounded up to whole pages, saturating.
pub const fn page_align(len: u64) -> u64 {
    match len.checked_next_multiple_of(PAGE_SIZE as u64) {
        Some(aligned) => aligned,
        None => u64::MAX - (PAGE_SIZE as u64 - 1),
    }
}
