//! The raw NAND chip: all of it is the store.

use oal_drivers::nand::bus::{BusFault, RawBus};
use oal_drivers::nand::raw::{MainArea, RawNand};
use oal_drivers::nand::{Error, NandDevice as _};

use oal_firmware::storage::{Sectors, Storage};
use oal_firmware::wait::Wait;
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nand::NandStore;

use crate::devices::{self, Clock};

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

    /// QEMU's chip is never busy, and says its status once more if it is asked before a page is read. On the
    /// device the line is a GPIO of the PXA270.
    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        Ok(Some(true))
    }
}

/// The board's chip. QEMU 7.2.22 answers reads of the spare area with zeroes, so that every block would look
/// bad, and does not keep it in the file.
type Chip = MainArea<Pins, Wait<Clock>>;
/// The store on it: a bit for each of the chip's 1024 blocks.
pub type Store = NandStore<Chip, PAGE, 128>;

/// The store on the chip, or why there is none.
pub struct Flash(Result<Store, ColdBoot>);

impl Flash {
    /// Looks for the chip.
    ///
    /// # Safety
    /// Nobody else uses the controller.
    pub unsafe fn find() -> Self {
        let failed = |reason| ColdBoot { stage: Stage::Medium, reason };
        // SAFETY: the caller's promise, and anybody may read the clock.
        let (pins, delay) = unsafe { (Pins::new(), Wait(devices::clock())) };
        let chip = RawNand::identify(pins, delay).map(MainArea::new);
        let chip = chip.map_err(|error| {
            failed(if error == Error::BadId { Reason::NoMedium } else { Reason::MediumError })
        });
        Flash(chip.and_then(|chip| {
            NandStore::new(chip, StoreSettings::default()).map_err(|_| failed(Reason::MediumError))
        }))
    }
}

impl Storage for Flash {
    type Store = Store;

    fn store(&mut self) -> Result<&mut Store, ColdBoot> {
        self.0.as_mut().map_err(|why| *why)
    }

    fn text(&mut self) -> Option<&mut dyn Sectors> {
        None
    }

    fn describe(&mut self) -> (&'static str, u64) {
        self.0.as_mut().map_or(("none", 0), |store| {
            let geometry = store.device_mut().geometry();
            let block_bytes = geometry.page_bytes as u64 * u64::from(geometry.pages_per_block);
            ("nand", (u64::from(geometry.blocks) * block_bytes) >> 20)
        })
    }
}
