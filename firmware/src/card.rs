//! [`CardStorage`]: an SD card or an eMMC, with a partition for the store and a FAT volume with the text.

use oal_drivers::mmc::{self, Error, Host, Kind, Options};
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::{BlockDevice, BlockStore, Partition, SNAPSHOT_PARTITION_TYPE, StoreSettings};

use crate::storage::{ReadFailed, Sectors, Storage};

/// The store on a card.
pub type Store<H> = BlockStore<Partition<CardDevice<H>>>;

/// The card. Its state must follow the card, so it lives in nosave memory.
pub struct CardDevice<H: Host>(mmc::Card<H>);

impl<H: Host> BlockDevice for CardDevice<H> {
    type Error = Error;

    fn sectors(&self) -> u64 {
        self.0.sectors()
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), Error> {
        self.0.read(first, buf)
    }

    fn reads_in_background(&self) -> bool {
        self.0.reads_in_background()
    }

    fn read_while(&mut self, first: u64, buf: &mut [u8], meanwhile: &mut dyn FnMut()) -> Result<(), Error> {
        self.0.read_while(first, buf, meanwhile)
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

impl<H: Host> Sectors for CardDevice<H> {
    fn sectors(&self) -> u64 {
        self.0.sectors()
    }

    fn read(&mut self, sector: u64, into: &mut [u8; 512]) -> Result<(), ReadFailed> {
        self.0.read(sector, into).map_err(|_| ReadFailed)
    }
}

/// What there is to store images on.
#[expect(clippy::large_enum_variant, reason = "there is one, in nosave memory, and no allocator to box it")]
pub enum CardStorage<H: Host> {
    /// No card that works.
    Nothing(ColdBoot),
    /// A card without a place for images.
    CardOnly(CardDevice<H>, ColdBoot),
    /// A card with a store.
    Store(Store<H>),
}

impl<H: Host> CardStorage<H> {
    /// Looks for a card behind `host`, and for the snapshots' partition on it.
    pub fn find(mut host: H) -> Self {
        let card =
            if host.card_present() { mmc::Card::init(host, Options::default()) } else { Err(Error::NoCard) };
        let card = match card {
            Ok(card) => CardDevice(card),
            Err(error) => {
                let reason = if error == Error::NoCard { Reason::NoMedium } else { Reason::MediumError };
                return CardStorage::Nothing(ColdBoot { stage: Stage::Medium, reason });
            }
        };
        match Partition::find(card, SNAPSHOT_PARTITION_TYPE) {
            Ok(partition) => CardStorage::Store(BlockStore::new(partition, StoreSettings::default())),
            Err((card, error)) => {
                CardStorage::CardOnly(card, ColdBoot { stage: Stage::Partition, reason: error.into() })
            }
        }
    }

    /// What there is if the board knows that the slot is empty.
    pub const fn no_card() -> Self {
        CardStorage::Nothing(ColdBoot { stage: Stage::Medium, reason: Reason::NoMedium })
    }

    fn card(&mut self) -> Option<&mut CardDevice<H>> {
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
            let name = if card.0.kind() == Kind::Emmc { "emmc" } else { "sd" };
            (name, card.0.sectors() >> 11)
        })
    }
}
