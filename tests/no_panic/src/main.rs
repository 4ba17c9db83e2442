#![cfg_attr(target_os = "none", no_std, no_main)]
//! The library and its drivers, and nothing else: what is linked here and can panic is theirs.
//!
//! It is never run. [`everything`](everything) calls what the library offers, with values that the compiler
//! knows nothing of; the linker leaves out what cannot be reached. Every way to a panic ends at
//! `oal_panicked`, so a program without that symbol has none. `cargo xtask no-panic` looks for it, and says
//! where the ways begin. With the feature `panics` there is one on purpose.

#[cfg(target_os = "none")]
mod board;
#[cfg(target_os = "none")]
mod devices;
#[cfg(target_os = "none")]
mod engine;

#[cfg(target_os = "none")]
use core::hint::black_box;

#[cfg(target_os = "none")]
core::arch::global_asm!(
    ".section .text.oal_panicked, \"ax\", %progbits",
    ".global oal_panicked",
    ".type oal_panicked, %function",
    "oal_panicked:",
    "b oal_panicked",
    ".size oal_panicked, . - oal_panicked",
);

/// Where every panic ends. In assembly, so that no compiler can tell what it does and leave the call out.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn oal_panicked() -> !;
    }
    // SAFETY: it stays where it is.
    unsafe { oal_panicked() }
}

/// Calls everything.
#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
extern "C" fn everything() {
    engine::block();
    engine::nand::<2048, 128>(devices::guarded());
    engine::nand::<2048, 64>(devices::one_nand());
    engine::nand::<512, 64>(devices::small_page());
    engine::nand::<2048, 256>(devices::spi_nand());
    engine::nor(devices::cfi());
    engine::rest();
    devices::rest();
    #[cfg(feature = "panics")]
    black_box([1, 2, 3][black_box(0_usize)]);
    black_box(());
}

/// The program is for its target only; elsewhere it says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This program is linked and searched, not run: build it with --target armv7a-none-eabi.");
}
