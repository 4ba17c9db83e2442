//! [`NandDevice`]: what every driver of a NAND chip does.
#![forbid(unsafe_code)]

use super::error::Error;
use super::geometry::{EccStatus, Geometry};

/// A NAND chip behind its driver: [`RawNand`](super::raw::RawNand), [`GuardedNand`](super::raw::GuardedNand),
/// [`OneNand`](super::onenand::OneNand) or [`SpiNand`](super::spi::SpiNand).
///
/// What is true of pages, blocks and power cuts stands in the [module's description](super). The drivers' own
/// documentation names the command sequences, and the errors that only they have.
///
/// ```
/// use oal_drivers::nand::{EccStatus, Error, NandDevice};
///
/// /// Copies the first page of a block to another block, which is erased for it.
/// fn copy(nand: &mut impl NandDevice, from: u32, to: u32, page: &mut [u8]) -> Result<bool, Error> {
///     if nand.is_bad(to)? || nand.read_page(from, 0, page, &mut [])? == EccStatus::Uncorrectable {
///         return Ok(false);
///     }
///     nand.erase_block(to)?;
///     nand.program_page(to, 0, page, &[])?;
///     Ok(true)
/// }
/// ```
pub trait NandDevice {
    /// The chip's measures.
    fn geometry(&self) -> Geometry;

    /// Reads a page's data and spare area, corrected where the chip or the driver has ECC; either buffer may
    /// be empty.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`], [`Error::BadLength`], [`Error::Timeout`] or [`Error::Bus`]. The buffers may
    /// hold anything then.
    fn read_page(
        &mut self,
        block: u32,
        page: u32,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<EccStatus, Error>;

    /// Programs a page's data and spare area, or one of them if the other is empty. Where there is ECC, its
    /// own bytes of the spare area are computed, whatever `spare` holds there.
    ///
    /// # Errors
    ///
    /// [`Error::ProgramFailed`]; [`Error::WriteProtected`]; [`Error::OutOfRange`], [`Error::BadLength`],
    /// [`Error::Timeout`] or [`Error::Bus`]. The page may hold anything after a failure, a time-out or a
    /// fault of the bus.
    fn program_page(&mut self, block: u32, page: u32, data: &[u8], spare: &[u8]) -> Result<(), Error>;

    /// Erases a block: all its bits are ones afterwards.
    ///
    /// Do not erase blocks that the factory marked: the mark would be lost.
    ///
    /// # Errors
    ///
    /// [`Error::EraseFailed`]; [`Error::WriteProtected`]; [`Error::OutOfRange`], [`Error::Timeout`] or
    /// [`Error::Bus`].
    fn erase_block(&mut self, block: u32) -> Result<(), Error>;

    /// Whether a block is marked as bad, by the factory or by [`mark_bad`](Self::mark_bad): see
    /// [`MarkerRule`](super::marker::MarkerRule).
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`], [`Error::Timeout`] or [`Error::Bus`].
    fn is_bad(&mut self, block: u32) -> Result<bool, Error>;

    /// Marks a block as bad for good. What it held is lost: it is erased first, if it still can be.
    ///
    /// A power cut during the call leaves the block marked or not, with anything in it.
    ///
    /// # Errors
    ///
    /// [`Error::ProgramFailed`] if the block takes no mark: then it has to be remembered elsewhere.
    /// [`Error::WriteProtected`], [`Error::OutOfRange`], [`Error::Timeout`] or [`Error::Bus`].
    fn mark_bad(&mut self, block: u32) -> Result<(), Error>;
}
