//! The card as a block device: of the store, and of the FAT volume.

use core::cell::RefCell;

use embedded_sdmmc::{Block, BlockCount, BlockIdx};
use oal_parts::mmc::{Card, Error, Kind, Options};
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::{BlockDevice, BlockStore, Partition, SNAPSHOT_PARTITION_TYPE, StoreSettings};

use crate::devices::{self, Mmci};

/// The store of this board.
pub type Store = BlockStore<Partition<CardDevice>>;

/// The card. Its state must follow the card, so it lives in nosave memory.
pub struct CardDevice(Card<Mmci>);

impl BlockDevice for CardDevice {
    type Error = Error;

    fn sectors(&self) -> u64 {
        self.0.sectors()
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), Error> {
        self.0.read(first, buf)
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), Error> {
        self.0.write(first, data)
    }

    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), Error> {
        self.0.write_reliable(first, data)
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), Error> {
        match self.0.trim(first, count) {
            // A hint: the card erases whole groups only, and these are none.
            Err(Error::Unsupported) => Ok(()),
            result => result,
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.0.flush()
    }
}

/// What there is to store images on.
#[expect(clippy::large_enum_variant, reason = "there is one, in nosave memory, and no allocator to box it")]
pub enum Storage {
    /// No card that works.
    Nothing(ColdBoot),
    /// A card without a place for images.
    CardOnly(CardDevice, ColdBoot),
    /// A card with a store.
    Store(Store),
}

impl Storage {
    /// Looks for a card, and for the snapshots' partition on it.
    ///
    /// # Safety
    /// Nobody else uses the card's controller.
    pub unsafe fn find() -> Storage {
        // SAFETY: the caller's promise.
        let (mmci, mut system) = unsafe { (devices::mmci(), devices::system()) };
        let card =
            if system.card_present() { Card::init(mmci, Options::default()) } else { Err(Error::NoCard) };
        let card = match card {
            Ok(card) => CardDevice(card),
            Err(error) => {
                let reason = if error == Error::NoCard { Reason::NoMedium } else { Reason::MediumError };
                return Storage::Nothing(ColdBoot { stage: Stage::Medium, reason });
            }
        };
        match Partition::find(card, SNAPSHOT_PARTITION_TYPE) {
            Ok(partition) => Storage::Store(BlockStore::new(partition, StoreSettings::default())),
            Err((card, error)) => {
                Storage::CardOnly(card, ColdBoot { stage: Stage::Partition, reason: error.into() })
            }
        }
    }

    /// The store, or why there is none.
    pub fn store(&mut self) -> Result<&mut Store, ColdBoot> {
        match self {
            Storage::Nothing(why) | Storage::CardOnly(_, why) => Err(*why),
            Storage::Store(store) => Ok(store),
        }
    }

    /// The card, if there is one.
    pub fn card(&mut self) -> Option<&mut CardDevice> {
        match self {
            Storage::Nothing(_) => None,
            Storage::CardOnly(card, _) => Some(card),
            Storage::Store(store) => Some(store.device_mut().device_mut()),
        }
    }

    /// Name of the medium's kind, and its capacity in MiB.
    pub fn describe(&mut self) -> (&'static str, u64) {
        self.card().map_or(("none", 0), |card| {
            let name = if card.0.kind() == Kind::Emmc { "emmc" } else { "sd" };
            (name, card.sectors() >> 11)
        })
    }
}

/// The card as crate `embedded-sdmmc` wants it: read only, behind a shared reference.
pub struct FatDevice<'a>(RefCell<&'a mut CardDevice>);

impl<'a> FatDevice<'a> {
    /// The card, for as long as the volume is open.
    pub fn new(card: &'a mut CardDevice) -> Self {
        FatDevice(RefCell::new(card))
    }
}

impl embedded_sdmmc::BlockDevice for FatDevice<'_> {
    type Error = Error;

    fn read(&self, blocks: &mut [Block], start: BlockIdx) -> Result<(), Error> {
        let mut card = self.0.borrow_mut();
        for (sector, block) in (u64::from(start.0)..).zip(blocks) {
            card.read(sector, &mut block.contents)?;
        }
        Ok(())
    }

    /// The application writes no files.
    fn write(&self, _blocks: &[Block], _start: BlockIdx) -> Result<(), Error> {
        Err(Error::Unsupported)
    }

    fn num_blocks(&self) -> Result<BlockCount, Error> {
        Ok(BlockCount(u32::try_from(self.0.borrow().sectors()).unwrap_or(u32::MAX)))
    }
}
