//! The board's store, with a fault in it.

use core::marker::PhantomData;

use oal_firmware::storage::{Sectors, Storage};
use oal_snapshot::hooks::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::{ColdBoot, Reason};
use oal_snapshot::store::{Blocks, Record, Slots, Store, StoreError, StoreSettings};

use crate::GoodStorage;

/// The store without a fault.
pub type GoodStore = <GoodStorage as Storage>::Store;
type Error = <GoodStore as Medium>::Error;
type DeviceError = <GoodStore as Store>::DeviceError;

/// What is wrong with the store.
pub trait StoreFault: 'static {
    /// Hears of every transfer to the medium, before it.
    fn writes() {}

    /// Changes what was read.
    fn has_read(_bytes: &mut [u8]) {}
}

/// The medium.
pub struct FaultyStorage<F> {
    good: GoodStorage,
    _fault: PhantomData<F>,
}

impl<F> From<GoodStorage> for FaultyStorage<F> {
    fn from(good: GoodStorage) -> Self {
        FaultyStorage { good, _fault: PhantomData }
    }
}

impl<F: StoreFault> Storage for FaultyStorage<F> {
    type Store = FaultyStore<F>;

    fn store(&mut self) -> Result<&mut FaultyStore<F>, ColdBoot> {
        self.good.store().map(FaultyStore::over)
    }

    fn text(&mut self) -> Option<&mut dyn Sectors> {
        self.good.text()
    }

    fn describe(&mut self) -> (&'static str, u64) {
        self.good.describe()
    }
}

/// The good store, seen through a fault.
#[repr(transparent)]
pub struct FaultyStore<F> {
    good: GoodStore,
    _fault: PhantomData<F>,
}

impl<F> FaultyStore<F> {
    fn over(good: &mut GoodStore) -> &mut Self {
        // SAFETY: transparent: the two have one layout, and the borrow passes over.
        unsafe { &mut *core::ptr::from_mut(good).cast() }
    }
}

impl<F> Medium for FaultyStore<F> {
    type Error = Error;
}

impl<F: StoreFault> PrepareSnapshot for FaultyStore<F> {
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Error> {
        self.good.prepare_snapshot(len, policy)
    }
}

impl<F: StoreFault> WriteSnapshot for FaultyStore<F> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Error> {
        F::writes();
        self.good.write_snapshot(data, offset)
    }

    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), Error> {
        self.good.finish_snapshot(scratch)
    }
}

impl<F: StoreFault> SelectSnapshot for FaultyStore<F> {
    fn select(&mut self) -> Result<Selection, Reason> {
        self.good.select()
    }

    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Error> {
        self.good.count_attempt(id)
    }

    fn refused(&mut self, id: ImageId) {
        self.good.refused(id);
    }

    fn consume(&mut self) -> Result<(), Error> {
        self.good.consume()
    }

    fn confirm(&mut self, id: ImageId) -> Result<(), Error> {
        self.good.confirm(id)
    }
}

impl<F: StoreFault> ReadSnapshot for FaultyStore<F> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Error> {
        self.good.read_snapshot(id, buf, offset)?;
        F::has_read(buf);
        Ok(())
    }
}

impl<F: StoreFault> Store for FaultyStore<F> {
    type DeviceError = DeviceError;

    fn settings(&self) -> &StoreSettings {
        self.good.settings()
    }

    fn settings_mut(&mut self) -> &mut StoreSettings {
        self.good.settings_mut()
    }

    fn record(&mut self) -> Result<Record, StoreError<DeviceError>> {
        self.good.record()
    }

    fn invalidate(&mut self) -> Result<(), StoreError<DeviceError>> {
        self.good.invalidate()
    }

    fn slot_bytes(&self, slots: Slots) -> u64 {
        self.good.slot_bytes(slots)
    }

    fn blocks(&mut self) -> Result<Option<Blocks>, StoreError<DeviceError>> {
        self.good.blocks()
    }

    fn flush(&mut self) -> Result<(), StoreError<DeviceError>> {
        self.good.flush()
    }
}
