#![cfg_attr(target_os = "none", no_std, no_main)]
//! {{name}}, a board for the reference firmware: made by `cargo xtask new-board`, filled by the guide,
//! `docs/porting.md`.
//!
//! Each file has one place to fill, from `FILL` and a section of the guide to `FILL END`. Fill them in this
//! order; as long as a place has its marks, the compiler warns of it, and the firmware says `@unfilled` at
//! every power-on.
//!
//! | file | hooks |
//! |---|---|
//! | `board.ld`, `memory` | the memory map: `OEMGetOEMRamTable` |
//! | `console` | a UART |
//! | `clock` | a clock that counts from power-on; the time of day |
//! | `drivers` | interrupts, the tick, and every device that is at rest in a snapshot: `PowerDown`, `PowerUp` |
//! | `medium` | where images are kept: `OEMPrepareSnapshot`, `OEMWriteSnapshot`, `OEMReadSnapshot` |
//! | `cpu` | what the core's state is; what no driver looks after: `OEMSnapshotResume` |
//! | `caches` | the cache outside the core |
//! | `display` | memory outside RAM that is saved: `OEMGetSnapshotRegions` |
//! | `power` | reset, and off |
//! | `board.toml` | none: what the lab knows of the board, to test it in QEMU |
//!
//! `platform` ties them together. The hooks that are not here, `OEMTakeCPUSnapshot` and
//! `OEMCompressSnapshot`, are the library's own.

#[cfg(target_os = "none")]
mod caches;
#[cfg(target_os = "none")]
mod clock;
#[cfg(target_os = "none")]
mod console;
#[cfg(target_os = "none")]
mod cpu;
#[cfg(target_os = "none")]
mod display;
#[cfg(target_os = "none")]
mod drivers;
#[cfg(target_os = "none")]
mod medium;
#[cfg(target_os = "none")]
mod memory;
#[cfg(target_os = "none")]
mod platform;
#[cfg(target_os = "none")]
mod power;

#[cfg(target_os = "none")]
oal_firmware::firmware!(platform::Board, oal_demo::Demo<platform::Board>);

/// The firmware runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is the firmware of a board: build it with --target armv7a-none-eabi.");
}
