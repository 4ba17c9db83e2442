//! Physical memory in words: addresses in bytes, frames by number, ranges of both.

/// Bytes in a page, and in the frame that holds it.
pub const PAGE_SIZE: usize = 4096;

/// A page frame number: a physical address divided by [`PAGE_SIZE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Pfn(pub u64);

impl Pfn {
    /// The highest frame number: the last whole page of a 64-bit physical address space.
    pub const MAX: Pfn = Pfn(u64::MAX >> 12);

    /// The physical address of the frame's first byte.
    pub const fn address(self) -> u64 {
        self.0.wrapping_mul(PAGE_SIZE as u64)
    }

    /// The frame that holds the physical address `address`.
    pub const fn containing(address: u64) -> Pfn {
        Pfn(address / PAGE_SIZE as u64)
    }
}

/// A run of frames with consecutive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FrameRange {
    /// The first frame.
    pub first: Pfn,
    /// Number of frames, 0 for an empty range.
    pub count: u32,
}

impl FrameRange {
    /// The range of `count` frames from `first`, or `None` if it would pass [`Pfn::MAX`].
    pub const fn new(first: Pfn, count: u32) -> Option<FrameRange> {
        match first.0.checked_add(count as u64) {
            Some(end) if end <= Pfn::MAX.0 + 1 => Some(FrameRange { first, count }),
            _ => None,
        }
    }

    /// One past the last frame's number.
    pub const fn end(self) -> Pfn {
        Pfn(self.first.0.saturating_add(self.count as u64))
    }

    /// Whether the range holds no frame.
    pub const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Bytes in the range.
    pub const fn bytes(self) -> u64 {
        self.count as u64 * PAGE_SIZE as u64
    }

    /// Whether `frame` lies in the range.
    pub const fn contains(self, frame: Pfn) -> bool {
        frame.0 >= self.first.0 && frame.0 < self.end().0
    }

    /// Whether all of `other` lies in the range; an empty range lies in none.
    pub const fn covers(self, other: FrameRange) -> bool {
        !other.is_empty() && other.first.0 >= self.first.0 && other.end().0 <= self.end().0
    }

    /// Whether the two ranges share a frame.
    pub const fn overlaps(self, other: FrameRange) -> bool {
        self.first.0 < other.end().0 && other.first.0 < self.end().0 && !self.is_empty() && !other.is_empty()
    }

    /// The range's first `count` frames (all of them if there are fewer).
    pub const fn take(self, count: u32) -> FrameRange {
        FrameRange { first: self.first, count: if count < self.count { count } else { self.count } }
    }

    /// The range without its first `count` frames.
    pub const fn skip(self, count: u32) -> FrameRange {
        let gone = if count < self.count { count } else { self.count };
        FrameRange { first: Pfn(self.first.0 + gone as u64), count: self.count - gone }
    }
}

/// Physically contiguous RAM as a board states it, in bytes (`RAMTableEntry`).
#[doc(alias = "RAMTableEntry")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RamRegion {
    /// Physical address of the first byte; a multiple of [`PAGE_SIZE`].
    pub base: u64,
    /// Length in bytes; a multiple of [`PAGE_SIZE`], not 0.
    pub len: u64,
}

/// The reason why a [`RamRegion`] is not a whole range of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RegionError {
    /// `base` or `len` is no multiple of [`PAGE_SIZE`].
    Unaligned,
    /// `len` is 0.
    Empty,
    /// The region passes the end of the address space, or has more than 2^32 - 1 frames.
    TooLarge,
}

impl RamRegion {
    /// A region of `len` bytes from the physical address `base`.
    pub const fn new(base: u64, len: u64) -> RamRegion {
        RamRegion { base, len }
    }

    /// The region's frames.
    ///
    /// # Errors
    /// [`RegionError`] if the region is not whole frames.
    pub fn frames(self) -> Result<FrameRange, RegionError> {
        let page = PAGE_SIZE as u64;
        if self.len == 0 {
            return Err(RegionError::Empty);
        }
        if !self.base.is_multiple_of(page) || !self.len.is_multiple_of(page) {
            return Err(RegionError::Unaligned);
        }
        let count = u32::try_from(self.len / page).map_err(|_| RegionError::TooLarge)?;
        FrameRange::new(Pfn::containing(self.base), count).ok_or(RegionError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_must_be_whole_pages() {
        assert_eq!(RamRegion::new(0x1000, 0x2000).frames(), Ok(FrameRange { first: Pfn(1), count: 2 }));
        assert_eq!(RamRegion::new(0x1001, 0x2000).frames(), Err(RegionError::Unaligned));
        assert_eq!(RamRegion::new(0x1000, 0x2001).frames(), Err(RegionError::Unaligned));
        assert_eq!(RamRegion::new(0x1000, 0).frames(), Err(RegionError::Empty));
        assert_eq!(RamRegion::new(0x1000, u64::MAX - 0xfff).frames(), Err(RegionError::TooLarge));
        assert_eq!(RamRegion::new(u64::MAX - 0xfff, 0x2000).frames(), Err(RegionError::TooLarge));
    }

    #[test]
    fn ranges_overlap_only_where_they_share_a_frame() {
        let r = |first, count| FrameRange { first: Pfn(first), count };
        assert!(r(1, 2).overlaps(r(2, 1)));
        assert!(!r(1, 2).overlaps(r(3, 1)));
        assert!(!r(1, 0).overlaps(r(0, 9)));
        assert!(r(1, 4).covers(r(2, 3)));
        assert!(!r(1, 4).covers(r(2, 4)));
    }
}
