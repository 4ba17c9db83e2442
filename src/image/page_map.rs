//! The page map: extents of frames, ascending, and the walk over their pages chunk by chunk.

use heapless::Vec;

use crate::bytes::{get_u32, get_u64, put};
use crate::frame::{FrameRange, Pfn};
use crate::image::CHUNK_PAGES;
use crate::memory_map::MemoryMap;
use crate::refusal::Reason;

/// The kind of memory in the frames of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u32)]
pub enum ExtentKind {
    /// Pages that are in the chunks.
    Data = 1,
    /// Pages of zeroes, which are nowhere.
    Zero = 2,
}

/// The kind of extents whose pages are in chunks before all others: reserved.
const HOT_DATA: u32 = 3;

/// A run of frames of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Extent {
    /// Its frames, at least one.
    pub frames: FrameRange,
    /// The kind of memory in them.
    pub kind: ExtentKind,
}

impl Extent {
    /// Bytes of an extent in the image.
    pub const BYTES: usize = 16;

    /// The extent's bytes.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        put(&mut bytes, 0, &self.frames.first.0.to_le_bytes());
        put(&mut bytes, 8, &self.frames.count.to_le_bytes());
        put(&mut bytes, 12, &(self.kind as u32).to_le_bytes());
        bytes
    }

    /// Reads an extent of any origin.
    ///
    /// # Errors
    /// [`Reason::UnsupportedFeature`] for hot data, which is reserved; [`Reason::BadField`] for an unknown
    /// kind, no frames, or frames past the end of the address space.
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Result<Extent, Reason> {
        let kind = match get_u32(bytes, 12) {
            1 => ExtentKind::Data,
            2 => ExtentKind::Zero,
            HOT_DATA => return Err(Reason::UnsupportedFeature),
            _ => return Err(Reason::BadField),
        };
        match FrameRange::new(Pfn(get_u64(bytes, 0)), get_u32(bytes, 8)) {
            Some(frames) if !frames.is_empty() => Ok(Extent { frames, kind }),
            _ => Err(Reason::BadField),
        }
    }
}

/// Pages of the kind `kind` in `extents`.
pub fn count_pages(extents: &[Extent], kind: ExtentKind) -> u64 {
    extents.iter().filter(|e| e.kind == kind).map(|e| u64::from(e.frames.count)).sum()
}

/// Checks a page map of any origin, extent by extent.
#[derive(Clone, Debug, Default)]
pub(crate) struct MapCheck {
    /// Behind the last frame so far.
    end: Pfn,
    /// Pages so far, of each kind.
    pub data_pages: u64,
    pub zero_pages: u64,
}

impl MapCheck {
    /// Checks the next extent; against the RAM of the running board if that is known.
    ///
    /// # Errors
    /// [`Reason::Overlap`] if it does not ascend without overlaps; [`Reason::OutOfRange`] if a frame is not
    /// of the saved memory of the board.
    pub fn extent(&mut self, extent: &Extent, map: Option<&MemoryMap>) -> Result<(), Reason> {
        if extent.frames.first < self.end {
            return Err(Reason::Overlap);
        }
        if map.is_some_and(|map| !map.is_saved(extent.frames)) {
            return Err(Reason::OutOfRange);
        }
        self.end = extent.frames.end();
        let pages = u64::from(extent.frames.count);
        match extent.kind {
            ExtentKind::Data => self.data_pages += pages,
            ExtentKind::Zero => self.zero_pages += pages,
        }
        Ok(())
    }
}

/// The frames of one chunk: up to 16 pages, in one run or several.
pub type ChunkFrames = Vec<FrameRange, { CHUNK_PAGES as usize }>;

/// Deals the data pages out to chunks, in the order of the map. [`Chunks::next`] is part of the format: it
/// says which pages a chunk holds.
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    extents: core::slice::Iter<'a, Extent>,
    rest: FrameRange,
}

impl<'a> Chunks<'a> {
    /// The chunks of a page map.
    pub fn new(extents: &'a [Extent]) -> Chunks<'a> {
        Chunks { extents: extents.iter(), rest: FrameRange::default() }
    }
}

impl Iterator for Chunks<'_> {
    type Item = ChunkFrames;

    fn next(&mut self) -> Option<ChunkFrames> {
        let mut frames = ChunkFrames::new();
        let mut room = CHUNK_PAGES;
        while room > 0 {
            if self.rest.is_empty() {
                match self.extents.find(|e| e.kind == ExtentKind::Data) {
                    Some(extent) => self.rest = extent.frames,
                    None => break,
                }
            }
            let run = self.rest.take(room);
            // Each run takes at least one of the 16 pages, so there is always room for it.
            let _ = frames.push(run);
            self.rest = self.rest.skip(run.count);
            room -= run.count;
        }
        (!frames.is_empty()).then_some(frames)
    }
}

/// Pages in a chunk.
pub fn chunk_pages(frames: &ChunkFrames) -> usize {
    frames.iter().map(|run| run.count as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(first: u64, count: u32, kind: ExtentKind) -> Extent {
        Extent { frames: FrameRange { first: Pfn(first), count }, kind }
    }

    #[test]
    fn chunks_take_sixteen_data_pages_each_across_extents() {
        use ExtentKind::*;
        let map = [extent(0, 20, Data), extent(20, 5, Zero), extent(25, 3, Data), extent(40, 10, Data)];
        let chunks: std::vec::Vec<std::vec::Vec<(u64, u32)>> =
            Chunks::new(&map).map(|c| c.iter().map(|r| (r.first.0, r.count)).collect()).collect();
        assert_eq!(chunks, [std::vec![(0, 16)], std::vec![(16, 4), (25, 3), (40, 9)], std::vec![(49, 1)]]);
    }

    #[test]
    fn a_hostile_extent_is_refused() {
        let good = extent(7, 3, ExtentKind::Zero).encode();
        assert_eq!(Extent::decode(&good), Ok(extent(7, 3, ExtentKind::Zero)));
        for (at, value, reason) in [
            (8, 0, Reason::BadField),
            (12, 0, Reason::BadField),
            (12, 3, Reason::UnsupportedFeature),
            (12, 4, Reason::BadField),
        ] {
            let mut bad = good;
            bad[at] = value;
            assert_eq!(Extent::decode(&bad), Err(reason));
        }
        let mut far = good;
        far[..8].fill(0xff);
        assert_eq!(Extent::decode(&far), Err(Reason::BadField));
    }
}
