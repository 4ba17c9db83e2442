#![cfg_attr(target_os = "none", no_std, no_main)]
//! Small firmware for the Sharp Zaurus SL-C1000 (akita), as QEMU up to 9.1 has it: a PXA270, ARMv5TE, with raw NAND.
//!
//! It shows that nothing above the CPU's hooks asks for ARMv7-A, and that the raw NAND driver and the NAND store work on
//! a chip that nobody here wrote: it takes a snapshot of 4 MiB of known contents and is booted from it.
//!
//! | module | |
//! |---|---|
//! | `start`, `layout` | the core, and the memory map: MMU and caches stay off, interrupts masked |
//! | `boot_stage`, `nosave` | what runs from nosave memory |
//! | `cpu` | `TakeCpuSnapshot` and `RestoreCpu` for ARMv5TE |
//! | `flash`, `pxa` | the NAND chip; UART and timer |
//! | `application`, `pattern` | what is pictured, and the console, described in `docs/console.md` |
//!
//! There are no exception vectors, since address 0 is flash memory: an exception, which nothing here causes on purpose,
//! is the end.

#[cfg(target_os = "none")]
#[macro_use]
mod pxa;

#[cfg(target_os = "none")]
mod application;
#[cfg(target_os = "none")]
mod boot_stage;
#[cfg(target_os = "none")]
mod cpu;
#[cfg(target_os = "none")]
mod flash;
#[cfg(target_os = "none")]
mod layout;
#[cfg(target_os = "none")]
mod nosave;
#[cfg(target_os = "none")]
mod pattern;
#[cfg(target_os = "none")]
mod start;

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv5te-none-eabi -Zbuild-std=core.");
}
