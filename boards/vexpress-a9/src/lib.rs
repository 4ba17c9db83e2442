#![cfg_attr(target_os = "none", no_std)]
//! The Versatile Express with Cortex-A9 (motherboard DUI 0447, tile DUI 0448), as QEMU has it, for the
//! reference firmware.
//!
//! A program for each kind of medium, in `src/bin`:
//!
//! | program | medium |
//! |---|---|
//! | `vexpress-a9` | an SD card or an eMMC behind the motherboard's PL181 |
//! | `vexpress-a9-nand` | a NAND chip: a model of one, its cells kept in NOR flash |
//! | `vexpress-a9-nor` | the NOR flash itself |

#[cfg(target_os = "none")]
pub mod card;
#[cfg(target_os = "none")]
pub mod devices;
#[cfg(target_os = "none")]
pub mod drivers;
#[cfg(target_os = "none")]
mod flash_storage;
#[cfg(target_os = "none")]
pub mod nand;
#[cfg(target_os = "none")]
pub mod nor;
#[cfg(target_os = "none")]
mod platform;
#[cfg(target_os = "none")]
mod uart;

#[cfg(target_os = "none")]
pub use platform::{Medium, Vexpress};
