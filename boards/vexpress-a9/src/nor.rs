//! [`Nor`]: images in bank 0 of the NOR flash, booted from where they lie.

use oal_drivers::cfi::Cfi;
use oal_drivers::mmio::FlashWindow;
use oal_firmware::wait::Wait;
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nor::NorStore;

use crate::Medium;
use crate::devices::{self, Clock};
use crate::flash_storage::FlashStorage;

/// The medium.
pub struct Nor;

/// The store on it.
pub type Store = NorStore<Cfi<FlashWindow<u32>, Wait<Clock>>>;

impl Medium for Nor {
    type Storage = FlashStorage<Store>;

    unsafe fn find() -> Self::Storage {
        let failed = |reason| ColdBoot { stage: Stage::Medium, reason };
        // SAFETY: the caller's promise.
        let cfi = unsafe { devices::nor_bank_0() }.map_err(|_| failed(Reason::NoMedium));
        let mib = cfi.as_ref().map_or(0, |cfi| cfi.geometry().bytes as u64 >> 20);
        let store = cfi.and_then(|cfi| {
            NorStore::new(cfi, StoreSettings::default()).map_err(|_| failed(Reason::MediumError))
        });
        FlashStorage::new("nor", mib, store)
    }
}
