//! Stores over the devices that the C side hands over: one kind for each medium, so that a program links only
//! its own.

mod block;
mod nand;
mod nor;

use core::ffi::c_void;

use oal_snapshot::store::{AttemptRegister, Store, StoreError, StoreSettings};

pub use block::{OalBlockDevice, oal_snapshot_block, oal_snapshot_partition};
pub use nand::{
    OAL_NAND_FAILED, OAL_NAND_UNCORRECTABLE, OAL_NAND_WORN, OalNandFlash, oal_snapshot_nand_512,
    oal_snapshot_nand_2048, oal_snapshot_nand_4096, oal_snapshot_nand_8192,
};
pub use nor::{OalNorFlash, oal_snapshot_nor};

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
    make: unsafe fn(&Devices, &mut StorePlace) -> Result<*mut AnyStore, OalError>,
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

/// A 32-bit register that keeps its value over a reset, to count attempts in: a boot then writes nothing to
/// the medium.
#[repr(C)]
pub struct OalAttemptRegister {
    /// Given to both functions.
    pub context: *mut c_void,
    /// The register's value.
    pub get: Option<unsafe extern "C" fn(context: *mut c_void) -> u32>,
    /// Sets the register.
    pub set: Option<unsafe extern "C" fn(context: *mut c_void, value: u32)>,
}

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
    unsafe fn of(devices: &Devices) -> Result<Register, OalError> {
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
fn done(status: i32) -> Result<(), i32> {
    if status == 0 { Ok(()) } else { Err(status) }
}
