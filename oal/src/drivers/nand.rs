//! NAND flash: OneNAND.

use core::ffi::c_void;

use oal_drivers::clock::Wait;
use oal_drivers::mmio::Window16;
use oal_drivers::nand::onenand::{self, OneNand, Options};
use oal_drivers::nand::{EccStatus, Error, NandDevice};

use crate::drivers::{OalClock, OalDriver, OalDriverError, Request, driver, source, status, target};
use crate::error::{OalError, OalStage, number};
use crate::store::{OAL_NAND_FAILED, OAL_NAND_UNCORRECTABLE, OAL_NAND_WORN, OalNandFlash};

/// The wiring of a OneNAND with pages of 2048 bytes.
#[repr(C)]
pub struct OalOneNand {
    /// Its registers and buffers: 128 KiB of device memory.
    pub base: *mut c_void,
    /// The time.
    pub now_us: OalClock,
    /// 1 if the commands for a page leave its spare area alone: true of QEMU's model, and of no chip.
    pub spare_apart: u32,
    /// 0.
    pub reserved: u32,
}

/// Finds the OneNAND behind `wiring`, keeps its driver in `part`, and fills `flash`: all blocks; give the
/// store fewer by `blocks`. `spare_bytes` of its functions is 0 or 64. 0, or an error, and neither was
/// touched: `OAL_ERROR_NO_MEDIUM` where no chip answers, `OAL_ERROR_BAD_GEOMETRY` where one cannot be used.
///
/// # Safety
/// The pointers are NULL or as described, and nobody else uses the chip.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_driver_onenand(
    part: *mut OalDriver,
    wiring: *const OalOneNand,
    flash: *mut OalNandFlash,
) -> u32 {
    // SAFETY: the caller's promise.
    let request = match unsafe { Request::check(part, wiring, flash, |w| (w.base, w.now_us), 2) } {
        Ok(request) => request,
        Err(error) => return error,
    };
    let OalOneNand { base, spare_apart, reserved, .. } = *request.wiring;
    if spare_apart > 1 || reserved != 0 {
        return number(OalStage::Call, OalError::BadArgument);
    }
    // SAFETY: the caller's promise.
    let registers = unsafe { Window16::<{ onenand::WINDOW }>::new(base.cast()) };
    let options = Options { spare_apart: spare_apart == 1 };
    let fail = |error| number(OalStage::Medium, error);
    match OneNand::identify(registers, Wait(request.clock), options) {
        Ok(chip) => {
            // SAFETY: the caller's promise.
            unsafe { request.fill(chip, table) };
            0
        }
        Err(Error::BadId) => fail(OalError::NoMedium),
        Err(Error::Unsupported) => fail(OalError::BadGeometry),
        Err(_) => fail(OalError::MediumError),
    }
}

/// The table of a driver in its part.
pub(super) fn table<N: NandDevice>(context: *mut c_void, chip: &N) -> OalNandFlash {
    let geometry = chip.geometry();
    OalNandFlash {
        context,
        page_bytes: geometry.page_bytes as u32,
        pages_per_block: geometry.pages_per_block,
        blocks: geometry.blocks,
        reserved: 0,
        read_page: Some(read_page::<N>),
        program_page: Some(program_page::<N>),
        erase_block: Some(erase_block::<N>),
        is_bad: Some(is_bad::<N>),
        mark_bad: Some(mark_bad::<N>),
    }
}

fn code(error: Error) -> OalDriverError {
    match error {
        Error::BadId => OalDriverError::NoAnswer,
        Error::Timeout { .. } => OalDriverError::Timeout,
        Error::ProgramFailed => OalDriverError::ProgramFailed,
        Error::EraseFailed => OalDriverError::EraseFailed,
        Error::WriteProtected => OalDriverError::Locked,
        Error::OutOfRange | Error::BadLength => OalDriverError::OutOfRange,
        Error::Bus => OalDriverError::Transfer,
        _ => OalDriverError::Refused,
    }
}

/// The result of programming or erasing: the store handles a block that is going bad.
fn done(result: Result<(), Error>) -> i32 {
    match result {
        Err(Error::ProgramFailed | Error::EraseFailed) => OAL_NAND_FAILED,
        result => status(result, code),
    }
}

/// # Safety
/// As the table says, with a context of this driver's.
unsafe extern "C" fn read_page<N: NandDevice>(
    context: *mut c_void,
    block: u32,
    page: u32,
    data: *mut c_void,
    spare: *mut c_void,
    spare_bytes: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    let chip = unsafe { driver::<N>(context) };
    let bytes = chip.geometry().page_bytes;
    // SAFETY: as above.
    let (data, spare) = unsafe { (target(data, bytes), target(spare, spare_bytes as usize)) };
    match chip.read_page(block, page, data, spare) {
        Ok(EccStatus::Uncorrectable) => OAL_NAND_UNCORRECTABLE,
        Ok(EccStatus::Corrected { refresh: true, .. }) => OAL_NAND_WORN,
        Ok(_) => 0,
        Err(error) => code(error) as i32,
    }
}

/// # Safety
/// As for [`read_page`].
unsafe extern "C" fn program_page<N: NandDevice>(
    context: *mut c_void,
    block: u32,
    page: u32,
    data: *const c_void,
    spare: *const c_void,
    spare_bytes: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    let chip = unsafe { driver::<N>(context) };
    let bytes = chip.geometry().page_bytes;
    // SAFETY: as above.
    let (data, spare) = unsafe { (source(data, bytes), source(spare, spare_bytes as usize)) };
    done(chip.program_page(block, page, data, spare))
}

/// # Safety
/// As for [`read_page`].
unsafe extern "C" fn erase_block<N: NandDevice>(context: *mut c_void, block: u32) -> i32 {
    // SAFETY: the caller's promise.
    done(unsafe { driver::<N>(context) }.erase_block(block))
}

/// # Safety
/// As for [`read_page`].
unsafe extern "C" fn is_bad<N: NandDevice>(context: *mut c_void, block: u32, bad: *mut u32) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { driver::<N>(context) }.is_bad(block) {
        Ok(is_bad) => {
            // SAFETY: as above: a place for the answer.
            unsafe { bad.write(is_bad.into()) };
            0
        }
        Err(error) => code(error) as i32,
    }
}

/// # Safety
/// As for [`read_page`].
unsafe extern "C" fn mark_bad<N: NandDevice>(context: *mut c_void, block: u32) -> i32 {
    // SAFETY: the caller's promise.
    status(unsafe { driver::<N>(context) }.mark_bad(block), code)
}
