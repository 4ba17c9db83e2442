//! The C interface of `oal-snapshot`: the documented OEM hooks under their documented names, and calls of our
//! own.
//!
//! `include/oal_snapshot.h` is made from this crate, and its comments from the comments here; `README.md` is
//! the guide for C. Package `oal-archive` makes the static library of it, and hides all that `symbols.txt`
//! does not name.
//!
//! | module | |
//! |---|---|
//! | [`types`] | the documented types |
//! | [`config`], [`report`] | what the C side gives, and what a boot leaves it |
//! | [`error`] | numbers, names and texts |
//! | [`store`] | media by tables of functions |
//! | [`drivers`] | such tables for built-in drivers |
//! | [`cpu`], [`stack`] | the registers, and the stack while a snapshot is written |
//! | [`capture`], [`hooks`], [`restore`] | a kernel's side, and its boot loader's |
//! | [`one_call`] | firmware without such a kernel |
//! | `engine`, `system`, `tables` | the instance, and the C side as the engine sees it |
//! | `frame` | the compressed contents of a kernel's image |
//!
//! # Memory
//! Two words of the library lie in saved memory: the address of the configuration, and the snapshot state.
//! Everything else is in the workspace that the C side gives, in nosave memory. A restored system finds there
//! what its boot loader left, or nothing: so whatever goes on after a restore starts the library again first.

#![no_std]
#![deny(missing_docs)]

#[cfg(test)]
extern crate std;

pub mod capture;
pub mod config;
pub mod cpu;
pub mod drivers;
pub mod engine;
pub mod error;
mod frame;
pub mod hooks;
pub mod one_call;
pub mod report;
pub mod restore;
pub mod stack;
pub mod store;
mod system;
mod tables;
pub mod types;

/// A panic ends here: no loop, no message, no unwinding into C. The undefined instruction is the C side's
/// exception.
#[cfg(feature = "archive")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        // SAFETY: an instruction that traps.
        #[cfg(target_arch = "arm")]
        unsafe {
            core::arch::asm!("udf #0")
        }
        // SAFETY: as above.
        #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
        unsafe {
            core::arch::asm!("ud2")
        }
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            core::arch::asm!("udf #0")
        }
    }
}
