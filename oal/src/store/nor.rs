//! A NOR flash of the C side's.

use core::ffi::c_void;

use oal_snapshot::store::nor::{NorFlash, NorGeometry, NorStore};

use super::devices::OalNorFlash;
use super::kind::{AnyStore, Devices, OalStore, Register, StorePlace, done};
use crate::error::OalError;

/// The flash with its functions at hand.
struct Flash {
    table: &'static OalNorFlash,
    read: unsafe extern "C" fn(*mut c_void, u64, *mut c_void, u32) -> i32,
    program: unsafe extern "C" fn(*mut c_void, u64, *const c_void, u32) -> i32,
    erase: unsafe extern "C" fn(*mut c_void, u32) -> i32,
}

impl NorFlash for Flash {
    type Error = i32;

    fn geometry(&self) -> NorGeometry {
        let OalNorFlash { block_bytes, blocks, program_bytes, .. } = *self.table;
        NorGeometry { block_bytes, blocks, program_bytes }
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), i32> {
        let bytes = u32::try_from(buf.len()).map_err(|_| i32::MIN)?;
        // SAFETY: the C side's function, called as its table says; `buf` has room for `bytes`.
        done(unsafe { (self.read)(self.table.context, at, buf.as_mut_ptr().cast(), bytes) })
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), i32> {
        let bytes = u32::try_from(data.len()).map_err(|_| i32::MIN)?;
        // SAFETY: as above; `data` is `bytes` long.
        done(unsafe { (self.program)(self.table.context, at, data.as_ptr().cast(), bytes) })
    }

    fn erase(&mut self, block: u32) -> Result<(), i32> {
        // SAFETY: as above.
        done(unsafe { (self.erase)(self.table.context, block) })
    }

    fn mapped(&self) -> Option<&[u8]> {
        let len = usize::try_from(self.geometry().bytes()).ok().filter(|len| *len <= isize::MAX as usize)?;
        // SAFETY: the table says that all of the flash is there to be read; only this store programs it.
        (!self.table.mapped.is_null())
            .then(|| unsafe { core::slice::from_raw_parts(self.table.mapped.cast(), len) })
    }
}

unsafe fn make(devices: &Devices, place: &mut StorePlace) -> Result<*mut AnyStore, OalError> {
    if !devices.block.is_null() || !devices.nand.is_null() {
        return Err(OalError::NoStore);
    }
    // SAFETY: the caller's promise.
    let (table, register) =
        unsafe { (devices.nor.as_ref().ok_or(OalError::NoStore)?, Register::of(devices)?) };
    let (Some(read), Some(program), Some(erase)) = (table.read, table.program, table.erase) else {
        return Err(OalError::MissingFunction);
    };
    let flash = Flash { table, read, program, erase };
    let store = NorStore::with_register(flash, devices.settings, register);
    Ok(place.put(store.map_err(|_| OalError::BadGeometry)?))
}

/// The store on NOR flash.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "C's name")]
pub static oal_snapshot_nor: OalStore = OalStore { make };
