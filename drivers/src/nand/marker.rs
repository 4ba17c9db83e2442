//! The places of factory bad-block marks.
#![forbid(unsafe_code)]

/// The bytes of a block's spare areas that mark it as bad.
///
/// Whatever else the spare area is used for, these bytes stay FFh in good blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MarkerRule {
    /// First byte of the spare area, first or last page (ONFI, "Factory Defect Mapping").
    FirstOrLastPage,
    /// First byte of the spare area, first or second page (Samsung, pages of 2048 bytes: "initial invalid
    /// block", column 2048). OneNAND: first word.
    FirstOrSecondPage,
    /// Sixth byte of the spare area, first or second page (Samsung and Toshiba, pages of 512 bytes: column
    /// 517).
    SmallPage,
    /// First byte of the spare area, first page (SPI NAND).
    FirstPage,
}

impl MarkerRule {
    /// The one or two pages that may carry the mark, in the order in which they may be programmed.
    pub fn pages(self, pages_per_block: u32) -> impl Iterator<Item = u32> {
        let other = match self {
            Self::FirstOrLastPage => pages_per_block.saturating_sub(1),
            Self::FirstOrSecondPage | Self::SmallPage => 1,
            Self::FirstPage => 0,
        };
        core::iter::once(0).chain(Some(other).filter(move |&page| page != 0 && page < pages_per_block))
    }

    /// The byte of the spare area.
    pub const fn offset(self) -> usize {
        match self {
            Self::SmallPage => 5,
            _ => 0,
        }
    }

    /// Whether the byte found there marks the block as bad.
    ///
    /// Good is FFh, bad is 00h. No ECC guards the byte, so one flipped bit does not condemn a block.
    pub const fn marks(byte: u8) -> bool {
        byte.count_zeros() > 1
    }
}

/// The bytes that mark a block.
pub const BAD: u8 = 0x00;

#[cfg(test)]
mod tests {
    use super::MarkerRule::*;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn pages() {
        let of = |rule: MarkerRule, pages| rule.pages(pages).collect::<Vec<_>>();
        assert_eq!(of(FirstOrLastPage, 64), [0, 63]);
        assert_eq!(of(FirstOrSecondPage, 64), [0, 1]);
        assert_eq!(of(SmallPage, 32), [0, 1]);
        assert_eq!(of(FirstPage, 64), [0]);
        assert_eq!(of(FirstOrLastPage, 1), [0]);
    }

    #[test]
    fn one_flipped_bit_is_no_mark() {
        assert!(!MarkerRule::marks(0xff) && !MarkerRule::marks(0xef));
        assert!(MarkerRule::marks(0x00) && MarkerRule::marks(0xf0));
    }
}
