//! [`FakeRam`]: physical memory on the heap.

use alloc::vec;
use alloc::vec::Vec;

use oal_snapshot::frame::{FrameRange, Pfn};
use oal_snapshot::mem::{Memory, Page};

use crate::rng::Rng;

/// Memory at any frames. Notes every range that was lent for writing: outside those nothing can have changed.
#[derive(Clone)]
pub struct FakeRam {
    ranges: Vec<(FrameRange, Vec<Page>)>,
    lent: Vec<FrameRange>,
}

impl FakeRam {
    /// Memory of zeroes at the frames `ranges`, which are disjoint.
    pub fn new(ranges: &[FrameRange]) -> FakeRam {
        let ranges = ranges.iter().map(|range| (*range, vec![Page::ZERO; range.count as usize])).collect();
        FakeRam { ranges, lent: Vec::new() }
    }

    /// Fills all of it with noise, as at power-on.
    pub fn fill_noise(&mut self, seed: u64) {
        let mut rng = Rng::new(seed);
        for (_, pages) in &mut self.ranges {
            rng.fill(Page::bytes_mut(pages));
        }
    }

    /// Every frame, ascending within a range.
    pub fn frames(&self) -> impl Iterator<Item = Pfn> + '_ {
        self.ranges.iter().flat_map(|(range, _)| (range.first.0..range.end().0).map(Pfn))
    }

    /// The bytes of one frame, which exists.
    pub fn page(&self, frame: Pfn) -> &[u8] {
        let pages = self.pages(FrameRange { first: frame, count: 1 }).expect("a frame of this RAM");
        Page::bytes(pages)
    }

    /// The bytes of one frame, which exists, to be written by the test.
    pub fn page_mut(&mut self, frame: Pfn) -> &mut [u8] {
        let pages = self.find_mut(FrameRange { first: frame, count: 1 }).expect("a frame of this RAM");
        Page::bytes_mut(pages)
    }

    /// What the engine could write since the last call of this function.
    pub fn take_lent(&mut self) -> Vec<FrameRange> {
        core::mem::take(&mut self.lent)
    }

    fn position(&self, frames: FrameRange) -> Option<usize> {
        self.ranges.iter().position(|(range, _)| range.covers(frames))
    }

    fn find_mut(&mut self, frames: FrameRange) -> Option<&mut [Page]> {
        let (range, pages) = self.ranges.iter_mut().find(|(range, _)| range.covers(frames))?;
        pages.get_mut(inside(*range, frames))
    }
}

/// Where `frames` lie in the pages of `range`, which covers them.
fn inside(range: FrameRange, frames: FrameRange) -> core::ops::Range<usize> {
    let start = (frames.first.0 - range.first.0) as usize;
    start..start + frames.count as usize
}

impl Memory for FakeRam {
    fn pages(&self, frames: FrameRange) -> Option<&[Page]> {
        let (range, pages) = &self.ranges[self.position(frames)?];
        pages.get(inside(*range, frames))
    }

    fn pages_mut(&mut self, frames: FrameRange) -> Option<&mut [Page]> {
        self.lent.push(frames);
        self.find_mut(frames)
    }

    fn read_write(&mut self, read: FrameRange, write: FrameRange) -> Option<(&[Page], &mut [Page])> {
        if read.overlaps(write) {
            return None;
        }
        let (from, to) = (self.position(read)?, self.position(write)?);
        self.lent.push(write);
        if from != to {
            let [(from, source), (to, target)] = self.ranges.get_disjoint_mut([from, to]).ok()?;
            return Some((source.get(inside(*from, read))?, target.get_mut(inside(*to, write))?));
        }
        let (range, pages) = &mut self.ranges[from];
        let [source, target] = pages.get_disjoint_mut([inside(*range, read), inside(*range, write)]).ok()?;
        Some((source, target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_can_be_read_and_written_together_within_a_range_and_across() {
        let frames = |first, count| FrameRange { first: Pfn(first), count };
        let mut ram = FakeRam::new(&[frames(10, 4), frames(1 << 40, 2)]);
        ram.page_mut(Pfn(11)).fill(1);
        for to in [frames(12, 1), frames(10, 1), frames((1 << 40) + 1, 1)] {
            let (source, target) = ram.read_write(frames(11, 1), to).unwrap();
            target.clone_from_slice(source);
            assert_eq!(ram.page(to.first), [1; 4096]);
        }
        assert!(ram.read_write(frames(10, 2), frames(11, 1)).is_none());
        assert!(ram.read_write(frames(10, 1), frames(14, 1)).is_none());
        assert!(ram.pages(frames(13, 2)).is_none() && ram.pages(frames(10, 0)).is_none());
        assert_eq!(ram.take_lent().len(), 3, "a test's own writing does not count, what was refused neither");
    }
}
