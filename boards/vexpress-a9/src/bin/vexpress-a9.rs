#![cfg_attr(target_os = "none", no_std, no_main)]
//! The reference firmware with an SD card or an eMMC.

#[cfg(target_os = "none")]
oal_firmware::firmware!(
    vexpress_a9::Vexpress<vexpress_a9::card::Card>,
    oal_demo::Demo<vexpress_a9::Vexpress<vexpress_a9::card::Card>>
);

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv7a-none-eabi.");
}
