//! The board's OneNAND: the store in its first blocks, and a FAT volume with the text behind them.
//!
//! | blocks | what |
//! |---|---|
//! | 0 to 511 | the store, 64 MiB |
//! | 512 to 575 | the FAT volume, page after page, 8 MiB; written once, without bad blocks |

use oal_drivers::nand::onenand::{OneNand, Options};
use oal_drivers::nand::{EccStatus, NandDevice as _};
use oal_firmware::storage::{ReadFailed, Sectors, Storage};
use oal_firmware::text_volume::OnePartition;
use oal_firmware::wait::Wait;
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nand::NandStore;

use crate::devices::{self, Clock, FlashWindow};

const PAGE: usize = 2048;
const PAGES_PER_BLOCK: u32 = 64;
/// Blocks of the store.
const BLOCKS: u32 = 512;
/// Blocks of the FAT volume.
const TEXT_BLOCKS: u32 = 64;
const SECTORS_PER_PAGE: u32 = (PAGE / 512) as u32;

type Chip = OneNand<FlashWindow, Wait<Clock>>;
/// The store on the chip.
pub type Store = NandStore<Chip, PAGE, { BLOCKS as usize / 8 }>;

/// The chip.
pub struct Flash {
    store: Result<OnePartition<StoreAndText>, ColdBoot>,
}

/// The store, which has the chip, and the page of text that was read last.
struct StoreAndText {
    store: Store,
    page: [u8; PAGE],
    /// The number of that page of the FAT volume.
    number: Option<u32>,
}

impl Flash {
    /// Looks for the chip.
    ///
    /// # Safety
    /// Nobody else uses it.
    pub unsafe fn find() -> Self {
        // SAFETY: the caller's promise, and anybody may read the clock.
        let (window, clock) = unsafe { (devices::flash(), devices::clock()) };
        let failed = |reason| ColdBoot { stage: Stage::Medium, reason };
        // QEMU's model has main and spare area of a page apart.
        let store = OneNand::identify(window, Wait(clock), Options { spare_apart: true })
            .map_err(|_| failed(Reason::NoMedium))
            .and_then(|chip| {
                NandStore::new(chip, StoreSettings::default()).map_err(|_| failed(Reason::MediumError))
            });
        Flash {
            store: store.map(|store| OnePartition(StoreAndText { store, page: [0; PAGE], number: None })),
        }
    }
}

impl Storage for Flash {
    type Store = Store;

    fn store(&mut self) -> Result<&mut Store, ColdBoot> {
        match &mut self.store {
            Ok(OnePartition(both)) => Ok(&mut both.store),
            Err(why) => Err(*why),
        }
    }

    fn text(&mut self) -> Option<&mut dyn Sectors> {
        self.store.as_mut().ok().map(|both| both as _)
    }

    fn describe(&mut self) -> (&'static str, u64) {
        match &mut self.store {
            Ok(OnePartition(both)) => {
                let geometry = both.store.device_mut().geometry();
                let block_bytes = geometry.page_bytes as u64 * u64::from(geometry.pages_per_block);
                ("onenand", (u64::from(geometry.blocks) * block_bytes) >> 20)
            }
            Err(_) => ("none", 0),
        }
    }
}

impl Sectors for StoreAndText {
    fn sectors(&self) -> u64 {
        u64::from(TEXT_BLOCKS * PAGES_PER_BLOCK * SECTORS_PER_PAGE)
    }

    fn read(&mut self, sector: u64, into: &mut [u8; 512]) -> Result<(), ReadFailed> {
        if sector >= self.sectors() {
            return Err(ReadFailed);
        }
        let (page, part) = (sector as u32 / SECTORS_PER_PAGE, sector as usize % SECTORS_PER_PAGE as usize);
        if self.number != Some(page) {
            self.number = None;
            let (block, at) = (BLOCKS + page / PAGES_PER_BLOCK, page % PAGES_PER_BLOCK);
            let chip = self.store.device_mut();
            match chip.read_page(block, at, &mut self.page, &mut []) {
                Ok(EccStatus::Uncorrectable) | Err(_) => return Err(ReadFailed),
                Ok(_) => self.number = Some(page),
            }
        }
        *into = *self.page.as_chunks::<512>().0.get(part).ok_or(ReadFailed)?;
        Ok(())
    }
}
