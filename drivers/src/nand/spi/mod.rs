//! SPI NAND: chips that correct their own bits, on one data line each way.
//!
//! They take the same commands; [`Family`] says where they differ. A reset undoes the settings that the
//! driver makes (protection off, ECC on), so the driver also resets the chip after a time-out and makes them
//! again.
//!
//! References: the data sheets of W25N01GV and W25N02KV (Winbond), GD5F1GQ5 (GigaDevice), MT29F1G01 and
//! MT29F2G01 (Micron), cited by heading in [`family`].
#![forbid(unsafe_code)]

pub mod family;
mod wire;

use embedded_hal::delay::DelayNs;
use embedded_hal::spi::SpiDevice;

use super::device::NandDevice;
use super::error::Error;
use super::geometry::{EccStatus, Geometry};
use super::marker::{self, MarkerRule};
pub use family::{EccReport, Family};
use wire::{CONFIG, PROTECTION, Status, Wire};

/// Block protection bits of A0h in all families.
const BLOCK_PROTECTION: u8 = 0x78;
const RULE: MarkerRule = MarkerRule::FirstPage;

/// An SPI NAND.
///
/// ```no_run
/// use oal_drivers::nand::{EccStatus, Error, NandDevice, spi::SpiNand};
/// # fn demo(spi: impl embedded_hal::spi::SpiDevice, delay: impl embedded_hal::delay::DelayNs) -> Result<(), Error> {
/// let mut nand = SpiNand::identify(spi, delay)?;
/// let mut page = [0; 2048];
/// if nand.read_page(0, 0, &mut page, &mut [])? == EccStatus::Uncorrectable {
///     // ...
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SpiNand<S, D> {
    wire: Wire<S, D>,
    family: &'static Family,
    /// Whether protection and configuration are as this driver wants them.
    ready: bool,
    protected: bool,
    ecc_on: bool,
}

impl<S: SpiDevice, D: DelayNs> SpiNand<S, D> {
    /// Resets the chip, finds out what it is (READ ID, 9Fh), lifts the protection of its blocks and turns its
    /// ECC on.
    ///
    /// # Errors
    ///
    /// [`Error::BadId`] if no chip or none of [`family::FAMILIES`] answers; [`Error::Timeout`] or
    /// [`Error::Bus`].
    pub fn identify(spi: S, delay: D) -> Result<Self, Error> {
        let mut wire = Wire::new(spi, delay);
        wire.reset()?;
        let id = wire.id()?;
        let known =
            family::FAMILIES.into_iter().find(|family| id[family.id_dummy.min(4)..].starts_with(family.id));
        let family = known.ok_or(Error::BadId)?;
        let mut nand = Self { wire, family, ready: false, protected: true, ecc_on: false };
        nand.configure()?;
        Ok(nand)
    }

    /// Gives bus and delay back.
    pub fn release(self) -> (S, D) {
        self.wire.release()
    }

    /// The kind of chip.
    pub const fn family(&self) -> &'static Family {
        self.family
    }

    /// Lifts the block protection (A0h) and sets the configuration (B0h).
    fn configure(&mut self) -> Result<(), Error> {
        self.wire.set_feature(PROTECTION, 0)?;
        self.protected = self.wire.feature(PROTECTION)? & BLOCK_PROTECTION != 0;
        self.set_ecc(true)?;
        self.ready = true;
        Ok(())
    }

    /// Makes sure that the chip is idle and configured, with its ECC on or off.
    fn prepare(&mut self, ecc_on: bool) -> Result<(), Error> {
        if !self.ready {
            self.wire.reset()?;
            self.configure()?;
        }
        if self.ecc_on == ecc_on { Ok(()) } else { self.set_ecc(ecc_on) }
    }

    fn set_ecc(&mut self, on: bool) -> Result<(), Error> {
        let kept = self.wire.feature(CONFIG)? & self.family.config_keep;
        let set = if on { self.family.config_set } else { self.family.config_set & !family::ECC_ON };
        // Whatever becomes of the transfer: it is not known to be right before it has succeeded.
        self.ready = false;
        self.wire.set_feature(CONFIG, kept | set)?;
        (self.ready, self.ecc_on) = (true, on);
        Ok(())
    }

    fn load(&mut self, block: u32, page: u32) -> Result<Status, Error> {
        let row = self.row(block, page);
        let status = self.wire.load(row, self.family.times.read_us);
        self.note(status)
    }

    fn store(&mut self, block: u32, page: u32, offset: usize, bytes: [&[u8]; 2]) -> Result<(), Error> {
        self.refuse_protected()?;
        let (row, column) = (self.row(block, page), self.column(block, offset));
        let status = self.wire.program(row, column, bytes, self.family.times.program_us);
        if self.note(status)?.program_failed() { Err(Error::ProgramFailed) } else { Ok(()) }
    }

    /// After a time-out the chip was reset and has forgotten its configuration; after a fault of the bus it
    /// may still be busy, and has to be reset.
    fn note(&mut self, result: Result<Status, Error>) -> Result<Status, Error> {
        self.ready &= result.is_ok();
        result
    }

    fn refuse_protected(&self) -> Result<(), Error> {
        if self.protected { Err(Error::WriteProtected) } else { Ok(()) }
    }

    fn row(&self, block: u32, page: u32) -> u32 {
        block * self.family.geometry.pages_per_block + page
    }

    /// Column of a byte, with the plane that the block is in.
    fn column(&self, block: u32, offset: usize) -> u16 {
        let plane = if self.family.planes == 2 { (block & 1) as u16 } else { 0 };
        plane << 12 | offset as u16
    }

    fn outcome(&mut self, status: Status) -> Result<EccStatus, Error> {
        const MAXIMUM: u8 = 0x30;
        const EXTENDED: u8 = 0xf0;
        let extra = match self.family.report {
            _ if status.ecc_clean() => 0,
            EccReport::TwoBitsAndMaximum => self.wire.feature(MAXIMUM)?,
            EccReport::TwoBitsAndExtended => self.wire.feature(EXTENDED)?,
            EccReport::TwoBits | EccReport::ThreeBits => 0,
        };
        Ok(self.family.ecc_status(status.0, extra))
    }
}

impl<S: SpiDevice, D: DelayNs> NandDevice for SpiNand<S, D> {
    fn geometry(&self) -> Geometry {
        self.family.geometry
    }

    /// Page read (13h), read from cache (0Bh).
    fn read_page(
        &mut self,
        block: u32,
        page: u32,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<EccStatus, Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        self.prepare(true)?;
        let status = self.load(block, page)?;
        let outcome = self.outcome(status)?;
        let offset = if data.is_empty() { self.geometry().page_bytes } else { 0 };
        self.wire.fetch(self.column(block, offset), data, spare)?;
        Ok(outcome)
    }

    /// Program load (02h), program execute (10h). The bytes of the spare area that are not the ECC's: see
    /// [`Family::free`]. [`Error::WriteProtected`] means that the chip's protection cannot be lifted.
    fn program_page(&mut self, block: u32, page: u32, data: &[u8], spare: &[u8]) -> Result<(), Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        self.prepare(true)?;
        let offset = if data.is_empty() { self.geometry().page_bytes } else { 0 };
        self.store(block, page, offset, [data, spare])
    }

    /// Block erase (D8h).
    fn erase_block(&mut self, block: u32) -> Result<(), Error> {
        self.geometry().check_block(block)?;
        self.prepare(self.ecc_on)?;
        self.refuse_protected()?;
        let row = self.row(block, 0);
        let status = self.wire.erase(row, self.family.times.erase_us);
        if self.note(status)?.erase_failed() { Err(Error::EraseFailed) } else { Ok(()) }
    }

    /// First byte of the spare area of its first page, read without ECC.
    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.geometry().check_block(block)?;
        self.prepare(false)?;
        for page in RULE.pages(self.geometry().pages_per_block) {
            let mut byte = [0];
            self.load(block, page)?;
            let offset = self.geometry().page_bytes + RULE.offset();
            self.wire.fetch(self.column(block, offset), &mut byte, &mut [])?;
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
        self.prepare(false)?;
        for page in RULE.pages(self.geometry().pages_per_block) {
            let offset = self.geometry().page_bytes + RULE.offset();
            match self.store(block, page, offset, [&[marker::BAD], &[]]) {
                Ok(()) | Err(Error::ProgramFailed | Error::Timeout { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if self.is_bad(block)? { Ok(()) } else { Err(Error::ProgramFailed) }
    }
}
