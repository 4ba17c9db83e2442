//! Snapshot boot for bare-metal ARM: firmware saves its RAM and CPU while it runs, writes them to
//! eMMC, SD, NAND or NOR, and at the next power-on is back in that state instead of booting.
//!
//! The model is the snapshot boot of Windows Embedded Compact 2013. Its OEM hooks are traits here
//! ([`hooks`]), called in the documented order; what calls them there, the kernel, is [`take`] and [`boot`]
//! here; what the documentation leaves to every OEM (where images live, what a power cut does, which image
//! boots) is [`store`].
//!
//! ```text
//!  take ─ pass 1: reclaim, suspend, resume ─ pass 2: pause, suspend ─┐
//!                                                                    │ 1 regions   GetSnapshotRegions
//!                                                                    │ 2 CPU       TakeCpuSnapshot ────────┐
//!                                                                    │ 3 compress  CompressSnapshot        │
//!                                                                    │ 4 prepare   PrepareSnapshot         │
//!                                                                    │ 5 write*    WriteSnapshot, finish   │
//!  Timeline::Live ◄─ resume drivers ◄────────────────────────────────┘        the context is in the image: │
//!                                                                                                          │
//!  power on ─ board ─ boot: select ─ check ─ load pages ─ restore CPU ─────────────────────────────────────┘
//!                       │                      │
//!                       └ ColdBoot(why)        └► SnapshotResume ─ drivers re-init ─ Timeline::Restored
//! ```
//!
//! # Principles
//!
//! 1. **An image is of one instant.** From the capture of the CPU to the last write nothing that is saved
//!    changes. The engine, the store and its driver live in *nosave* memory, with a stack of their own.
//! 2. **Commit last.** The record that makes an image bootable is written alone, after the image was flushed,
//!    read back and compared. Until then the previous image boots.
//! 3. **Check before use.** No byte of a medium is used as a size, an address or a page before its checksum
//!    matched and its value was held against the board's own RAM map.
//! 4. **A boot ends in one of three ways**: the newest image, the one before it, or a cold boot with a named
//!    [`Reason`](refusal::Reason).
//! 5. **Bounded.** No allocator, no recursion, no panic, no loop without an end. All memory is a
//!    [`Workspace`] whose size is a constant.
//!
//! # Why the calls block
//!
//! From the capture to the last write, and during a boot, interrupts are masked and nothing else may run:
//! whatever ran would change memory that is being saved or overwritten. There is nobody to wait for and no
//! executor to return to, so media are driven by polling, with a limit on every wait. A medium with DMA works
//! beside the CPU all the same: [`BlockDevice::read_while`](store::BlockDevice::read_while).
//!
//! # Where things are
//!
//! | module | what it is |
//! |---|---|
//! | [`hooks`] | the OEM hooks, one trait each, in call order |
//! | [`system`] | what the engine asks of the firmware around it |
//! | [`take`], [`boot`] | the two timelines |
//! | [`state`], [`power`] | what drivers need to know, and their order |
//! | [`image`], [`codec`] | the bytes of a snapshot |
//! | [`store`] | slots, commit records and boot policy, on block devices, NAND and NOR |
//! | [`cpu`], [`mem`] | registers and physical memory: the only `unsafe` |
//! | [`frame`], [`memory_map`] | addresses, frames, regions, and their checks |
//! | [`refusal`], [`progress`] | why an image was not booted; how far a step is |
//! | [`workspace`] | the engine's memory |
//! | [`prelude`] | what a firmware names, for one `use` |
//!
//! # A complete example
//!
//! `cargo run --example host` runs it; `boards/n800` is the same on a board.
//!
//! ```
#![doc = include_str!("../examples/host.rs")]
//! ```
//!
//! # Features
//!
#![doc = document_features::document_features!()]
#![no_std]
#![deny(missing_docs)]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

#[macro_use]
mod fmt;

pub mod boot;
mod bytes;
pub mod codec;
#[allow(unsafe_code, reason = "registers and assembly")]
pub mod cpu;
pub mod crc32c;
pub mod frame;
pub mod hooks;
pub mod image;
#[allow(unsafe_code, reason = "physical memory")]
pub mod mem;
pub mod memory_map;
pub mod power;
pub mod prelude;
pub mod progress;
pub mod refusal;
mod sentences;
pub mod state;
pub mod store;
pub mod system;
pub mod take;
pub mod workspace;

pub use boot::Boot;
pub use image::Identity;
pub use take::{Snapshot, Timeline};
pub use workspace::Workspace;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
