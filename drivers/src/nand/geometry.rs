//! The dimensions of a chip, and the result of reading a page.
#![forbid(unsafe_code)]

use super::error::Error;

/// The measures of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Geometry {
    /// Bytes of data in a page: a power of two, 512 to 16384.
    pub page_bytes: usize,
    /// Bytes of spare area that go with a page.
    pub spare_bytes: usize,
    /// Pages in a block.
    pub pages_per_block: u32,
    /// Blocks on the chip, bad ones included.
    pub blocks: u32,
}

impl Geometry {
    /// Bytes of data on the chip, bad blocks included.
    pub const fn bytes(&self) -> u64 {
        self.page_bytes as u64 * self.pages_per_block as u64 * self.blocks as u64
    }

    /// Refuses a block that the chip does not have.
    pub(super) fn check_block(&self, block: u32) -> Result<(), Error> {
        if block < self.blocks { Ok(()) } else { Err(Error::OutOfRange) }
    }

    /// Refuses a page that the chip does not have, and buffers that are not the page's.
    pub(super) fn check(&self, block: u32, page: u32, data: usize, spare: usize) -> Result<(), Error> {
        self.check_block(block)?;
        if page >= self.pages_per_block {
            return Err(Error::OutOfRange);
        }
        let fits = (data == 0 || data == self.page_bytes) && (spare == 0 || spare == self.spare_bytes);
        if fits && data + spare > 0 { Ok(()) } else { Err(Error::BadLength) }
    }
}

/// Bytes of a spare area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Region {
    /// First byte.
    pub offset: usize,
    /// Their number.
    pub len: usize,
}

impl Region {
    /// `len` bytes from `offset` on.
    pub const fn new(offset: usize, len: usize) -> Self {
        Self { offset, len }
    }
}

/// The ECC's result for a page that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EccStatus {
    /// Nothing needed correction.
    Clean,
    /// The data is right, but only after correction.
    Corrected {
        /// Corrected bits in the worst of the page's codewords; where the chip gives a range, its upper end.
        bits: u8,
        /// Whether so many bits were wrong that the block should be moved elsewhere soon.
        refresh: bool,
    },
    /// More bits are wrong than can be corrected: what was read is not what was programmed.
    Uncorrectable,
}

impl EccStatus {
    /// The worse of two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        match (self, other) {
            (Self::Uncorrectable, _) | (_, Self::Uncorrectable) => Self::Uncorrectable,
            (Self::Clean, status) | (status, Self::Clean) => status,
            (Self::Corrected { bits: a, refresh: x }, Self::Corrected { bits: b, refresh: y }) => {
                Self::Corrected { bits: a.max(b), refresh: x | y }
            }
        }
    }
}
