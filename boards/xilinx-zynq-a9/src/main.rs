#![cfg_attr(target_os = "none", no_std, no_main)]
//! A Zynq-7000 (UG585) as QEMU has it, for the reference firmware. Images are kept on an eMMC behind its
//! second SD host controller.
//!
//! The processor has no display controller of its own: the application draws its screen into memory, and
//! nobody shows it. On hardware a first-stage loader has set up DDR, PLLs, clocks and pins before this runs.

#[cfg(target_os = "none")]
mod devices;
#[cfg(target_os = "none")]
mod drivers;
#[cfg(target_os = "none")]
mod platform;
#[cfg(target_os = "none")]
mod uart;

#[cfg(target_os = "none")]
oal_firmware::firmware!(platform::Zynq, oal_demo::Demo<platform::Zynq>);

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv7a-none-eabi.");
}
