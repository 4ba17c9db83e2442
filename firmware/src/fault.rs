//! The end: panics and exceptions are printed, then the emulator ends with exit code 101.

use core::panic::PanicInfo;

use crate::Platform;
use crate::arch;
use crate::terminal::Terminal;

const EXIT_CODE: i32 = 101;

/// Prints what happened and stops.
fn end<P: Platform>(message: core::fmt::Arguments<'_>) -> ! {
    // SAFETY: whoever used the UART does not go on.
    let mut terminal = unsafe { Terminal::<P::Uart>::new() };
    say!(terminal, "\n{message}");
    terminal.drain();
    semihosting::process::exit(EXIT_CODE)
}

/// Called by the vectors, on a fresh boot stack.
pub fn exception<P: Platform>(vector: usize, link: usize, status: usize) -> ! {
    end::<P>(format_args!("{}", arch::exception(vector, link, status)))
}

/// Prints the panic, and stops.
pub fn panic<P: Platform>(info: &PanicInfo<'_>) -> ! {
    // Nothing lets them in again.
    arch::mask_interrupts();
    end::<P>(format_args!("{info}"))
}
