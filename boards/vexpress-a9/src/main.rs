#![cfg_attr(target_os = "none", no_std, no_main)]
//! Reference firmware for the Versatile Express with Cortex-A9, as QEMU has it.
//!
//! ```text
//!  power on ─ start ─ boot_stage ─┬─ an image boots: the application goes on where it was pictured
//!              (nosave memory)    └─ application: reads the medium's text files, builds an index of
//!                                    their words, then takes commands: find, snapshot, ...
//! ```
//!
//! | module | |
//! |---|---|
//! | `start`, `vectors`, `mmu`, `ram`, `layout` | the core and the memory map |
//! | `boot_stage`, `medium`, `observer`, `nosave`, `build` | what runs from nosave memory |
//! | `application`, `index`, `heap`, `vfp_work`, `lcd` | what is worth a snapshot |
//! | `system`, `drivers`, `snapshot` | how it comes to rest, is pictured, and goes on |
//! | `console`, `commands`, `errors`, `regs_test` | the console, described in `docs/console.md` |
//!
//! What is in the picture and what is not is decided by where a static lies: `.nosave.data` and `.nosave.bss`
//! belong to the boot stage, `.data` and `.bss` to the application, whose heap is the rest of RAM.

#[cfg(target_os = "none")]
#[macro_use]
mod uart;

#[cfg(target_os = "none")]
mod application;
#[cfg(target_os = "none")]
mod boot_stage;
#[cfg(target_os = "none")]
mod build;
#[cfg(target_os = "none")]
mod commands;
#[cfg(target_os = "none")]
mod console;
#[cfg(target_os = "none")]
mod devices;
#[cfg(target_os = "none")]
mod drivers;
#[cfg(target_os = "none")]
mod errors;
#[cfg(target_os = "none")]
mod fault;
#[cfg(target_os = "none")]
mod heap;
#[cfg(target_os = "none")]
mod index;
#[cfg(target_os = "none")]
mod layout;
#[cfg(target_os = "none")]
mod lcd;
#[cfg(target_os = "none")]
mod marker;
#[cfg(target_os = "none")]
mod medium;
#[cfg(target_os = "none")]
mod mmu;
#[cfg(target_os = "none")]
mod nosave;
#[cfg(target_os = "none")]
mod observer;
#[cfg(target_os = "none")]
mod ram;
#[cfg(target_os = "none")]
mod regs_test;
#[cfg(target_os = "none")]
mod snapshot;
#[cfg(target_os = "none")]
mod start;
#[cfg(target_os = "none")]
mod system;
#[cfg(target_os = "none")]
mod vectors;
#[cfg(target_os = "none")]
mod vfp_work;

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv7a-none-eabi.");
}
