//! The end: panics and exceptions tell the console, then end the emulator with exit code 101.

use core::arch::asm;
use core::panic::PanicInfo;

use crate::Platform;
use crate::terminal::Terminal;

const EXIT_CODE: i32 = 101;

const NAMES: [&str; 8] =
    ["reset", "undefined instruction", "supervisor call", "prefetch abort", "data abort", "?", "IRQ", "FIQ"];

/// Says what happened and stops.
fn end<P: Platform>(message: core::fmt::Arguments<'_>) -> ! {
    // SAFETY: whoever used the UART does not go on.
    let mut terminal = unsafe { Terminal::<P::Uart>::new() };
    say!(terminal, "\n{message}");
    terminal.drain();
    semihosting::process::exit(EXIT_CODE)
}

/// Called by the vectors, on a fresh boot stack.
pub fn exception<P: Platform>(vector: u32, link: u32, spsr: u32) -> ! {
    let (dfsr, dfar, ifsr, ifar): (u32, u32, u32, u32);
    // SAFETY: reads the fault registers.
    unsafe {
        asm!("mrc p15, 0, {}, c5, c0, 0", out(reg) dfsr, options(nomem, nostack));
        asm!("mrc p15, 0, {}, c6, c0, 0", out(reg) dfar, options(nomem, nostack));
        asm!("mrc p15, 0, {}, c5, c0, 1", out(reg) ifsr, options(nomem, nostack));
        asm!("mrc p15, 0, {}, c6, c0, 2", out(reg) ifar, options(nomem, nostack));
    }
    let name = NAMES.get(vector as usize).copied().unwrap_or("?");
    end::<P>(format_args!(
        "{name}: lr {link:#010x} spsr {spsr:#010x} dfsr {dfsr:#x} dfar {dfar:#010x} ifsr {ifsr:#x} ifar {ifar:#010x}"
    ))
}

/// Says what the panic was, and stops.
pub fn panic<P: Platform>(info: &PanicInfo<'_>) -> ! {
    // SAFETY: masks interrupts; nothing unmasks them again.
    unsafe { asm!("cpsid if", options(nomem, nostack)) };
    end::<P>(format_args!("{info}"))
}
