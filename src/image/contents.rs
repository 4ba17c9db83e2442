//! The chunks of a checked image: which pages each holds, and where its bytes are.

use core::ops::Range;

use crate::frame::Pfn;
use crate::image::{CHUNK_PAGES, ChunkEntry, ChunkFrames, Chunks, Extent, ExtentKind, Header};

/// What a checked image holds: its header, page map and chunk index, as [`Reader`](crate::image::Reader) gave
/// them.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// The header.
    pub header: &'a Header,
    /// The page map.
    pub extents: &'a [Extent],
    /// The chunk index.
    pub index: &'a [ChunkEntry],
}

/// One chunk of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its number, from 0.
    pub number: usize,
    /// Its frames, in one run or several.
    pub frames: ChunkFrames,
    /// Its entry of the index.
    pub entry: ChunkEntry,
    /// Offset of its stored bytes, in bytes from the image's start: a multiple of 4.
    pub offset: u64,
    /// How many of them [`chunk::check`](crate::image::chunk::check) is to be given: with the padding, in
    /// images whose padding is checked.
    pub checked_len: usize,
}

impl Chunk {
    /// Behind the last byte that is checked, in bytes from the image's start.
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.checked_len as u64)
    }
}

/// The place of a page in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePlace {
    /// In a chunk.
    Chunk {
        /// The chunk's number.
        number: usize,
        /// The page's number in the chunk, from 0.
        page: usize,
    },
    /// Nowhere: it is all zero.
    Zero,
}

impl<'a> Contents<'a> {
    /// All chunks, in order.
    pub fn chunks(&self) -> ChunkWalk<'a> {
        ChunkWalk {
            frames: Chunks::new(self.extents),
            index: self.index,
            number: 0,
            offset: self.header.chunks_offset,
            pads_with_zeroes: self.header.pads_with_zeroes(),
        }
    }

    /// The chunk `number`, if there is one. It is found by a walk over those before it.
    pub fn chunk(&self, number: usize) -> Option<Chunk> {
        self.chunks().nth(number)
    }

    /// The place of the page of `frame`; `None` if the image does not have it.
    pub fn page(&self, frame: Pfn) -> Option<PagePlace> {
        let mut data_pages = 0;
        for extent in self.extents {
            let is_data = extent.kind == ExtentKind::Data;
            if extent.frames.contains(frame) {
                if !is_data {
                    return Some(PagePlace::Zero);
                }
                let page = data_pages + (frame.0 - extent.frames.first.0);
                let number = usize::try_from(page / u64::from(CHUNK_PAGES)).ok()?;
                return Some(PagePlace::Chunk { number, page: (page % u64::from(CHUNK_PAGES)) as usize });
            }
            if is_data {
                data_pages += u64::from(extent.frames.count);
            }
        }
        None
    }
}

/// The walk over the chunks of an image: the only sum of their lengths.
#[derive(Clone, Debug)]
pub struct ChunkWalk<'a> {
    frames: Chunks<'a>,
    index: &'a [ChunkEntry],
    number: usize,
    offset: u64,
    pads_with_zeroes: bool,
}

impl ChunkWalk<'_> {
    /// The entry of the next chunk, and the bytes of it that are checked, counted from the image's start.
    pub fn peek(&self) -> Option<(&ChunkEntry, Range<u64>)> {
        let entry = self.index.get(self.number)?;
        Some((entry, self.offset..self.offset.saturating_add(self.checked_len(entry) as u64)))
    }

    fn checked_len(&self, entry: &ChunkEntry) -> usize {
        if self.pads_with_zeroes { entry.padded_len() } else { entry.len() }
    }
}

impl Iterator for ChunkWalk<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let entry = *self.index.get(self.number)?;
        let frames = self.frames.next()?;
        let checked_len = self.checked_len(&entry);
        let chunk = Chunk { number: self.number, frames, entry, offset: self.offset, checked_len };
        self.number += 1;
        self.offset += entry.padded_len() as u64;
        Some(chunk)
    }
}
