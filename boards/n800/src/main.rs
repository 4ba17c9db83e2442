#![cfg_attr(target_os = "none", no_std, no_main)]
//! The Nokia N800 (OMAP2420, SWPU064) with a Cortex-A9 in place of its ARM1136, as QEMU can have it, for the
//! reference firmware. Images are kept in its OneNAND.
//!
//! The application draws its screen into on-chip memory; the panel, behind a controller of its own, is not
//! driven.

#[cfg(target_os = "none")]
mod devices;
#[cfg(target_os = "none")]
mod drivers;
#[cfg(target_os = "none")]
mod onenand;
#[cfg(target_os = "none")]
mod platform;
#[cfg(target_os = "none")]
mod uart;

#[cfg(target_os = "none")]
oal_firmware::firmware!(platform::N800, oal_demo::Demo<platform::N800>);

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv7a-none-eabi.");
}
