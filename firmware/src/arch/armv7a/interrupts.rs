//! Interrupt masks and mode (DDI 0406C, B1.3.3).

use core::arch::asm;

/// Lets interrupts in.
pub fn unmask_interrupts() {
    // SAFETY: the vectors are set, and their handlers keep every register.
    unsafe { asm!("cpsie ai", options(nomem, nostack)) };
}

/// Keeps interrupts out.
pub fn mask_interrupts() {
    // SAFETY: no memory is touched.
    unsafe { asm!("cpsid i", options(nomem, nostack)) };
}

/// Mode and interrupt masks, as far as a capture leaves them as they are: it masks asynchronous aborts.
pub fn state() -> u32 {
    let cpsr: u32;
    // SAFETY: reading has no effect.
    unsafe { asm!("mrs {}, cpsr", out(reg) cpsr, options(nomem, nostack, preserves_flags)) };
    cpsr & 0xff
}
