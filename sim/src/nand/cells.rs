//! [`Cells`]: what keeps the contents of a chip, and [`Layout`]: where linear storage keeps them.

/// Why cells were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellError<E> {
    /// They do not take it: the chip reports a failure, and lives on. The page or the block holds anything.
    Failed,
    /// Whatever keeps them cannot be reached: no answer from the chip.
    Lost(E),
}

impl<E> From<E> for CellError<E> {
    fn from(error: E) -> Self {
        Self::Lost(error)
    }
}

/// The cells of a NAND chip: all that a chip does not forget when power goes.
///
/// A chip model above them holds no more than its page register and its status. So cells that outlive a power
/// cut, in a NOR flash or in a file, make a chip that does.
///
/// The model asks only for blocks and pages that its geometry has. Cells of a chip as it leaves the factory
/// are FFh, but for the marks of bad blocks.
pub trait Cells {
    /// What can go wrong with whatever keeps the cells.
    type Error: core::fmt::Debug;

    /// Reads a page, data and then spare area: `bytes` is as long as both.
    ///
    /// # Errors
    ///
    /// Of whatever keeps the cells.
    fn read(&mut self, block: u32, page: u32, bytes: &mut [u8]) -> Result<(), Self::Error>;

    /// Programs a page from byte `column` on: bits that are 0 in `bytes` become 0, the others stay as they
    /// are. A power cut leaves some of them cleared.
    ///
    /// # Errors
    ///
    /// [`CellError::Failed`] or [`CellError::Lost`].
    fn program(
        &mut self,
        block: u32,
        page: u32,
        column: usize,
        bytes: &[u8],
    ) -> Result<(), CellError<Self::Error>>;

    /// Erases a block: all its bits become 1. A power cut leaves anything in it.
    ///
    /// # Errors
    ///
    /// [`CellError::Failed`] or [`CellError::Lost`].
    fn erase(&mut self, block: u32) -> Result<(), CellError<Self::Error>>;
}

/// How storage with addresses, a NOR flash or a file, keeps the pages of a chip, spare areas included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes from the start of a page to that of the next in its block.
    pub page_bytes: u32,
    /// Bytes from the start of a block to that of the next.
    pub block_bytes: u32,
}

impl Layout {
    /// A [`Model::onfi_32_mib`](super::raw::Model::onfi_32_mib) in 64 MiB of NOR flash whose own blocks have
    /// 256 KiB: a block of the one in a block of the other, so that erasing is the same thing.
    pub const IN_NOR: Layout = Layout { page_bytes: 2048 + 64, block_bytes: 256 << 10 };

    /// Address of the first byte of a page.
    pub const fn page(&self, block: u32, page: u32) -> u64 {
        self.block(block) + page as u64 * self.page_bytes as u64
    }

    /// Address of the first byte of a block.
    pub const fn block(&self, block: u32) -> u64 {
        block as u64 * self.block_bytes as u64
    }
}

impl<C: Cells + ?Sized> Cells for &mut C {
    type Error = C::Error;

    fn read(&mut self, block: u32, page: u32, bytes: &mut [u8]) -> Result<(), C::Error> {
        (**self).read(block, page, bytes)
    }

    fn program(
        &mut self,
        block: u32,
        page: u32,
        column: usize,
        bytes: &[u8],
    ) -> Result<(), CellError<C::Error>> {
        (**self).program(block, page, column, bytes)
    }

    fn erase(&mut self, block: u32) -> Result<(), CellError<C::Error>> {
        (**self).erase(block)
    }
}
