//! NOR flash that describes itself.

use core::ffi::c_void;
use core::ptr::null;

use embedded_hal::delay::DelayNs;
use oal_drivers::cfi::{Bus, Cfi, Error};
use oal_drivers::clock::Wait;
use oal_drivers::mmio::FlashWindow;

use crate::drivers::{OalClock, OalDriver, OalDriverError, Request, driver, source, status, target};
use crate::error::{OalError, OalStage, number};
use crate::store::OalNorFlash;

/// The wiring of NOR flash with a CFI query and the command set of Intel and Sharp.
#[repr(C)]
pub struct OalCfi {
    /// The address at which the chips take commands: device memory.
    pub base: *mut c_void,
    /// The same chips once more, to be read: normal memory, not cached, at any alignment. The store reads
    /// images in place there.
    pub array: *const c_void,
    /// Bytes of both mappings: those of the chips, or more.
    pub bytes: usize,
    /// The time.
    pub now_us: OalClock,
    /// Chips with 16 data lines, side by side: 1, or 2 that take every command together.
    pub chips: u32,
    /// 0.
    pub reserved: u32,
}

/// Finds the NOR flash behind `wiring`, keeps its driver in `part`, and fills `flash`, all of the chips. 0,
/// or an error, and neither was touched: `OAL_ERROR_NO_MEDIUM` where no chip answers,
/// `OAL_ERROR_BAD_GEOMETRY` where one cannot be used, such as one with blocks of several sizes.
///
/// # Safety
/// The pointers are NULL or as described, and nobody else uses the chips.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_driver_cfi(
    part: *mut OalDriver,
    wiring: *const OalCfi,
    flash: *mut OalNorFlash,
) -> u32 {
    // SAFETY: the caller's promise.
    match unsafe { Request::check(part, wiring, flash, |wiring| (wiring.base, wiring.now_us), 4) } {
        // SAFETY: the caller's promise.
        Ok(request) => unsafe { find(&request) },
        Err(error) => error,
    }
}

/// # Safety
/// As for [`oal_driver_cfi`].
unsafe fn find(request: &Request<'_, OalCfi, OalNorFlash>) -> u32 {
    let OalCfi { base, array, bytes, chips, reserved, .. } = *request.wiring;
    if array.is_null() {
        return number(OalStage::Call, OalError::NullArgument);
    }
    if reserved != 0 || isize::try_from(bytes).is_err() {
        return number(OalStage::Call, OalError::BadArgument);
    }
    match chips {
        // SAFETY: the caller's promise.
        1 => unsafe { settle(request, FlashWindow::<u16>::with_array(base.cast(), array.cast(), bytes)) },
        // SAFETY: as above.
        2 => unsafe { settle(request, FlashWindow::<u32>::with_array(base.cast(), array.cast(), bytes)) },
        _ => number(OalStage::Call, OalError::BadArgument),
    }
}

/// # Safety
/// As for [`oal_driver_cfi`].
unsafe fn settle<B: Bus>(request: &Request<'_, OalCfi, OalNorFlash>, bus: B) -> u32 {
    let fail = |error| number(OalStage::Medium, error);
    let cfi = match Cfi::identify(bus, Wait(request.clock)) {
        Ok(cfi) => cfi,
        Err(Error::NoChip) => return fail(OalError::NoMedium),
        Err(Error::Unsupported | Error::WindowTooSmall) => return fail(OalError::BadGeometry),
        Err(_) => return fail(OalError::MediumError),
    };
    if cfi.geometry().regions().count() != 1 {
        return fail(OalError::BadGeometry);
    }
    let array = request.wiring.array;
    // SAFETY: the caller's promise.
    unsafe { request.fill(cfi, |context, cfi| OalNorFlash { mapped: array, ..table(context, cfi) }) };
    0
}

/// The table of a driver in its part, without a mapping.
pub(super) fn table<B: Bus, D: DelayNs>(context: *mut c_void, cfi: &Cfi<B, D>) -> OalNorFlash {
    let (block_bytes, blocks) =
        cfi.geometry().regions().next().map_or((0, 0), |region| (region.block_bytes, region.blocks));
    OalNorFlash {
        context,
        block_bytes,
        blocks,
        program_bytes: cfi.geometry().word_bytes,
        reserved: 0,
        mapped: null(),
        read: Some(read::<B, D>),
        program: Some(program::<B, D>),
        erase: Some(erase::<B, D>),
    }
}

fn code(error: Error) -> OalDriverError {
    match error {
        Error::NoChip => OalDriverError::NoAnswer,
        Error::Timeout { .. } => OalDriverError::Timeout,
        Error::ProgramFailed => OalDriverError::ProgramFailed,
        Error::EraseFailed => OalDriverError::EraseFailed,
        Error::Locked | Error::VppLow => OalDriverError::Locked,
        Error::OutOfRange | Error::Unaligned => OalDriverError::OutOfRange,
        _ => OalDriverError::Refused,
    }
}

/// # Safety
/// As the table says, with a context of this driver's.
unsafe extern "C" fn read<B: Bus, D: DelayNs>(
    context: *mut c_void,
    at: u64,
    buffer: *mut c_void,
    bytes: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    let (cfi, to) = unsafe { (driver::<Cfi<B, D>>(context), target(buffer, bytes as usize)) };
    // A chip that is busy for longer than it may be shows no array.
    let Some(array) = cfi.bytes() else { return OalDriverError::Timeout as i32 };
    let from = usize::try_from(at).ok().and_then(|at| array.get(at..)).and_then(|rest| rest.get(..to.len()));
    let Some(from) = from else { return OalDriverError::OutOfRange as i32 };
    to.copy_from_slice(from);
    0
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn program<B: Bus, D: DelayNs>(
    context: *mut c_void,
    at: u64,
    data: *const c_void,
    bytes: u32,
) -> i32 {
    // SAFETY: the caller's promise.
    let (cfi, from) = unsafe { (driver::<Cfi<B, D>>(context), source(data, bytes as usize)) };
    let at = usize::try_from(at).map_err(|_| Error::OutOfRange);
    status(at.and_then(|at| cfi.program(at, from)), code)
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn erase<B: Bus, D: DelayNs>(context: *mut c_void, block: u32) -> i32 {
    // SAFETY: the caller's promise.
    let cfi = unsafe { driver::<Cfi<B, D>>(context) };
    let bytes = cfi.geometry().regions().next().map_or(0, |region| region.block_bytes);
    let at = usize::try_from(u64::from(block) * u64::from(bytes)).map_err(|_| Error::OutOfRange);
    status(at.and_then(|at| cfi.erase(at)), code)
}
