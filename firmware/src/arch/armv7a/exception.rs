//! The meaning of the fault registers (DDI 0406C, B4.1.51 and following).

use core::arch::asm;
use core::fmt;

const NAMES: [&str; 8] =
    ["reset", "undefined instruction", "supervisor call", "prefetch abort", "data abort", "?", "IRQ", "FIQ"];

/// An exception by its vector, the link register and the saved status of its mode, with the fault registers
/// as they are now.
pub fn exception(vector: usize, link: usize, status: usize) -> impl fmt::Display {
    let (dfsr, dfar, ifsr, ifar): (u32, u32, u32, u32);
    // SAFETY: reads the fault registers.
    unsafe {
        asm!("mrc p15, 0, {}, c5, c0, 0", out(reg) dfsr, options(nomem, nostack));
        asm!("mrc p15, 0, {}, c6, c0, 0", out(reg) dfar, options(nomem, nostack));
        asm!("mrc p15, 0, {}, c5, c0, 1", out(reg) ifsr, options(nomem, nostack));
        asm!("mrc p15, 0, {}, c6, c0, 2", out(reg) ifar, options(nomem, nostack));
    }
    let name = NAMES.get(vector).copied().unwrap_or("?");
    fmt::from_fn(move |f| {
        write!(f, "{name}: lr {link:#010x} spsr {status:#010x} dfsr {dfsr:#x} dfar {dfar:#010x} ")?;
        write!(f, "ifsr {ifsr:#x} ifar {ifar:#010x}")
    })
}
