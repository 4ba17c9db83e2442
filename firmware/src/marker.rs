//! Functions that do nothing, for a debugger to stop at.

use core::arch::asm;

/// The CPU was captured; nothing of the picture may change from here on.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_captured() {
    // SAFETY: does nothing. Each marker has a word of its own, so that they stay four functions.
    unsafe { asm!("nop", "mov r12, #1", out("r12") _) };
}

/// The image is committed; the picture is still unchanged.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_written() {
    // SAFETY: as above.
    unsafe { asm!("nop", "mov r12, #2", out("r12") _) };
}

/// (boot) Every page is in place; the CPU's registers are restored next.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_loaded() {
    // SAFETY: as above.
    unsafe { asm!("nop", "mov r12, #3", out("r12") _) };
}

/// `@ready` was just said: commands are taken. Interrupts are on.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn oal_marker_ready() {
    // SAFETY: as above.
    unsafe { asm!("nop", "mov r12, #4", out("r12") _) };
}
