//! A store in bank 0 of the NOR flash, or in what that keeps, and a FAT volume with the text in bank 1.

use oal_firmware::storage::{Sectors, Storage};
use oal_firmware::text_volume::{Mapped, OnePartition};
use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::store::Store;

use crate::devices;

/// The store, and the text.
pub struct FlashStorage<S> {
    store: Result<S, ColdBoot>,
    name: &'static str,
    capacity_mib: u64,
    text: OnePartition<Mapped>,
}

impl<S> FlashStorage<S> {
    /// A store on a medium of so many MiB, or why there is none.
    pub fn new(name: &'static str, capacity_mib: u64, store: Result<S, ColdBoot>) -> Self {
        FlashStorage { store, name, capacity_mib, text: OnePartition(Mapped(devices::nor_bank_1())) }
    }
}

impl<S: Store<DeviceError: core::fmt::Display>> Storage for FlashStorage<S> {
    type Store = S;

    fn store(&mut self) -> Result<&mut S, ColdBoot> {
        self.store.as_mut().map_err(|why| *why)
    }

    fn text(&mut self) -> Option<&mut dyn Sectors> {
        Some(&mut self.text)
    }

    fn describe(&mut self) -> (&'static str, u64) {
        if self.store.is_ok() { (self.name, self.capacity_mib) } else { ("none", 0) }
    }
}
