//! [`MainArea`]: a raw chip of which only the data of pages is used.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

use super::RawNand;
use crate::nand::bus::RawBus;
use crate::nand::device::NandDevice;
use crate::nand::error::Error;
use crate::nand::geometry::{EccStatus, Geometry};

/// A [`RawNand`] without its spare area: for an emulated chip whose spare area does not work.
///
/// * Marks of bad blocks are neither read nor written. A store remembers by itself what it finds bad.
/// * There is no room for an ECC, so pages are taken as they are read, and only the checksums of the store
///   and of the image show what is wrong.
///
/// On a real chip both would be wrong: use [`GuardedNand`](super::GuardedNand) there.
#[derive(Debug)]
pub struct MainArea<B, D>(RawNand<B, D>);

impl<B: RawBus, D: DelayNs> MainArea<B, D> {
    /// The main area of a chip.
    pub fn new(nand: RawNand<B, D>) -> Self {
        Self(nand)
    }
}

impl<B: RawBus, D: DelayNs> NandDevice for MainArea<B, D> {
    fn geometry(&self) -> Geometry {
        Geometry { spare_bytes: 0, ..self.0.geometry() }
    }

    /// Reads a page's data as the cells have it. `spare` is empty: [`Error::BadLength`].
    fn read_page(
        &mut self,
        block: u32,
        page: u32,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<EccStatus, Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        self.0.read_page(block, page, data, &mut [])
    }

    /// Programs a page's data. `spare` is empty: [`Error::BadLength`].
    fn program_page(&mut self, block: u32, page: u32, data: &[u8], spare: &[u8]) -> Result<(), Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        self.0.program_page(block, page, data, &[])
    }

    fn erase_block(&mut self, block: u32) -> Result<(), Error> {
        self.0.erase_block(block)
    }

    /// No block is marked, as far as can be read.
    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.geometry().check_block(block).map(|()| false)
    }

    /// [`Error::Unsupported`]: there is no place for a mark.
    fn mark_bad(&mut self, _block: u32) -> Result<(), Error> {
        Err(Error::Unsupported)
    }
}
