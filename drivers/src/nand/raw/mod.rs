//! Parallel NAND chips: ONFI ones, and those of Samsung, Toshiba and others that came before.
//!
//! Such a chip has no ECC of its own: what was programmed comes back with wrong bits now and then, and
//! [`Chip::ecc_bits`] says how many in 512 bytes have to be coped with. [`GuardedNand`] does, in software.
//!
//! References: "ONFI" is the Open NAND Flash Interface Specification, revision 1.0, cited by heading. Small
//! pages: Samsung K9F2808U0C data sheet, in the same way.
#![forbid(unsafe_code)]

mod guarded;
mod identify;
mod main_area;
mod sequence;
mod wire;

use embedded_hal::delay::DelayNs;

use super::bus::RawBus;
use super::chip::Chip;
use super::device::NandDevice;
use super::error::Error;
use super::geometry::{EccStatus, Geometry};
use super::marker::{self, MarkerRule};
pub use guarded::GuardedNand;
pub use main_area::MainArea;
use wire::Wire;

/// A parallel NAND chip on a bus.
///
/// ```no_run
/// use oal_drivers::nand::{Error, NandDevice, bus::RawBus, raw::RawNand};
/// # fn demo(bus: impl RawBus, delay: impl embedded_hal::delay::DelayNs) -> Result<(), Error> {
/// let mut nand = RawNand::identify(bus, delay)?;
/// let mut page = [0; 2048];
/// if nand.geometry().page_bytes == page.len() && !nand.is_bad(7)? {
///     nand.erase_block(7)?;
///     nand.program_page(7, 0, &[0x55; 2048], &[])?;
///     nand.read_page(7, 0, &mut page, &mut [])?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RawNand<B, D> {
    wire: Wire<B, D>,
    chip: Chip,
    /// Whether the bus failed last time, so that the chip may still be at something.
    unsettled: bool,
}

/// From where a page is read or programmed.
#[derive(Clone, Copy)]
enum Area {
    /// Its first byte.
    Data,
    /// This byte of its spare area.
    Spare(usize),
}

impl<B: RawBus, D: DelayNs> RawNand<B, D> {
    /// Resets the chip on `bus` and finds out what it is, from its parameter page or its id bytes.
    ///
    /// # Errors
    ///
    /// [`Error::BadId`], [`Error::BadParameterPage`], [`Error::Unsupported`], [`Error::Timeout`] or
    /// [`Error::Bus`].
    pub fn identify(bus: B, delay: D) -> Result<Self, Error> {
        let mut wire = Wire::new(bus, delay);
        let chip = identify::identify(&mut wire)?;
        Ok(Self { wire, chip, unsettled: false })
    }

    /// A driver for a chip that is known. The chip is reset.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] or [`Error::Bus`].
    pub fn new(bus: B, delay: D, chip: Chip) -> Result<Self, Error> {
        let mut wire = Wire::new(bus, delay);
        wire.reset()?;
        Ok(Self { wire, chip, unsettled: false })
    }

    /// Gives bus and delay back.
    pub fn release(self) -> (B, D) {
        self.wire.release()
    }

    /// The chip's properties.
    pub const fn chip(&self) -> &Chip {
        &self.chip
    }
}

impl<B: RawBus, D: DelayNs> NandDevice for RawNand<B, D> {
    fn geometry(&self) -> Geometry {
        self.chip.geometry
    }

    /// Reads a page as the cells have it. **Nothing is corrected**, and nothing is known of wrong bits: the
    /// answer is always [`EccStatus::Clean`].
    ///
    /// `spare` alone costs no transfer of the data. READ (ONFI, "Read Definition"); small pages: "Page Read",
    /// 00h or 50h.
    fn read_page(
        &mut self,
        block: u32,
        page: u32,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<EccStatus, Error> {
        self.chip.geometry.check(block, page, data.len(), spare.len())?;
        let area = if data.is_empty() { Area::Spare(0) } else { Area::Data };
        self.settled(|nand| nand.load(block, page, area, data, spare))?;
        Ok(EccStatus::Clean)
    }

    /// PAGE PROGRAM (ONFI, "Page Program Definition"); small pages: "Page Program" after the pointer 00h or
    /// 50h. [`Error::WriteProtected`] means that the chip's WP# is low.
    fn program_page(&mut self, block: u32, page: u32, data: &[u8], spare: &[u8]) -> Result<(), Error> {
        self.chip.geometry.check(block, page, data.len(), spare.len())?;
        let area = if data.is_empty() { Area::Spare(0) } else { Area::Data };
        self.settled(|nand| nand.store(block, page, area, data, spare))
    }

    /// BLOCK ERASE (ONFI, "Block Erase Definition").
    fn erase_block(&mut self, block: u32) -> Result<(), Error> {
        self.chip.geometry.check_block(block)?;
        self.settled(|nand| nand.erase(block))
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.chip.geometry.check_block(block)?;
        let rule = self.chip.marker;
        for page in rule.pages(self.chip.geometry.pages_per_block) {
            let mut byte = [0];
            let area = Area::Spare(rule.offset());
            self.settled(|nand| nand.load(block, page, area, &mut byte, &mut []))?;
            if MarkerRule::marks(byte[0]) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), Error> {
        match self.erase_block(block) {
            Ok(()) | Err(Error::EraseFailed | Error::Timeout { .. }) => {}
            Err(error) => return Err(error),
        }
        let rule = self.chip.marker;
        for page in rule.pages(self.chip.geometry.pages_per_block) {
            let area = Area::Spare(rule.offset());
            match self.settled(|nand| nand.store(block, page, area, &[marker::BAD], &[])) {
                Ok(()) | Err(Error::ProgramFailed | Error::Timeout { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if self.is_bad(block)? { Ok(()) } else { Err(Error::ProgramFailed) }
    }
}
