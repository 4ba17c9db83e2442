//! [`Storage`]: the medium of a board, as the firmware uses it: a store, and text files.

use core::fmt::Debug;

use oal_snapshot::hooks::{PrepareSnapshot, ReadSnapshot, SelectSnapshot, WriteSnapshot};
use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::store::nand::{NandFlash, NandStore};
use oal_snapshot::store::nor::{NorFlash, NorStore};
use oal_snapshot::store::{BlockDevice, BlockStore, Record, StoreError, StoreSettings};

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
}

macro_rules! store {
    ($store:ty, $($parameters:tt)*) => {
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
        }
    };
}

store!(BlockStore<D>, D: BlockDevice);
store!(NorStore<D>, D: NorFlash);
store!(NandStore<D, PAGE, MAP>, D: NandFlash, const PAGE: usize, const MAP: usize);

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
