//! The drivers of chips with error correction as [`NandFlash`], below a store.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;
use embedded_hal::spi::SpiDevice;
use oal_media::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

use super::bus::RawBus;
use super::device::NandDevice;
use super::ecc;
use super::error::Error;
use super::geometry::{EccStatus, Geometry};
use super::onenand::OneNand;
use super::raw::{GuardedNand, MainArea};
use super::spi::SpiNand;
use crate::mmio::Registers16;

impl Geometry {
    /// The figures of the chip that a store needs.
    pub(super) const fn media(&self) -> NandGeometry {
        NandGeometry {
            page_bytes: self.page_bytes as u32,
            pages_per_block: self.pages_per_block,
            blocks: self.blocks,
        }
    }
}

/// The figures of the error correction that a store needs.
pub(super) fn judged(status: Result<EccStatus, Error>) -> Result<Ecc, NandError<Error>> {
    match status {
        Ok(EccStatus::Uncorrectable) => Err(NandError::Uncorrectable),
        Ok(EccStatus::Corrected { refresh: true, .. }) => Ok(Ecc::Worn),
        Ok(_) => Ok(Ecc::Clean),
        Err(error) => Err(NandError::Device(error)),
    }
}

/// Whether the block is going bad, or the chip failed otherwise.
pub(super) fn failed(error: Error) -> NandError<Error> {
    match error {
        Error::ProgramFailed | Error::EraseFailed => NandError::Failed,
        other => NandError::Device(other),
    }
}

/// [`NandFlash`] for a driver, by its [`NandDevice`]. `spare`, where it is not empty, is all of the spare
/// area.
macro_rules! nand_flash {
    ($driver:ty, [$($parameters:tt)*]) => {
        impl<$($parameters)*> NandFlash for $driver {
            type Error = Error;

            fn geometry(&self) -> NandGeometry {
                NandDevice::geometry(self).media()
            }

            fn read_page(
                &mut self,
                at: NandPage,
                data: &mut [u8],
                spare: &mut [u8],
            ) -> Result<Ecc, NandError<Error>> {
                judged(NandDevice::read_page(self, at.block, at.page, data, spare))
            }

            fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<Error>> {
                NandDevice::program_page(self, at.block, at.page, data, spare).map_err(failed)
            }

            fn erase_block(&mut self, block: u32) -> Result<(), NandError<Error>> {
                NandDevice::erase_block(self, block).map_err(failed)
            }

            fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
                NandDevice::is_bad(self, block)
            }

            fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
                NandDevice::mark_bad(self, block)
            }
        }
    };
}

nand_flash!(GuardedNand<B, D, C, SPARE>, [B: RawBus, D: DelayNs, C: ecc::Ecc, const SPARE: usize]);
nand_flash!(MainArea<B, D>, [B: RawBus, D: DelayNs]);
nand_flash!(OneNand<R, D>, [R: Registers16, D: DelayNs]);
nand_flash!(SpiNand<S, D>, [S: SpiDevice, D: DelayNs]);
