//! A NAND flash of the C side's.

use core::ffi::c_void;

use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage, NandStore};

use super::devices::{OAL_NAND_FAILED, OAL_NAND_UNCORRECTABLE, OAL_NAND_WORN, OalNandFlash};
use super::kind::{AnyStore, Devices, OalStore, Register, StorePlace, done};
use crate::error::OalError;

/// The chip with its functions at hand.
struct Chip {
    table: &'static OalNandFlash,
    read: unsafe extern "C" fn(*mut c_void, u32, u32, *mut c_void, *mut c_void, u32) -> i32,
    program: unsafe extern "C" fn(*mut c_void, u32, u32, *const c_void, *const c_void, u32) -> i32,
    erase: unsafe extern "C" fn(*mut c_void, u32) -> i32,
    is_bad: unsafe extern "C" fn(*mut c_void, u32, *mut u32) -> i32,
    mark_bad: unsafe extern "C" fn(*mut c_void, u32) -> i32,
}

/// The result of programming or erasing.
fn failed(status: i32) -> Result<(), NandError<i32>> {
    match status {
        0 => Ok(()),
        OAL_NAND_FAILED => Err(NandError::Failed),
        other => Err(NandError::Device(other)),
    }
}

impl Chip {
    /// Whether the buffer is as long as a page: the C side is told no length.
    fn check(&self, data: &[u8]) -> Result<(), NandError<i32>> {
        if data.len() == self.table.page_bytes as usize { Ok(()) } else { Err(NandError::Device(i32::MIN)) }
    }
}

impl NandFlash for Chip {
    type Error = i32;

    fn geometry(&self) -> NandGeometry {
        let OalNandFlash { page_bytes, pages_per_block, blocks, .. } = *self.table;
        NandGeometry { page_bytes, pages_per_block, blocks }
    }

    fn read_page(&mut self, at: NandPage, data: &mut [u8], spare: &mut [u8]) -> Result<Ecc, NandError<i32>> {
        self.check(data)?;
        let (to, spare_to) = (data.as_mut_ptr().cast(), spare.as_mut_ptr().cast());
        // SAFETY: the C side's function, called as its table says; the buffers have the lengths it is told.
        match unsafe { (self.read)(self.table.context, at.block, at.page, to, spare_to, spare.len() as u32) }
        {
            0 => Ok(Ecc::Clean),
            OAL_NAND_WORN => Ok(Ecc::Worn),
            OAL_NAND_UNCORRECTABLE => Err(NandError::Uncorrectable),
            other => Err(NandError::Device(other)),
        }
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<i32>> {
        self.check(data)?;
        let (from, spare_from) = (data.as_ptr().cast(), spare.as_ptr().cast());
        let bytes = spare.len() as u32;
        // SAFETY: as above.
        failed(unsafe { (self.program)(self.table.context, at.block, at.page, from, spare_from, bytes) })
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<i32>> {
        // SAFETY: as above.
        failed(unsafe { (self.erase)(self.table.context, block) })
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, i32> {
        let mut bad = 0;
        // SAFETY: as above; `bad` is a place for the answer.
        done(unsafe { (self.is_bad)(self.table.context, block, &raw mut bad) })?;
        Ok(bad != 0)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), i32> {
        // SAFETY: as above.
        done(unsafe { (self.mark_bad)(self.table.context, block) })
    }
}

unsafe fn make<const PAGE: usize, const MAP: usize>(
    devices: &Devices,
    place: &mut StorePlace,
) -> Result<*mut AnyStore, OalError> {
    if !devices.block.is_null() || !devices.nor.is_null() {
        return Err(OalError::NoStore);
    }
    // SAFETY: the caller's promise.
    let (table, register) =
        unsafe { (devices.nand.as_ref().ok_or(OalError::NoStore)?, Register::of(devices)?) };
    let (Some(read), Some(program), Some(erase), Some(is_bad), Some(mark_bad)) =
        (table.read_page, table.program_page, table.erase_block, table.is_bad, table.mark_bad)
    else {
        return Err(OalError::MissingFunction);
    };
    let chip = Chip { table, read, program, erase, is_bad, mark_bad };
    let store = NandStore::<_, PAGE, MAP, _>::with_register(chip, devices.settings, register);
    Ok(place.put(store.map_err(|_| OalError::BadGeometry)?))
}

/// The store on NAND with pages of 512 bytes, up to 4096 blocks.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "C's name")]
pub static oal_snapshot_nand_512: OalStore = OalStore { make: make::<512, { 4096 / 8 }> };

/// The store on NAND with pages of 2048 bytes, up to 8192 blocks.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "C's name")]
pub static oal_snapshot_nand_2048: OalStore = OalStore { make: make::<2048, { 8192 / 8 }> };

/// The store on NAND with pages of 4096 bytes, up to 8192 blocks.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "C's name")]
pub static oal_snapshot_nand_4096: OalStore = OalStore { make: make::<4096, { 8192 / 8 }> };

/// The store on NAND with pages of 8192 bytes, up to 8192 blocks.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "C's name")]
pub static oal_snapshot_nand_8192: OalStore = OalStore { make: make::<8192, { 8192 / 8 }> };
