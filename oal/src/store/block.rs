//! A block device of the C side's.

use core::ffi::c_void;

use oal_snapshot::refusal::Stage;
use oal_snapshot::store::{BlockDevice, BlockStore, Partition, SECTOR_SIZE, SNAPSHOT_PARTITION_TYPE};

use super::devices::OalBlockDevice;
use super::kind::{AnyStore, Devices, OalStore, Register, StorePlace, done};
use crate::error::{OalError, OalErrorInfo, OalStage, number};

/// The device with its needed functions at hand.
struct Device<'a> {
    table: &'a OalBlockDevice,
    read: unsafe extern "C" fn(*mut c_void, u64, u32, *mut c_void) -> i32,
    write: unsafe extern "C" fn(*mut c_void, u64, u32, *const c_void) -> i32,
    flush: unsafe extern "C" fn(*mut c_void) -> i32,
}

/// The answer of `Device` for a range that is not the store's: no function was called.
const OUT_OF_RANGE: i32 = i32::MIN;

impl<'a> Device<'a> {
    fn new(table: &'a OalBlockDevice) -> Option<Device<'a>> {
        Some(Device { table, read: table.read?, write: table.write?, flush: table.flush? })
    }

    /// Where `bytes` from sector `first` on are on the device, and how many sectors that is.
    fn locate(&self, first: u64, bytes: usize) -> Result<(u64, u32), i32> {
        let count = u32::try_from(bytes / SECTOR_SIZE).map_err(|_| OUT_OF_RANGE)?;
        let fits = first.checked_add(count.into()).is_some_and(|end| end <= self.table.sectors);
        let sector = self.table.first_sector.checked_add(first);
        if fits { Ok((sector.ok_or(OUT_OF_RANGE)?, count)) } else { Err(OUT_OF_RANGE) }
    }
}

impl BlockDevice for Device<'_> {
    type Error = i32;

    fn sectors(&self) -> u64 {
        self.table.sectors
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), i32> {
        let (sector, count) = self.locate(first, buf.len())?;
        // SAFETY: the C side's function, called as its table says; `buf` has room for `count` sectors.
        done(unsafe { (self.read)(self.table.context, sector, count, buf.as_mut_ptr().cast()) })
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), i32> {
        let (sector, count) = self.locate(first, data.len())?;
        // SAFETY: as above; `data` is `count` sectors long.
        done(unsafe { (self.write)(self.table.context, sector, count, data.as_ptr().cast()) })
    }

    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), i32> {
        let Some(write) = self.table.write_reliable else {
            self.write(first, data)?;
            return self.flush();
        };
        let (sector, count) = self.locate(first, data.len())?;
        // SAFETY: as above.
        done(unsafe { write(self.table.context, sector, count, data.as_ptr().cast()) })
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), i32> {
        let fits = first.checked_add(count).is_some_and(|end| end <= self.table.sectors);
        let (Some(discard), Some(sector)) = (self.table.discard, self.table.first_sector.checked_add(first))
        else {
            return Ok(());
        };
        if !fits {
            return Err(OUT_OF_RANGE);
        }
        // SAFETY: as above.
        done(unsafe { discard(self.table.context, sector, count) })
    }

    fn flush(&mut self) -> Result<(), i32> {
        // SAFETY: as above.
        done(unsafe { (self.flush)(self.table.context) })
    }
}

unsafe fn make(devices: &Devices, place: &mut StorePlace) -> Result<*mut AnyStore, OalError> {
    if !devices.nand.is_null() || !devices.nor.is_null() {
        return Err(OalError::NoStore);
    }
    // SAFETY: the caller's promise.
    let (table, register) =
        unsafe { (devices.block.as_ref().ok_or(OalError::NoStore)?, Register::of(devices)?) };
    let device = Device::new(table).ok_or(OalError::MissingFunction)?;
    if table.first_sector.checked_add(table.sectors).is_none() {
        return Err(OalError::BadGeometry);
    }
    let store = BlockStore::with_register(device, devices.settings, register);
    Ok(place.put(store.map_err(|_| OalError::BadGeometry)?))
}

/// Narrows `device` to its first partition of the MBR type 0xDA, by `first_sector` and `sectors`; reads one
/// sector. 0, or an error, and it stays as it was: `OAL_ERROR_BLANK`, `OAL_ERROR_NO_PARTITION_TABLE`,
/// `OAL_ERROR_NO_PARTITION` or `OAL_ERROR_MEDIUM_ERROR`, of the stage `OAL_STAGE_PARTITION`.
///
/// # Safety
/// `device` is NULL or points to a table whose functions may be called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_snapshot_partition(device: *mut OalBlockDevice) -> u32 {
    let fail = |error| number(OalStage::Call, error);
    if device.is_null() {
        return fail(OalError::NullArgument);
    }
    if !device.is_aligned() {
        return fail(OalError::Unaligned);
    }
    // SAFETY: the caller's promise.
    let table = unsafe { &mut *device };
    let Some(whole) = Device::new(table) else { return fail(OalError::MissingFunction) };
    match Partition::find(whole, SNAPSHOT_PARTITION_TYPE) {
        Ok(found) => {
            let (first, sectors) = (found.first_sector(), found.sectors());
            // The table's end was checked against the device's, and the device against the address space.
            (table.first_sector, table.sectors) = (table.first_sector.saturating_add(first), sectors);
            0
        }
        Err((_, error)) => OalErrorInfo::refusal(Stage::Partition, error.into()).error,
    }
}

/// The store on a block device.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "C's name")]
pub static oal_snapshot_block: OalStore = OalStore { make };
