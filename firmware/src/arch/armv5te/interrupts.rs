//! Interrupt masks and mode (DDI 0100, A2.5).

use core::arch::asm;

/// CPSR.I.
const MASKED: u32 = 1 << 7;

fn cpsr() -> u32 {
    let cpsr: u32;
    // SAFETY: reading has no effect.
    unsafe { asm!("mrs {}, cpsr", out(reg) cpsr, options(nomem, nostack, preserves_flags)) };
    cpsr
}

/// Lets interrupts in.
pub fn unmask_interrupts() {
    // SAFETY: the vectors are set, and their handlers keep every register. Memory is not touched before.
    unsafe { asm!("msr cpsr_c, {}", in(reg) cpsr() & !MASKED, options(nostack, preserves_flags)) };
}

/// Keeps interrupts out.
pub fn mask_interrupts() {
    // SAFETY: only the mask changes. Memory is not touched behind it before.
    unsafe { asm!("msr cpsr_c, {}", in(reg) cpsr() | MASKED, options(nostack, preserves_flags)) };
}

/// Mode and interrupt masks.
pub fn state() -> u32 {
    cpsr() & 0xff
}
