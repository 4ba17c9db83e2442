//! Samsung OneNAND: NAND cells behind a buffer on a 16-bit memory bus, with ECC in the chip.
//!
//! Blocks are locked after a reset; the driver unlocks a block when it is to be written, and no other, so
//! that a write that goes astray finds the rest protected.
//!
//! Reference: Samsung KFG1G16Q2 (1 Gb) and KFH2G16Q2 (two dies) data sheets, cited by heading.
#![forbid(unsafe_code)]

mod command;
mod regs;

use embedded_hal::delay::DelayNs;

use super::device::NandDevice;
use super::error::{Error, Wait};
use super::geometry::{EccStatus, Geometry, Region};
use super::marker::{self, MarkerRule};
use crate::mmio::Registers16;
use regs::*;

/// Registers of a chip, for the [`Window16`](crate::mmio::Window16) over it: 128 KiB.
pub const WINDOW: usize = 0x1_0000;

/// The bytes of the spare area that are free to use and that the ECC guards ("Spare Area Assignment"): in
/// each sector's 16, bytes 0 and 1 are the bad block marker, 2 to 4 these, the others the chip's or
/// unguarded.
pub const FREE: [Region; 4] = [Region::new(2, 3), Region::new(18, 3), Region::new(34, 3), Region::new(50, 3)];

const PAGE_BYTES: usize = 2048;
const SPARE_BYTES: usize = 64;
const PAGES_PER_BLOCK: u32 = 64;
const BLOCK_BYTES: u32 = 128 << 10;

/// Longest waits in microseconds: several times what "AC Characteristics" and "Performance" allow.
const RESET_US: u32 = 10_000;
const LOAD_US: u32 = 1_000;
const PROGRAM_US: u32 = 5_000;
const ERASE_US: u32 = 50_000;
const UNLOCK_US: u32 = 1_000;

/// Differences of a chip from its data sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Options {
    /// Whether the commands for a page leave its spare area alone, so that it takes commands of its own.
    ///
    /// Chips move both with one command. QEMU's model does not: say true there.
    pub spare_apart: bool,
}

/// A OneNAND with pages of 2048 bytes, its registers and a way to wait.
///
/// ```no_run
/// use oal_drivers::mmio::Window16;
/// use oal_drivers::nand::{Error, NandDevice};
/// use oal_drivers::nand::onenand::{self, OneNand, Options};
/// # fn demo(delay: impl embedded_hal::delay::DelayNs) -> Result<(), Error> {
/// // SAFETY: the chip that the board's memory controller maps there, used by nothing else.
/// let registers = unsafe { Window16::<{ onenand::WINDOW }>::new(0x0400_0000 as *mut u16) };
/// let mut nand = OneNand::identify(registers, delay, Options::default())?;
/// let mut page = [0; 2048];
/// let status = nand.read_page(0, 0, &mut page, &mut [])?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OneNand<R, D> {
    regs: R,
    delay: D,
    options: Options,
    blocks: u32,
    /// Blocks of the first of two dies; all of them if there is one.
    blocks_per_die: u32,
}

impl<R: Registers16, D: DelayNs> OneNand<R, D> {
    /// Resets the chip ("Hot Reset") and finds out what it is ("Manufacturer ID" to "Technology" registers).
    ///
    /// # Errors
    ///
    /// [`Error::BadId`] if there is none; [`Error::Unsupported`] if its pages are not of 2048 bytes or its
    /// cells hold several bits; [`Error::Timeout`].
    pub fn identify(mut regs: R, delay: D, options: Options) -> Result<Self, Error> {
        const MAKERS: [u16; 2] = [0x00ec, 0x0020];
        const TWO_DIES: u16 = 1 << 3;
        let (maker, device) = (regs.read(MAKER), regs.read(DEVICE));
        let density = u32::from(device >> 4 & 0xf);
        if !MAKERS.contains(&maker) || density > 6 {
            return Err(Error::BadId);
        }
        let one_bit = regs.read(TECHNOLOGY) == 0;
        if usize::from(regs.read(BUFFER_SIZE)) != PAGE_BYTES || !one_bit {
            return Err(Error::Unsupported);
        }
        let blocks = ((16 << 20) / BLOCK_BYTES) << density;
        let blocks_per_die = if device & TWO_DIES == 0 { blocks } else { blocks / 2 };
        let mut nand = Self { regs, delay, options, blocks, blocks_per_die };
        nand.command(RESET, Wait::Reset, RESET_US)?;
        Ok(nand)
    }

    /// Gives registers and delay back.
    pub fn release(self) -> (R, D) {
        (self.regs, self.delay)
    }
}

impl<R: Registers16, D: DelayNs> NandDevice for OneNand<R, D> {
    fn geometry(&self) -> Geometry {
        Geometry {
            page_bytes: PAGE_BYTES,
            spare_bytes: SPARE_BYTES,
            pages_per_block: PAGES_PER_BLOCK,
            blocks: self.blocks,
        }
    }

    /// "Load Operation", 00h and 13h. The buffers hold what they held after an error.
    ///
    /// The chip corrects one bit in 512 bytes, so a corrected page is one that should be refreshed.
    fn read_page(
        &mut self,
        block: u32,
        page: u32,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<EccStatus, Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        let mut outcome = EccStatus::Clean;
        if !data.is_empty() {
            outcome = self.load(LOAD, block, page)?;
        }
        if !spare.is_empty() && (data.is_empty() || self.options.spare_apart) {
            outcome = outcome.worst(self.load(LOAD_SPARE, block, page)?);
        }
        self.copy_from(DATA, data);
        self.copy_from(SPARE, spare);
        Ok(outcome)
    }

    /// "Program Operation", 80h and 1Ah. The bytes of the spare area that are not the ECC's: see [`FREE`].
    /// [`Error::WriteProtected`] means that the block is locked for good.
    fn program_page(&mut self, block: u32, page: u32, data: &[u8], spare: &[u8]) -> Result<(), Error> {
        self.geometry().check(block, page, data.len(), spare.len())?;
        self.unlock(block)?;
        self.copy_to(SPARE, spare);
        if spare.is_empty() {
            self.copy_to(SPARE, &[0xff; SPARE_BYTES]);
        }
        if !data.is_empty() {
            self.copy_to(DATA, data);
            self.program(PROGRAM, block, page)?;
        }
        if !spare.is_empty() && (data.is_empty() || self.options.spare_apart) {
            self.program(PROGRAM_SPARE, block, page)?;
        }
        Ok(())
    }

    /// "Block Erase", 94h.
    fn erase_block(&mut self, block: u32) -> Result<(), Error> {
        self.geometry().check_block(block)?;
        self.unlock(block)?;
        let status = self.command(ERASE, Wait::Erase, ERASE_US)?;
        refuse(status, Error::EraseFailed)
    }

    /// The first word of the spare area of its first or second page ("Identifying Initial Invalid Block(s)").
    fn is_bad(&mut self, block: u32) -> Result<bool, Error> {
        self.geometry().check_block(block)?;
        for page in MarkerRule::FirstOrSecondPage.pages(PAGES_PER_BLOCK) {
            self.load(LOAD_SPARE, block, page)?;
            if self.regs.read(SPARE).to_le_bytes().into_iter().any(MarkerRule::marks) {
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
        let mut mark = [0xff; SPARE_BYTES];
        mark[..2].fill(marker::BAD);
        for page in MarkerRule::FirstOrSecondPage.pages(PAGES_PER_BLOCK) {
            match self.program_page(block, page, &[], &mark) {
                Ok(()) | Err(Error::ProgramFailed | Error::Timeout { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if self.is_bad(block)? { Ok(()) } else { Err(Error::ProgramFailed) }
    }
}
