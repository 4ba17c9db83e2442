//! The raw NAND chip, and what the store sees of it.

use oal_drivers::nand::bus::{BusFault, RawBus};
use oal_drivers::nand::raw::RawNand;
use oal_drivers::nand::{Error, NandDevice};
use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

use crate::pxa::Delay;

/// Bytes of a page of the board's chip.
pub const PAGE: usize = 2048;

/// The board's NAND controller: a byte of data, and a byte of control lines.
const DATA: *mut u8 = 0x0c00_0014 as *mut u8;
const CONTROL: *mut u8 = 0x0c00_0018 as *mut u8;
const COMMAND_LATCH: u8 = 1 << 1;
const ADDRESS_LATCH: u8 = 1 << 2;
/// WP# high: the chip may be written. Both chip enables, bits 0 and 4, are active low and stay so.
const WRITABLE: u8 = 1 << 3;

/// The chip's pins.
pub struct Pins(());

impl Pins {
    /// The controller.
    ///
    /// # Safety
    /// There is one value.
    pub unsafe fn new() -> Pins {
        Pins(())
    }

    fn lines(&mut self, lines: u8) {
        // SAFETY: a register of the controller, which is this value's.
        unsafe { CONTROL.write_volatile(WRITABLE | lines) }
    }

    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // SAFETY: as above.
            unsafe { DATA.write_volatile(*byte) }
        }
    }
}

impl RawBus for Pins {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        self.lines(COMMAND_LATCH);
        self.put(&[command]);
        self.lines(0);
        Ok(())
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        self.lines(ADDRESS_LATCH);
        self.put(cycles);
        self.lines(0);
        Ok(())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
        self.put(data);
        Ok(())
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        for byte in data {
            // SAFETY: as above.
            *byte = unsafe { DATA.read_volatile() };
        }
        Ok(())
    }

    /// QEMU's chip is never busy, and says its status once more if it is asked before a page is read. On the device the
    /// line is a GPIO of the PXA270.
    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        Ok(Some(true))
    }
}

/// The main area of the chip.
///
/// QEMU 7.2.22 answers reads of the spare area with zeroes, so that every block would look bad, and does not keep it in
/// the file. Hence:
///
/// * Marks of bad blocks are neither read nor written here. What the store finds bad by itself is in its own map.
/// * There is no room for an ECC, so pages are taken as they are read. The store's and the image's checksums tell if they
///   are wrong.
///
/// On a real chip both would be wrong: there, [`GuardedNand`](oal_drivers::nand::raw::GuardedNand) belongs here.
pub struct MainArea(RawNand<Pins, Delay>);

impl MainArea {
    /// The chip, if there is one with pages of [`PAGE`] bytes.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Unsupported`] if the pages have another size.
    ///
    /// # Safety
    /// Nobody else uses the controller.
    pub unsafe fn find() -> Result<MainArea, Error> {
        // SAFETY: the caller's promise.
        let chip = RawNand::identify(unsafe { Pins::new() }, Delay)?;
        if chip.geometry().page_bytes == PAGE { Ok(MainArea(chip)) } else { Err(Error::Unsupported) }
    }
}

impl NandFlash for MainArea {
    type Error = Error;

    fn geometry(&self) -> NandGeometry {
        let geometry = self.0.geometry();
        NandGeometry {
            page_bytes: PAGE as u32,
            pages_per_block: geometry.pages_per_block,
            blocks: geometry.blocks,
        }
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<Error>> {
        no_spare(spare)?;
        self.0.read_page(at.block, at.page, data, &mut []).map(|_| Ecc::Clean).map_err(told)
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<Error>> {
        no_spare(spare)?;
        self.0.program_page(at.block, at.page, data, &[]).map_err(told)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<Error>> {
        self.0.erase_block(block).map_err(told)
    }

    /// Nobody marked it, as far as can be read.
    fn is_bad(&mut self, _block: u32) -> Result<bool, Error> {
        Ok(false)
    }

    /// The store's map has to do.
    fn mark_bad(&mut self, _block: u32) -> Result<(), Error> {
        Err(Error::Unsupported)
    }
}

/// There are no spare bytes to use.
fn no_spare(spare: &[u8]) -> Result<(), NandError<Error>> {
    if spare.is_empty() { Ok(()) } else { Err(NandError::Device(Error::BadLength)) }
}

fn told(error: Error) -> NandError<Error> {
    match error {
        Error::ProgramFailed | Error::EraseFailed => NandError::Failed,
        other => NandError::Device(other),
    }
}
