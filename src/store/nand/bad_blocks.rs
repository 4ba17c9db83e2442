//! [`BadBlocks`]: one bit for each erase block of a store, and where the good ones are.

/// Blocks that hold no part of an image: found bad by the maker or by the store. Bits are set, and never
/// cleared, by the one who writes into the part of the store where the block is, so the map tells from then
/// on how an image's blocks follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadBlocks<const BYTES: usize>(pub [u8; BYTES]);

impl<const BYTES: usize> BadBlocks<BYTES> {
    /// No bad block.
    pub const fn new() -> Self {
        BadBlocks([0; BYTES])
    }

    /// Whether the block is bad; one that the map has no bit for is.
    pub fn contains(&self, block: u32) -> bool {
        self.0.get(block as usize / 8).is_none_or(|byte| byte & (1 << (block % 8)) != 0)
    }

    /// Notes a bad block.
    pub fn insert(&mut self, block: u32) {
        if let Some(byte) = self.0.get_mut(block as usize / 8) {
            *byte |= 1 << (block % 8);
        }
    }

    /// The first good block of `range`.
    pub fn next_good(&self, mut range: core::ops::Range<u32>) -> Option<u32> {
        range.find(|block| !self.contains(*block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_blocks_are_those_without_a_bit() {
        let mut bad = BadBlocks::<2>::new();
        [0, 1, 9].into_iter().for_each(|block| bad.insert(block));
        assert_eq!(bad.0, [3, 2]);
        let good: std::vec::Vec<u32> = (0..20).filter(|block| !bad.contains(*block)).collect();
        assert_eq!(good, [2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]);
        assert_eq!(bad.next_good(8..16), Some(8));
        assert_eq!(bad.next_good(9..10), None);
        bad.insert(16);
    }
}
