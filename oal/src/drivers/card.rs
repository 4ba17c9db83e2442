//! SD cards and eMMC, behind either host controller.

use core::ffi::c_void;

use oal_drivers::mmc::{BusWidth, Card, Error, Host, HostError, Options};
use oal_drivers::mmio::Window;
use oal_drivers::{pl181, sdhci};
use oal_snapshot::store::BlockDevice;

use crate::drivers::{OalClock, OalDriver, OalDriverError, Request, driver, source, status, target};
use crate::error::{OalError, OalStage, number};
use crate::store::OalBlockDevice;

/// The wiring of a PL181 (Arm's PrimeCell Multimedia Card Interface), or PL180.
#[repr(C)]
pub struct OalPl181 {
    /// Its registers: 4 KiB of device memory.
    pub base: *mut c_void,
    /// The time.
    pub now_us: OalClock,
    /// Frequency of MCLK in Hz.
    pub input_hz: u32,
    /// Fastest card clock that the board's wires carry, in Hz.
    pub max_hz: u32,
    /// `OAL_PL181_...`.
    pub flags: u32,
    /// 0.
    pub reserved: u32,
}

/// DAT1 to DAT3 are connected.
pub const OAL_PL181_FOUR_LINES: u32 = 1;
/// One read command may take several data phases: right for QEMU's card, wrong for a real one.
pub const OAL_PL181_LONG_READS: u32 = 2;

/// The wiring of a host controller of the SD Host Controller specification.
#[repr(C)]
pub struct OalSdhci {
    /// Its registers: 256 bytes of device memory.
    pub base: *mut c_void,
    /// The time.
    pub now_us: OalClock,
    /// Frequency of the base clock in Hz.
    pub input_hz: u32,
    /// Fastest card clock that the board's wires carry, in Hz.
    pub max_hz: u32,
    /// Data lines that are connected: 1, 4 or 8.
    pub lines: u32,
    /// 1 if the card is in a slot whose switch the controller sees; 0 if it is soldered.
    pub removable: u32,
}

/// Finds the SD card or eMMC behind a PL181, keeps its driver in `part`, and fills `card`: all of it, or of
/// an eMMC its user area; narrow `first_sector` and `sectors` to the store's part. 0, or an error, and
/// neither was touched: `OAL_ERROR_NO_MEDIUM` where no card answers, `OAL_ERROR_MEDIUM_ERROR` where one does,
/// and does not work.
///
/// # Safety
/// The pointers are NULL or as described, and nobody else uses the controller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_driver_pl181(
    part: *mut OalDriver,
    wiring: *const OalPl181,
    card: *mut OalBlockDevice,
) -> u32 {
    // SAFETY: the caller's promise.
    let request = match unsafe { Request::check(part, wiring, card, |w| (w.base, w.now_us), 4) } {
        Ok(request) => request,
        Err(error) => return error,
    };
    let OalPl181 { base, input_hz, max_hz, flags, reserved, .. } = *request.wiring;
    if flags & !(OAL_PL181_FOUR_LINES | OAL_PL181_LONG_READS) != 0 || reserved != 0 {
        return number(OalStage::Call, OalError::BadArgument);
    }
    let config = pl181::Config {
        input_hz,
        max_hz,
        four_lines: flags & OAL_PL181_FOUR_LINES != 0,
        long_reads: flags & OAL_PL181_LONG_READS != 0,
    };
    // SAFETY: the caller's promise.
    let registers = unsafe { Window::<{ pl181::WINDOW }>::new(base.cast()) };
    // SAFETY: as above.
    unsafe { settle(&request, pl181::Pl181::new(registers, request.clock, config)) }
}

/// The same behind an SD host controller, which the CPU moves every word of.
///
/// # Safety
/// As for `oal_driver_pl181`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oal_driver_sdhci(
    part: *mut OalDriver,
    wiring: *const OalSdhci,
    card: *mut OalBlockDevice,
) -> u32 {
    // SAFETY: the caller's promise.
    let request = match unsafe { Request::check(part, wiring, card, |w| (w.base, w.now_us), 4) } {
        Ok(request) => request,
        Err(error) => return error,
    };
    let OalSdhci { base, input_hz, max_hz, lines, removable, .. } = *request.wiring;
    let widest = match lines {
        1 => BusWidth::One,
        4 => BusWidth::Four,
        8 => BusWidth::Eight,
        _ => return number(OalStage::Call, OalError::BadArgument),
    };
    if removable > 1 {
        return number(OalStage::Call, OalError::BadArgument);
    }
    let config = sdhci::Config { input_hz, max_hz, widest, removable: removable == 1 };
    // SAFETY: the caller's promise.
    let registers = unsafe { Window::<{ sdhci::WINDOW }>::new(base.cast()) };
    // SAFETY: as above.
    unsafe { settle(&request, sdhci::Sdhci::new(registers, request.clock, config)) }
}

/// # Safety
/// As for [`oal_driver_pl181`].
unsafe fn settle<W, H: Host>(request: &Request<'_, W, OalBlockDevice>, host: H) -> u32 {
    match Card::init(host, Options::default()) {
        Ok(card) => {
            // SAFETY: the caller's promise.
            unsafe { request.fill(card, table) };
            0
        }
        Err(Error::NoCard) => number(OalStage::Medium, OalError::NoMedium),
        Err(_) => number(OalStage::Medium, OalError::MediumError),
    }
}

/// The table of a driver in its part.
fn table<H: Host>(context: *mut c_void, card: &Card<H>) -> OalBlockDevice {
    OalBlockDevice {
        context,
        first_sector: 0,
        sectors: card.sectors(),
        read: Some(read::<H>),
        write: Some(write::<H>),
        write_reliable: Some(write_reliable::<H>),
        discard: Some(discard::<H>),
        flush: Some(flush::<H>),
    }
}

fn code(error: Error) -> OalDriverError {
    match error {
        Error::NoCard | Error::Bus { error: HostError::CommandTimeout, .. } => OalDriverError::NoAnswer,
        Error::PowerUp
        | Error::Busy { .. }
        | Error::Bus { error: HostError::DataTimeout | HostError::Stuck, .. } => OalDriverError::Timeout,
        Error::Bus { .. } => OalDriverError::Transfer,
        Error::Locked => OalDriverError::Locked,
        Error::OutOfRange | Error::BadLength => OalDriverError::OutOfRange,
        _ => OalDriverError::Refused,
    }
}

const SECTOR: usize = oal_drivers::mmc::SECTOR;

/// # Safety
/// As the table says, with a context of this driver's.
unsafe extern "C" fn read<H: Host>(
    context: *mut c_void,
    sector: u64,
    count: u32,
    buffer: *mut c_void,
) -> i32 {
    let Some(bytes) = (count as usize).checked_mul(SECTOR) else { return OalDriverError::OutOfRange as i32 };
    // SAFETY: the caller's promise.
    let (card, to) = unsafe { (driver::<Card<H>>(context), target(buffer, bytes)) };
    status(card.read(sector, to), code)
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn write<H: Host>(
    context: *mut c_void,
    sector: u64,
    count: u32,
    data: *const c_void,
) -> i32 {
    let Some(bytes) = (count as usize).checked_mul(SECTOR) else { return OalDriverError::OutOfRange as i32 };
    // SAFETY: the caller's promise.
    let (card, from) = unsafe { (driver::<Card<H>>(context), source(data, bytes)) };
    status(card.write(sector, from), code)
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn write_reliable<H: Host>(
    context: *mut c_void,
    sector: u64,
    count: u32,
    data: *const c_void,
) -> i32 {
    let Some(bytes) = (count as usize).checked_mul(SECTOR) else { return OalDriverError::OutOfRange as i32 };
    // SAFETY: the caller's promise.
    let (card, from) = unsafe { (driver::<Card<H>>(context), source(data, bytes)) };
    status(card.write_reliable(sector, from), code)
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn discard<H: Host>(context: *mut c_void, sector: u64, count: u64) -> i32 {
    // SAFETY: the caller's promise.
    status(unsafe { driver::<Card<H>>(context) }.discard(sector, count), code)
}

/// # Safety
/// As for [`read`].
unsafe extern "C" fn flush<H: Host>(context: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    status(unsafe { driver::<Card<H>>(context) }.flush(), code)
}
