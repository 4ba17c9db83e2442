#![cfg_attr(target_os = "none", no_std, no_main)]
//! The reference firmware with NOR flash.

#[cfg(target_os = "none")]
oal_firmware::firmware!(
    vexpress_a9::Vexpress<vexpress_a9::nor::Nor>,
    oal_demo::Demo<vexpress_a9::Vexpress<vexpress_a9::nor::Nor>>
);

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv7a-none-eabi.");
}
