//! The page heap: what is left of RAM, handed out from both ends.
//!
//! Pages that nobody has are free: they are not in the picture, and keep whatever they held.

use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};

/// The heap. There is no way to give single pages back, but its low end can shrink.
pub struct PageHeap {
    /// First page of the heap.
    start: usize,
    /// First free page.
    low: usize,
    /// One past the last free page.
    high: usize,
}

impl PageHeap {
    /// The heap of the page-aligned addresses from `start` to `end`.
    ///
    /// # Safety
    /// They are RAM, mapped to where it is, that nothing else uses.
    pub unsafe fn new(start: usize, end: usize) -> PageHeap {
        PageHeap { start, low: start, high: end }
    }

    /// Bytes that are free.
    pub fn free_bytes(&self) -> usize {
        self.high - self.low
    }

    /// The free frames: one run.
    pub fn free(&self) -> FrameRange {
        let count = (self.free_bytes() / PAGE_SIZE) as u32;
        FrameRange { first: Pfn::containing(self.low as u64), count }
    }

    /// `len` bytes from the low end, rounded up to whole pages. They follow those handed out from there before.
    pub fn take_bottom(&mut self, len: usize) -> Option<&'static mut [u8]> {
        let len = len.checked_next_multiple_of(PAGE_SIZE)?;
        if len > self.free_bytes() {
            return None;
        }
        let start = self.low;
        self.low += len;
        // SAFETY: the bytes were free, and are handed out once; `new`'s caller vouches for them.
        Some(unsafe { core::slice::from_raw_parts_mut(start as *mut u8, len) })
    }

    /// `len` bytes from the high end, rounded up to whole pages.
    pub fn take_top(&mut self, len: usize) -> Option<&'static mut [u8]> {
        let len = len.checked_next_multiple_of(PAGE_SIZE)?;
        if len > self.free_bytes() {
            return None;
        }
        self.high -= len;
        // SAFETY: as in `take_bottom`.
        Some(unsafe { core::slice::from_raw_parts_mut(self.high as *mut u8, len) })
    }

    /// `count` words of free pages, for as long as nothing is taken from the heap. They hold whatever they held.
    pub fn scratch(&mut self, count: usize) -> Option<&mut [u32]> {
        if count.checked_mul(size_of::<u32>())? > self.free_bytes() {
            return None;
        }
        // SAFETY: free bytes at the start of a page, which nobody gets while the heap is borrowed.
        Some(unsafe { core::slice::from_raw_parts_mut(self.low as *mut u32, count) })
    }

    /// Frees the low end from `address` on, rounded up to whole pages.
    ///
    /// # Safety
    /// Nobody uses what was handed out behind it any more.
    pub unsafe fn trim_bottom(&mut self, address: usize) {
        let end = address.next_multiple_of(PAGE_SIZE);
        if (self.start..self.low).contains(&end) {
            self.low = end;
        }
    }
}
