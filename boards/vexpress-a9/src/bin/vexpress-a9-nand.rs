#![cfg_attr(target_os = "none", no_std, no_main)]
//! The reference firmware with a NAND chip.

#[cfg(target_os = "none")]
oal_firmware::firmware!(
    vexpress_a9::Vexpress<vexpress_a9::nand::Nand>,
    oal_demo::Demo<vexpress_a9::Vexpress<vexpress_a9::nand::Nand>>
);

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv7a-none-eabi.");
}
