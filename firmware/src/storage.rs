//! [`Storage`]: the medium of a board, as the firmware uses it: a store, and text files.

use core::fmt::Debug;

use oal_snapshot::hooks::{PrepareSnapshot, ReadSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::store::nand::{NandFlash, NandStore};
use oal_snapshot::store::nor::{NorFlash, NorStore};
use oal_snapshot::store::{BlockDevice, BlockStore, Record, Slots, StoreError, StoreSettings};

/// What there is to store images on. Its state must follow the medium, so it lives in nosave memory.
pub trait Storage {
    /// The store.
    type Store: Store;

    /// The store, or why there is none.
    fn store(&mut self) -> Result<&mut Self::Store, ColdBoot>;

    /// The medium with the text files, if there is one.
    fn text(&mut self) -> Option<&mut dyn Sectors>;

    /// Name of the medium's kind, and its capacity in MiB.
    fn describe(&mut self) -> (&'static str, u64);
}

/// Erase blocks of a flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// All that the store has.
    pub all: u32,
    /// Those of them that are bad.
    pub bad: u32,
}

/// A store, whatever the medium.
pub trait Store:
    PrepareSnapshot<Error = StoreError<Self::DeviceError>> + WriteSnapshot + SelectSnapshot + ReadSnapshot
{
    /// What can go wrong with the medium.
    type DeviceError: Debug;

    /// The settings, to look at and to change between snapshots.
    fn settings_mut(&mut self) -> &mut StoreSettings;

    /// The newest record.
    ///
    /// # Errors
    /// Of the medium.
    fn record(&mut self) -> Result<Record, StoreError<Self::DeviceError>>;

    /// Forgets every image.
    ///
    /// # Errors
    /// Of the medium.
    fn invalidate(&mut self) -> Result<(), StoreError<Self::DeviceError>>;

    /// Bytes of one of two slots, if the store can also make one of them.
    fn slot_bytes(&self) -> Option<u64>;

    /// Good and bad blocks, of a medium that has such.
    ///
    /// # Errors
    /// Of the medium.
    fn blocks(&mut self) -> Result<Option<Blocks>, StoreError<Self::DeviceError>>;

    /// Waits until the medium has kept all that was written.
    ///
    /// # Errors
    /// Of the medium.
    fn flush(&mut self) -> Result<(), StoreError<Self::DeviceError>>;
}

macro_rules! store {
    ($store:ty, [$($parameters:tt)*], $($own:tt)*) => {
        impl<$($parameters)*> Store for $store {
            type DeviceError = D::Error;

            fn settings_mut(&mut self) -> &mut StoreSettings {
                self.settings_mut()
            }

            fn record(&mut self) -> Result<Record, StoreError<D::Error>> {
                self.record()
            }

            fn invalidate(&mut self) -> Result<(), StoreError<D::Error>> {
                self.invalidate()
            }

            $($own)*
        }
    };
}

store!(BlockStore<D>, [D: BlockDevice],
    fn slot_bytes(&self) -> Option<u64> {
        Some(BlockStore::slot_bytes(self, Slots::Two))
    }

    fn blocks(&mut self) -> Result<Option<Blocks>, StoreError<D::Error>> {
        Ok(None)
    }

    fn flush(&mut self) -> Result<(), StoreError<D::Error>> {
        self.device_mut().flush().map_err(StoreError::Device)
    }
);
store!(NorStore<D>, [D: NorFlash],
    fn slot_bytes(&self) -> Option<u64> {
        Some(NorStore::slot_bytes(self, Slots::Two))
    }

    fn blocks(&mut self) -> Result<Option<Blocks>, StoreError<D::Error>> {
        Ok(None)
    }

    /// A program or an erase is done when its call is.
    fn flush(&mut self) -> Result<(), StoreError<D::Error>> {
        Ok(())
    }
);
store!(NandStore<D, PAGE, MAP>, [D: NandFlash, const PAGE: usize, const MAP: usize],
    fn slot_bytes(&self) -> Option<u64> {
        None
    }

    fn blocks(&mut self) -> Result<Option<Blocks>, StoreError<D::Error>> {
        let flash = self.flash_mut();
        let all = flash.geometry().blocks;
        let mut bad = 0;
        for block in 0..all {
            bad += u32::from(flash.is_bad(block).map_err(StoreError::Device)?);
        }
        Ok(Some(Blocks { all, bad }))
    }

    /// A program or an erase is done when its call is.
    fn flush(&mut self) -> Result<(), StoreError<D::Error>> {
        Ok(())
    }
);

/// A sector could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadFailed;

impl core::fmt::Display for ReadFailed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a sector could not be read")
    }
}

impl core::error::Error for ReadFailed {}

/// Sectors of 512 bytes that can be read.
pub trait Sectors {
    /// How many there are.
    fn sectors(&self) -> u64;

    /// Reads one.
    ///
    /// # Errors
    /// If the medium fails.
    fn read(&mut self, sector: u64, into: &mut [u8; 512]) -> Result<(), ReadFailed>;
}
