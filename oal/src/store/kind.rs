//! What the kinds of store have in common: how one is made of the devices, and its place.

use oal_snapshot::store::{AttemptRegister, Store, StoreError, StoreSettings};

use super::devices::{OalAttemptRegister, OalBlockDevice, OalNandFlash, OalNorFlash};
use crate::error::OalError;

/// Bytes of the largest store, and their alignment.
pub(crate) const STORE_BYTES: usize = 20 << 10;
pub(crate) const STORE_ALIGN: usize = 16;

/// What a store is made of: a device of one kind, and what the configuration says of stores of every kind.
pub(crate) struct Devices {
    /// The device of a block store, or NULL.
    pub block: *const OalBlockDevice,
    /// The device of a NAND store, or NULL.
    pub nand: *const OalNandFlash,
    /// The device of a NOR store, or NULL.
    pub nor: *const OalNorFlash,
    /// Where attempts are counted, or NULL.
    pub attempts: *const OalAttemptRegister,
    /// The settings.
    pub settings: StoreSettings,
}

/// A kind of store. Its contents are the library's own.
pub struct OalStore {
    pub(super) make: unsafe fn(&Devices, &mut StorePlace) -> Result<*mut AnyStore, OalError>,
}

impl OalStore {
    /// Makes a store on one of `devices` in `place`. Nothing is read or written yet.
    ///
    /// # Errors
    /// [`OalError::NoStore`], [`OalError::MissingFunction`] or [`OalError::BadGeometry`].
    ///
    /// # Safety
    /// What `devices` names is NULL or a table that is valid and constant from then on.
    pub(crate) unsafe fn make(
        &self,
        devices: &Devices,
        place: &mut StorePlace,
    ) -> Result<*mut AnyStore, OalError> {
        // SAFETY: the caller's promise.
        unsafe { (self.make)(devices, place) }
    }
}

/// Room for a store of any kind.
#[repr(C, align(16))]
pub(crate) struct StorePlace([u8; STORE_BYTES]);

impl StorePlace {
    /// Puts a store into the place, whatever was there before. Nobody drops it: there is nothing to give
    /// back.
    pub fn put<S: Store<DeviceError = i32> + 'static>(&mut self, store: S) -> *mut AnyStore {
        const {
            assert!(
                size_of::<S>() <= STORE_BYTES && align_of::<S>() <= STORE_ALIGN,
                "the place is too small"
            );
        };
        let place = (&raw mut self.0).cast::<S>();
        // SAFETY: size and alignment were just compared; the exclusive borrow makes it nobody else's.
        unsafe { place.write(store) };
        place
    }
}

/// A store of any kind.
pub(crate) type AnyStore = dyn Store<DeviceError = i32, Error = StoreError<i32>>;

/// The register, if there is one.
pub(crate) struct Register(Option<&'static OalAttemptRegister>);

impl Register {
    /// The register of `devices`.
    ///
    /// # Errors
    /// [`OalError::MissingFunction`].
    ///
    /// # Safety
    /// If there is a table, it is valid and constant from then on.
    pub unsafe fn of(devices: &Devices) -> Result<Register, OalError> {
        // SAFETY: the caller's promise.
        match unsafe { devices.attempts.as_ref() } {
            Some(OalAttemptRegister { get: None, .. } | OalAttemptRegister { set: None, .. }) => {
                Err(OalError::MissingFunction)
            }
            register => Ok(Register(register)),
        }
    }
}

impl AttemptRegister for Register {
    fn get(&mut self) -> Option<u32> {
        let register = self.0?;
        // SAFETY: the C side's function, called as its table says.
        register.get.map(|get| unsafe { get(register.context) })
    }

    fn set(&mut self, value: u32) {
        if let Some(OalAttemptRegister { context, set: Some(set), .. }) = self.0 {
            // SAFETY: as above.
            unsafe { set(*context, value) }
        }
    }
}

/// The return value of a device's function, as a result.
pub(super) fn done(status: i32) -> Result<(), i32> {
    if status == 0 { Ok(()) } else { Err(status) }
}
