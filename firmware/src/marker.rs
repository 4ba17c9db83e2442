//! Functions that do nothing, for a debugger to stop at. Each has a number of its own, so that they stay four
//! functions.

use core::hint::black_box;

/// The CPU was captured; nothing of the saved memory may change from here on.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_captured() {
    black_box(1_u32);
}

/// The image is committed; the saved memory is still unchanged.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_written() {
    black_box(2_u32);
}

/// (boot) Every page is in place; the CPU's registers are restored next.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_loaded() {
    black_box(3_u32);
}

/// `@ready` was just printed: commands are taken. Interrupts are on.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_ready() {
    black_box(4_u32);
}
