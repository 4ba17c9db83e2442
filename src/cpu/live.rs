//! The closure of a capture, as assembly calls it on the nosave stack.

use core::ffi::c_void;

use crate::cpu::CpuContext;

/// The closure to call on the writer's stack, and its argument.
pub(super) struct Live<'a> {
    pub(super) closure: &'a mut dyn FnMut(&CpuContext),
    pub(super) context: *const CpuContext,
}

/// Calls the closure, on the nosave stack.
///
/// # Safety
/// `live` points to a [`Live`] whose context nobody writes to.
pub(super) unsafe extern "C" fn call_live(live: *mut c_void) {
    // SAFETY: the caller's promise.
    let live = unsafe { &mut *live.cast::<Live<'_>>() };
    // SAFETY: the caller's promise; the capture is complete.
    (live.closure)(unsafe { &*live.context });
}
