//! Physical pages behind a safe face, and what is done to them in bulk.

#[cfg(target_arch = "arm")]
mod arm;

use crate::frame::{FrameRange, PAGE_SIZE};

/// The contents of one frame. Its alignment lets whole words be read and written.
#[derive(Clone)]
#[repr(C, align(4096))]
pub struct Page(pub [u8; PAGE_SIZE]);

impl Page {
    /// A page of zeroes.
    pub const ZERO: Page = Page([0; PAGE_SIZE]);

    /// Whether every byte of the page is 0.
    #[cfg(all(target_arch = "arm", target_has_atomic = "32", feature = "neon"))]
    pub fn is_zero(&self) -> bool {
        arm::is_zero(&self.0)
    }

    /// Whether every byte of the page is 0.
    #[cfg(not(all(target_arch = "arm", target_has_atomic = "32", feature = "neon")))]
    pub fn is_zero(&self) -> bool {
        let (blocks, _) = self.0.as_chunks::<32>();
        blocks.iter().all(|block| {
            let (words, _) = block.as_chunks::<4>();
            words.iter().fold(0, |any, word| any | u32::from_ne_bytes(*word)) == 0
        })
    }

    /// The bytes of consecutive pages.
    pub fn bytes(pages: &[Page]) -> &[u8] {
        // SAFETY: a Page is exactly PAGE_SIZE bytes without padding, so the slice covers the same memory.
        unsafe { core::slice::from_raw_parts(pages.as_ptr().cast(), core::mem::size_of_val(pages)) }
    }

    /// The bytes of consecutive pages, to be written.
    pub fn bytes_mut(pages: &mut [Page]) -> &mut [u8] {
        let len = core::mem::size_of_val(pages);
        // SAFETY: as in `bytes`; the exclusive borrow of the pages passes to the bytes.
        unsafe { core::slice::from_raw_parts_mut(pages.as_mut_ptr().cast(), len) }
    }
}

/// Copies `src` to `dst`, which is as long. Meant for whole pages: fast if both start at whole words.
pub fn copy(dst: &mut [u8], src: &[u8]) {
    #[cfg(target_arch = "arm")]
    let done = arm::copy(dst, src);
    #[cfg(not(target_arch = "arm"))]
    let done = 0;
    let rest = src.get(done..).unwrap_or(&[]);
    for (to, from) in dst.iter_mut().skip(done).zip(rest) {
        *to = *from;
    }
}

/// Sets all of `dst` to 0. Meant for whole pages.
pub fn clear(dst: &mut [u8]) {
    #[cfg(target_arch = "arm")]
    let done = arm::clear(dst);
    #[cfg(not(target_arch = "arm"))]
    let done = 0;
    dst.get_mut(done..).unwrap_or(&mut []).fill(0);
}

/// RAM as the engine reads and writes it. [`PhysicalMemory`] is the hardware's; host tests bring their own.
pub trait Memory {
    /// The pages of `frames`, or `None` if some of them cannot be reached.
    fn pages(&self, frames: FrameRange) -> Option<&[Page]>;

    /// The pages of `frames`, to be written, or `None` if some of them cannot be reached.
    fn pages_mut(&mut self, frames: FrameRange) -> Option<&mut [Page]>;

    /// The pages of `read` together with those of `write`, or `None` if some of them cannot be reached or
    /// the ranges share a frame.
    fn read_write(&mut self, read: FrameRange, write: FrameRange) -> Option<(&[Page], &mut [Page])>;
}

/// The board's RAM, mapped at a constant distance from its physical addresses.
pub struct PhysicalMemory<'a> {
    ranges: &'a [FrameRange],
    offset: usize,
}

impl<'a> PhysicalMemory<'a> {
    /// RAM of the frames `ranges`, seen at `physical address + offset` (wrapping; 0 for an identity map).
    ///
    /// # Safety
    /// While the value lives:
    /// * every frame of `ranges` is mapped there as Normal memory, readable, and writable where the engine
    ///   writes;
    /// * while the engine reads saved memory (from the capture to the last write) nobody writes to it;
    /// * no more than one value exists, and frames that the engine writes (saved memory at a boot, the
    ///   staging area while a snapshot is taken) are used by nothing else: code, stack, statics and
    ///   buffers of the boot stage lie in frames that are not part of saved memory (nosave).
    pub const unsafe fn new(ranges: &'a [FrameRange], offset: usize) -> PhysicalMemory<'a> {
        PhysicalMemory { ranges, offset }
    }

    /// The address of the first page of `frames`, if all of them are RAM.
    fn locate(&self, frames: FrameRange) -> Option<*mut Page> {
        if !self.ranges.iter().any(|range| range.covers(frames)) {
            return None;
        }
        let start = usize::try_from(frames.first.address()).ok()?.wrapping_add(self.offset);
        let len = usize::try_from(frames.bytes()).ok()?;
        // A mapping that starts at null or wraps round the address space cannot be a slice.
        let fits = start != 0 && start.checked_add(len - 1).is_some() && len <= isize::MAX as usize;
        fits.then_some(start as *mut Page)
    }
}

impl Memory for PhysicalMemory<'_> {
    fn pages(&self, frames: FrameRange) -> Option<&[Page]> {
        let start = self.locate(frames)?;
        // SAFETY: `locate` found the frames in `ranges`, which `new`'s caller promised to be mapped Normal
        // memory that nobody writes to while the engine reads it; they are page-aligned.
        Some(unsafe { core::slice::from_raw_parts(start, frames.count as usize) })
    }

    fn pages_mut(&mut self, frames: FrameRange) -> Option<&mut [Page]> {
        let start = self.locate(frames)?;
        // SAFETY: as in `pages`; the exclusive borrow of `self`, the only value of its kind, makes this the
        // only access, and `new`'s caller promised that nothing else uses frames that the engine writes.
        Some(unsafe { core::slice::from_raw_parts_mut(start, frames.count as usize) })
    }

    fn read_write(&mut self, read: FrameRange, write: FrameRange) -> Option<(&[Page], &mut [Page])> {
        if read.overlaps(write) {
            return None;
        }
        let (from, to) = (self.locate(read)?, self.locate(write)?);
        // SAFETY: as in `pages` and `pages_mut`; the two ranges were just found to share no frame.
        Some(unsafe {
            (
                core::slice::from_raw_parts(from, read.count as usize),
                core::slice::from_raw_parts_mut(to, write.count as usize),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Pfn;

    #[test]
    fn a_page_with_any_bit_set_is_not_zero() {
        assert!(Page::ZERO.is_zero());
        // Miri takes its time over each page.
        for at in (0..PAGE_SIZE).step_by(if cfg!(miri) { 129 } else { 1 }) {
            let mut page = Page::ZERO;
            page.0[at] = 1 << (at % 8);
            assert!(!page.is_zero(), "byte {at}");
        }
    }

    #[test]
    fn only_frames_of_the_ram_can_be_reached() {
        let mut ram = [const { Page::ZERO }; 4];
        let base = Pfn::containing(ram.as_mut_ptr() as u64);
        let ranges = [FrameRange { first: base, count: 4 }];
        // SAFETY: the array is the memory, and is not used but through `memory`.
        let mut memory = unsafe { PhysicalMemory::new(&ranges, 0) };
        let frames = |skip, count| FrameRange { first: Pfn(base.0 + skip), count };
        Page::bytes_mut(memory.pages_mut(frames(1, 2)).unwrap()).fill(7);
        assert_eq!(memory.pages(frames(2, 1)).unwrap()[0].0, [7; PAGE_SIZE]);
        assert!(memory.pages(frames(3, 2)).is_none());
        assert!(memory.pages(frames(0, 0)).is_none());
        assert!(memory.read_write(frames(0, 2), frames(1, 2)).is_none());
        let (from, to) = memory.read_write(frames(1, 1), frames(0, 1)).unwrap();
        to[0] = from[0].clone();
        assert_eq!(memory.pages(frames(0, 1)).unwrap()[0].0[9], 7);
    }
}
