//! [`CardStorage`]: an SD card or an eMMC, with a partition for the store and a FAT volume with the text.

use oal_drivers::mmc::{Card, Error, Host, Kind, Options};
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::{BlockDevice, BlockStore, Partition, SNAPSHOT_PARTITION_TYPE, StoreSettings};

use crate::storage::{ReadFailed, Sectors, Storage};

/// The store on a card. The card's state must follow the card, so it lives in nosave memory.
pub type Store<H> = BlockStore<Partition<Card<H>>>;

impl<H: Host> Sectors for Card<H> {
    fn sectors(&self) -> u64 {
        BlockDevice::sectors(self)
    }

    fn read(&mut self, sector: u64, into: &mut [u8; 512]) -> Result<(), ReadFailed> {
        BlockDevice::read(self, sector, into).map_err(|_| ReadFailed)
    }
}

/// The medium for images.
#[expect(clippy::large_enum_variant, reason = "there is one, in nosave memory, and no allocator to box it")]
pub enum CardStorage<H: Host> {
    /// No card that works.
    Nothing(ColdBoot),
    /// A card without a place for images.
    CardOnly(Card<H>, ColdBoot),
    /// A card with a store.
    Store(Store<H>),
}

impl<H: Host> CardStorage<H> {
    /// Looks for a card behind `host`, and for the snapshots' partition on it.
    pub fn find(mut host: H) -> Self {
        let card =
            if host.card_present() { Card::init(host, Options::default()) } else { Err(Error::NoCard) };
        let card = match card {
            Ok(card) => card,
            Err(error) => {
                let reason = if error == Error::NoCard { Reason::NoMedium } else { Reason::MediumError };
                return CardStorage::Nothing(ColdBoot { stage: Stage::Medium, reason });
            }
        };
        match Partition::find(card, SNAPSHOT_PARTITION_TYPE) {
            Ok(partition) => match BlockStore::new(partition, StoreSettings::default()) {
                Ok(store) => CardStorage::Store(store),
                Err(_) => {
                    CardStorage::Nothing(ColdBoot { stage: Stage::Partition, reason: Reason::MediumError })
                }
            },
            Err((card, error)) => {
                CardStorage::CardOnly(card, ColdBoot { stage: Stage::Partition, reason: error.into() })
            }
        }
    }

    /// The medium if the board finds the slot empty.
    pub const fn no_card() -> Self {
        CardStorage::Nothing(ColdBoot { stage: Stage::Medium, reason: Reason::NoMedium })
    }

    fn card(&mut self) -> Option<&mut Card<H>> {
        match self {
            CardStorage::Nothing(_) => None,
            CardStorage::CardOnly(card, _) => Some(card),
            CardStorage::Store(store) => Some(store.device_mut().device_mut()),
        }
    }
}

impl<H: Host> Storage for CardStorage<H> {
    type Store = Store<H>;

    fn store(&mut self) -> Result<&mut Store<H>, ColdBoot> {
        match self {
            CardStorage::Nothing(why) | CardStorage::CardOnly(_, why) => Err(*why),
            CardStorage::Store(store) => Ok(store),
        }
    }

    fn text(&mut self) -> Option<&mut dyn Sectors> {
        self.card().map(|card| card as _)
    }

    fn describe(&mut self) -> (&'static str, u64) {
        self.card().map_or(("none", 0), |card| {
            let name = if card.kind() == Kind::Emmc { "emmc" } else { "sd" };
            (name, BlockDevice::sectors(card) >> 11)
        })
    }
}
