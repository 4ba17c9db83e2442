//! What may go wrong in a store: the same on every medium.

/// An error of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StoreError<E> {
    /// The image does not fit its slot. Nothing on the medium was changed.
    DoesNotFit {
        /// Bytes of the image.
        needed: u64,
        /// Bytes of a slot as the settings have it.
        slot: u64,
        /// Bytes of a slot if the store kept one image only ([`Slots::One`](crate::store::Slots::One)).
        single: u64,
    },
    /// The device failed.
    Device(E),
    /// The bytes that were read back differ from those written: the device is failing.
    Verify,
    /// More was written than was prepared, in another order, or not in whole pages.
    OutOfSequence,
    /// No such image in the store.
    NoSuchImage,
    /// The range is not in the image.
    OutOfRange,
    /// The log's sequence numbers are used up, or no block of it can be written any more.
    LogExhausted,
    /// A page of the image has more wrong bits than can be corrected.
    Uncorrectable,
    /// So many blocks went bad while the image was written that there is no room left for it.
    TooManyBadBlocks,
}

impl<E: core::fmt::Display> core::fmt::Display for StoreError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            StoreError::DoesNotFit { needed, slot, single } => {
                return write!(
                    f,
                    "the image of {needed} bytes does not fit its slot of {slot} bytes; a store of one slot has {single}"
                );
            }
            StoreError::Device(error) => return write!(f, "the medium failed: {error}"),
            StoreError::Verify => "what was read back from the medium is not what was written; replace the medium",
            StoreError::OutOfSequence => "the image was written out of order, or more of it than was prepared",
            StoreError::NoSuchImage => "no such image in the store",
            StoreError::OutOfRange => "the range is not in the image",
            StoreError::LogExhausted => "the store's log can take no more records; replace the medium",
            StoreError::Uncorrectable => "a page of the image has more wrong bits than can be corrected",
            StoreError::TooManyBadBlocks => "too many blocks went bad while the image was written",
        })
    }
}

/// The device's error is in the sentence, so `source` gives nothing.
impl<E: core::fmt::Debug + core::fmt::Display> core::error::Error for StoreError<E> {}

/// Why a store cannot be on a device: what a driver says of its size does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum GeometryError {
    /// There is no room for the log and the smallest image.
    TooSmall {
        /// Sectors of a block device, erase blocks of flash.
        has: u64,
        /// As many are needed.
        needed: u64,
    },
    /// NAND: the pages have another size than those that the store is made for.
    PageBytes {
        /// Bytes of the chip's pages.
        page_bytes: u32,
        /// Bytes of the pages that the store is made for.
        needed: u32,
    },
    /// NAND: an erase block has less than 16 pages or more than 1024.
    PagesPerBlock {
        /// Pages of an erase block.
        pages_per_block: u32,
    },
    /// NOR: the erase blocks are not whole pages of 4096 bytes.
    BlockBytes {
        /// Bytes of an erase block; 0 if the blocks have no size in common.
        block_bytes: u32,
    },
    /// NOR: the program unit is no power of two, or larger than 512 bytes.
    ProgramBytes {
        /// Bytes that are programmed at once at the least.
        program_bytes: u32,
    },
}

impl core::fmt::Display for GeometryError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            GeometryError::TooSmall { has, needed } => {
                write!(
                    f,
                    "the medium is too small: {has} sectors or erase blocks, and a store needs {needed}"
                )
            }
            GeometryError::PageBytes { page_bytes, needed } => {
                write!(f, "the chip has pages of {page_bytes} bytes, and the store is made for {needed}")
            }
            GeometryError::PagesPerBlock { pages_per_block } => {
                write!(f, "an erase block has {pages_per_block} pages, and a store needs 16 to 1024")
            }
            GeometryError::BlockBytes { block_bytes } => {
                write!(f, "erase blocks of {block_bytes} bytes are not whole pages of 4096 bytes")
            }
            GeometryError::ProgramBytes { program_bytes } => {
                write!(f, "a program unit of {program_bytes} bytes does not divide a record of 512 bytes")
            }
        }
    }
}

impl core::error::Error for GeometryError {}
