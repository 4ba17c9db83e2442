//! The page heap: what is left of RAM, handed out from both ends.
//!
//! Pages that nobody has are free: they are not saved, and keep whatever they held. Each bank of RAM has a
//! run of them.

use core::ops::Range;

use heapless::Vec;
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn, RamRegion};

use crate::ram::MAX_BANKS;

/// Bytes in a page.
const PAGE: usize = PAGE_SIZE;

/// The rest of one bank.
#[derive(Clone, Debug)]
struct Run {
    /// First page that was free at first.
    start: usize,
    /// First free page.
    low: usize,
    /// One past the last free page.
    high: usize,
}

impl Run {
    fn bytes(&self) -> usize {
        self.high - self.low
    }

    fn frames(&self) -> FrameRange {
        FrameRange { first: Pfn::containing(self.low as u64), count: (self.bytes() / PAGE) as u32 }
    }
}

/// The free parts of the banks `ram` behind statics that end at `statics_end`: the rest of their bank, and
/// all of every other.
pub fn free_of(ram: &[RamRegion], statics_end: usize) -> impl Iterator<Item = Range<usize>> {
    ram.iter().map(move |bank| {
        let (start, end) = (bank.base as usize, (bank.base + bank.len) as usize);
        if (start..=end).contains(&statics_end) { statics_end..end } else { start..end }
    })
}

/// The heap. There is no way to give single pages back, but the low end of a bank can shrink.
#[derive(Debug)]
pub struct PageHeap {
    runs: Vec<Run, MAX_BANKS>,
}

impl PageHeap {
    /// The heap of these runs of page-aligned addresses, by rising addresses; of more than [`MAX_BANKS`] the
    /// first ones.
    ///
    /// # Safety
    /// They are RAM, mapped to where it is, that nothing else uses.
    pub unsafe fn new(runs: impl Iterator<Item = Range<usize>>) -> PageHeap {
        let run = |run: Range<usize>| Run { start: run.start, low: run.start, high: run.end.max(run.start) };
        PageHeap { runs: runs.take(MAX_BANKS).map(run).collect() }
    }

    /// The free frames, bank by bank.
    pub fn free(&self) -> impl Iterator<Item = FrameRange> {
        self.runs.iter().map(Run::frames).filter(|frames| !frames.is_empty())
    }

    /// Whether a frame is free.
    pub fn is_free(&self, frame: Pfn) -> bool {
        self.runs.iter().any(|run| run.frames().contains(frame))
    }

    /// The most free bytes in a row.
    pub fn longest(&self) -> usize {
        self.runs.iter().map(Run::bytes).max().unwrap_or(0)
    }

    /// `len` bytes from the low end of the first bank that has them, rounded up to whole pages. They follow
    /// those handed out from there before.
    pub fn take_bottom(&mut self, len: usize) -> Option<&'static mut [u8]> {
        let len = len.checked_next_multiple_of(PAGE)?;
        let run = self.runs.iter_mut().find(|run| run.bytes() >= len)?;
        let start = run.low;
        run.low += len;
        // SAFETY: the bytes were free, and are handed out once; `new`'s caller vouches for them.
        Some(unsafe { core::slice::from_raw_parts_mut(start as *mut u8, len) })
    }

    /// `len` bytes from the high end of the last bank that has them, rounded up to whole pages.
    pub fn take_top(&mut self, len: usize) -> Option<&'static mut [u8]> {
        let len = len.checked_next_multiple_of(PAGE)?;
        let run = self.runs.iter_mut().rev().find(|run| run.bytes() >= len)?;
        run.high -= len;
        // SAFETY: as in `take_bottom`.
        Some(unsafe { core::slice::from_raw_parts_mut(run.high as *mut u8, len) })
    }

    /// `count` words of free pages, for as long as nothing is taken from the heap. They hold whatever they
    /// held.
    pub fn scratch(&mut self, count: usize) -> Option<&mut [u32]> {
        let bytes = count.checked_mul(size_of::<u32>())?;
        let run = self.runs.iter().find(|run| run.bytes() >= bytes)?;
        // SAFETY: free bytes at the start of a page, which nobody gets while the heap is borrowed.
        Some(unsafe { core::slice::from_raw_parts_mut(run.low as *mut u32, count) })
    }

    /// The free memory, as it will be once the low end of the bank with `end` is trimmed to there.
    pub fn free_once_trimmed(&self, end: Option<usize>) -> impl Iterator<Item = Range<usize>> {
        self.runs.iter().map(move |run| {
            let low =
                end.map(|end| end.next_multiple_of(PAGE)).filter(|end| (run.start..run.low).contains(end));
            low.unwrap_or(run.low)..run.high
        })
    }

    /// Frees the low end of a bank from `address` on, rounded up to whole pages.
    ///
    /// # Safety
    /// Nobody uses what was handed out from that low end behind it any more.
    pub unsafe fn trim_bottom(&mut self, address: usize) {
        let end = address.next_multiple_of(PAGE);
        if let Some(run) = self.runs.iter_mut().find(|run| (run.start..run.low).contains(&end)) {
            run.low = end;
        }
    }
}
