//! [`OalCpu`]: the functions for a CPU that the library does not know.

use core::ffi::c_void;

/// Functions that capture and restore a CPU, where the library does not do that itself. Each function gets
/// `context`.
#[repr(C)]
pub struct OalCpu {
    /// Given to both functions.
    pub context: *mut c_void,
    /// Words that the registers take: 1 to 256.
    pub words: u32,
    /// 0.
    pub reserved: u32,
    /// Stores the registers in `words`, so that execution goes on at this call's return, calls
    /// `live(argument)` on a stack in nosave memory, and returns 0. After a `restore` of the words it returns
    /// a second time, in the restored machine, with 1. Interrupts are masked on both returns. A negative
    /// number: nothing was captured.
    pub capture: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            words: *mut u32,
            live: Option<unsafe extern "C" fn(argument: *mut c_void)>,
            argument: *mut c_void,
        ) -> i32,
    >,
    /// Makes caches and TLBs agree with memory and restores the registers. Does not return.
    pub restore: Option<unsafe extern "C" fn(context: *mut c_void, words: *const u32)>,
}

/// Words that a record has room for.
pub(crate) const CONTEXT_WORDS: usize = 256;
