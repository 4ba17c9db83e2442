#![cfg_attr(target_os = "none", no_std, no_main)]
//! The Sharp Zaurus SL-C1000 (akita), as QEMU up to 9.1 has it, for the reference firmware: a PXA270,
//! ARMv5TE, with raw NAND, on which images are kept.
//!
//! The screen is not driven, and the NAND chip is all for the store: there is no text.

#[cfg(target_os = "none")]
mod devices;
#[cfg(target_os = "none")]
mod drivers;
#[cfg(target_os = "none")]
mod flash;
#[cfg(target_os = "none")]
mod platform;
#[cfg(target_os = "none")]
mod uart;

// The crate is named for its feature, by which the others get atomics on this core.
#[cfg(target_os = "none")]
use portable_atomic as _;

#[cfg(target_os = "none")]
oal_firmware::firmware!(platform::Akita, oal_demo::Demo<platform::Akita>);

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv5te-none-eabi -Zbuild-std=core.");
}
