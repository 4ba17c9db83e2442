//! Built-in drivers for the C side: each fills the table of its medium from a register base, so that a board
//! needs no driver of its own.
//!
//! A table points to the part's state, which is the C side's memory. Types are erased there and back: the
//! functions of a table are made for the type that the constructor put into its state.

mod card;
mod nand;
mod nor;

#[cfg(test)]
mod tests;

use core::ffi::c_void;

use oal_drivers::clock::Clock;

pub use card::{
    OAL_PL181_FOUR_LINES, OAL_PL181_LONG_READS, OalPl181, OalSdhci, oal_driver_pl181, oal_driver_sdhci,
};
pub use nand::{OalOneNand, oal_driver_onenand};
pub use nor::{OalCfi, oal_driver_cfi};

use crate::error::{OalError, OalStage, number};

/// Words of a part's state.
pub const OAL_DRIVER_WORDS: usize = 48;

/// A built-in driver's state: the library's own. Nosave, since it follows the chip and not the saved memory.
/// A constructor fills it at each power-on, and a system that has another one than its boot loader fills its
/// own in `snapshot_resume`.
#[repr(C)]
pub struct OalDriver {
    /// The library's.
    pub words: [u64; OAL_DRIVER_WORDS],
}

/// Microseconds since some fixed moment, never going back: for time-outs, which end even if it stands still.
pub type OalClock = Option<unsafe extern "C" fn() -> u64>;

/// Error codes of a built-in driver's functions, as `oal_snapshot_error_info` reports them.
///
/// cbindgen:rename-all=QualifiedScreamingSnakeCase
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum OalDriverError {
    /// Nothing answers.
    NoAnswer = 16,
    /// The chip or card was not ready in time.
    Timeout = 17,
    /// A transfer on the bus was damaged, too late or too early.
    Transfer = 18,
    /// The chip or card refuses, or says nonsense.
    Refused = 19,
    /// The block or card is locked, or protected against writing.
    Locked = 20,
    /// Programming failed.
    ProgramFailed = 21,
    /// Erasing failed.
    EraseFailed = 22,
    /// Outside the chip or card, or not a whole number of its units. Nothing was sent.
    OutOfRange = 23,
    /// Anything else.
    Unknown = 24,
}

/// The result of a function of C's table.
fn status<E>(result: Result<(), E>, code: impl FnOnce(E) -> OalDriverError) -> i32 {
    result.map_or_else(|error| code(error) as i32, |()| 0)
}

/// The C side's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartClock(unsafe extern "C" fn() -> u64);

impl Clock for PartClock {
    fn now_us(&mut self) -> u64 {
        // SAFETY: the C side's function, called as its type says.
        unsafe { (self.0)() }
    }
}

/// A constructor's arguments, checked: nothing was touched yet.
struct Request<'a, W, T> {
    wiring: &'a W,
    clock: PartClock,
    part: *mut OalDriver,
    table: *mut T,
}

impl<W, T> Request<'_, W, T> {
    /// Checks the pointers. The registers' base is a multiple of `align` and not 0.
    ///
    /// # Errors
    /// The constructor's result.
    ///
    /// # Safety
    /// `wiring` is NULL or points to a wiring.
    unsafe fn check(
        part: *mut OalDriver,
        wiring: *const W,
        table: *mut T,
        base: impl FnOnce(&W) -> (*mut c_void, OalClock),
        align: usize,
    ) -> Result<Self, u32> {
        let fail = |error| Err(number(OalStage::Call, error));
        if part.is_null() || wiring.is_null() || table.is_null() {
            return fail(OalError::NullArgument);
        }
        if !part.is_aligned() || !wiring.is_aligned() || !table.is_aligned() {
            return fail(OalError::Unaligned);
        }
        // SAFETY: the caller's promise.
        let wiring = unsafe { &*wiring };
        let (base, clock) = base(wiring);
        if base.is_null() {
            return fail(OalError::NullArgument);
        }
        if !base.addr().is_multiple_of(align) {
            return fail(OalError::Unaligned);
        }
        let Some(clock) = clock else { return fail(OalError::MissingFunction) };
        Ok(Request { wiring, clock: PartClock(clock), part, table })
    }

    /// Keeps the driver and gives its table out.
    ///
    /// # Safety
    /// The pointers that [`Request::check`] saw are places for a part and a table, which nobody uses
    /// meanwhile.
    unsafe fn fill<D>(&self, driver: D, table: impl FnOnce(*mut c_void, &D) -> T) {
        // SAFETY: the caller's promise.
        let state = unsafe { keep(self.part, driver) };
        // SAFETY: the state was just written, and nobody else uses it yet; the table is a place for one.
        unsafe { self.table.write(table(state.cast(), &*state)) }
    }
}

/// Puts a driver into a part, whatever was there before. Nobody drops it: there is nothing to give back.
///
/// # Safety
/// `part` is aligned, and a place that nobody uses.
unsafe fn keep<D>(part: *mut OalDriver, driver: D) -> *mut D {
    const {
        assert!(
            size_of::<D>() <= size_of::<OalDriver>() && align_of::<D>() <= align_of::<OalDriver>(),
            "OAL_DRIVER_WORDS is too small"
        );
    };
    let state = part.cast::<D>();
    // SAFETY: size and alignment were just compared; the rest is the caller's promise.
    unsafe { state.write(driver) };
    state
}

/// The driver in a part.
///
/// # Safety
/// `context` is what [`Request::fill`] or [`keep`] made for a driver of this type, and nobody else uses it
/// during the call: the library calls a device's functions one at a time.
unsafe fn driver<'a, D>(context: *mut c_void) -> &'a mut D {
    // SAFETY: the caller's promise.
    unsafe { &mut *context.cast::<D>() }
}

/// Bytes to be written to.
///
/// # Safety
/// `start` points to `bytes` bytes if `bytes` is not 0.
unsafe fn target<'a>(start: *mut c_void, bytes: usize) -> &'a mut [u8] {
    // SAFETY: the caller's promise.
    if bytes == 0 { &mut [] } else { unsafe { core::slice::from_raw_parts_mut(start.cast(), bytes) } }
}

/// Bytes to be read.
///
/// # Safety
/// As for [`target`].
unsafe fn source<'a>(start: *const c_void, bytes: usize) -> &'a [u8] {
    // SAFETY: the caller's promise.
    if bytes == 0 { &[] } else { unsafe { core::slice::from_raw_parts(start.cast(), bytes) } }
}
