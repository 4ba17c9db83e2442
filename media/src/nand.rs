//! [`NandFlash`]: a NAND chip behind its driver.

/// The size of a chip, or of the part of it that a store may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NandGeometry {
    /// Bytes of a page without its spare area: 512, 2048, 4096 or 8192.
    pub page_bytes: u32,
    /// Pages of an erase block.
    pub pages_per_block: u32,
    /// Erase blocks.
    pub blocks: u32,
}

impl NandGeometry {
    /// Bytes of an erase block.
    pub const fn block_bytes(&self) -> u64 {
        self.page_bytes as u64 * self.pages_per_block as u64
    }
}

/// A page of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NandPage {
    /// The erase block.
    pub block: u32,
    /// The page within it.
    pub page: u32,
}

/// The error correction's result for a page that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Ecc {
    /// Nothing, or less than what need worry.
    Clean,
    /// So many bits were wrong that the block's contents should be moved soon.
    Worn,
}

/// An error of a page or a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NandError<E> {
    /// More bits of the page are wrong than can be corrected.
    Uncorrectable,
    /// The chip says that programming or erasing failed: the block is going bad.
    Failed,
    /// The chip or the bus.
    Device(E),
}

impl<E: core::fmt::Display> core::fmt::Display for NandError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            NandError::Uncorrectable => {
                f.write_str("more bits of a NAND page are wrong than can be corrected")
            }
            NandError::Failed => f.write_str("a NAND block failed to program or to erase"),
            NandError::Device(error) => error.fmt(f),
        }
    }
}

/// The device's error is in the sentence, so `source` gives nothing.
impl<E: core::fmt::Debug + core::fmt::Display> core::error::Error for NandError<E> {}

/// A NAND chip, with error correction: its own, its controller's or software's.
///
/// # The rules that the store keeps
/// * A block is erased before its first page is programmed, even one that reads as erased.
/// * The pages of a block are programmed from the first up, each at most once.
/// * A block that was being written when power went is not written again before it is erased.
///
/// # What a power cut may leave
/// * While a page is programmed: that page reads as erased, as what was programmed, as anything, or as
///   uncorrectable, and not the same at every reading. Other pages of the block stay as they are. (On
///   multi-level cells pages that share their cells with it may be lost: use such a chip in single-level
///   mode.)
/// * While a block is erased: every page of it reads as before, as erased, as anything, or as uncorrectable.
/// * Everything else stays.
pub trait NandFlash {
    /// Errors of the chip or the bus.
    type Error: core::fmt::Debug;

    /// The chip's size. The same at every call.
    fn geometry(&self) -> NandGeometry;

    /// Reads a page: `data`, of `page_bytes` bytes, and as many of the spare bytes that are free for use as
    /// `spare` holds. A page that was erased reads as 0xff.
    ///
    /// # Errors
    /// [`NandError::Uncorrectable`]: `data` and `spare` then hold anything.
    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<Self::Error>>;

    /// Programs a page with `data`, of `page_bytes` bytes, and the first free spare bytes with `spare`.
    ///
    /// # Errors
    /// [`NandError::Failed`]: the page then reads as anything; the pages before it are as they were.
    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8])
    -> Result<(), NandError<Self::Error>>;

    /// Erases a block.
    ///
    /// # Errors
    /// [`NandError::Failed`]: its pages then read as anything.
    fn erase_block(&mut self, block: u32) -> Result<(), NandError<Self::Error>>;

    /// Whether the maker, or [`mark_bad`](NandFlash::mark_bad), marked the block bad.
    ///
    /// # Errors
    /// Of the chip or the bus.
    fn is_bad(&mut self, block: u32) -> Result<bool, Self::Error>;

    /// Marks the block bad, permanently. The store remembers by itself what it found bad, so a block that
    /// does not take the mark any more is no disaster.
    ///
    /// # Errors
    /// Of the chip or the bus, or if the mark cannot be programmed.
    fn mark_bad(&mut self, block: u32) -> Result<(), Self::Error>;
}

impl<F: NandFlash + ?Sized> NandFlash for &mut F {
    type Error = F::Error;

    fn geometry(&self) -> NandGeometry {
        (**self).geometry()
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<Self::Error>> {
        (**self).read_page(at, data, spare)
    }

    fn program_page(
        &mut self,
        at: NandPage,
        data: &[u8],
        spare: &[u8],
    ) -> Result<(), NandError<Self::Error>> {
        (**self).program_page(at, data, spare)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<Self::Error>> {
        (**self).erase_block(block)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Self::Error> {
        (**self).is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Self::Error> {
        (**self).mark_bad(block)
    }
}
