#![cfg_attr(target_os = "none", no_std, no_main)]
//! The assembly of the library against its twins, on a Cortex-A9 of QEMU.
//!
//! Buffers lie against memory that is not mapped, at their end or at their start, so that one byte read or
//! written outside them is a data abort, which ends the program with an error. Alignment is checked (SCTLR.A)
//! unless the build is one that needs it not to be.

#[cfg(target_os = "none")]
mod arena;
#[cfg(target_os = "none")]
mod bench;
#[cfg(target_os = "none")]
mod blocks;
#[cfg(target_os = "none")]
mod compress;
#[cfg(target_os = "none")]
mod decode;
#[cfg(target_os = "none")]
mod engine;
#[cfg(target_os = "none")]
mod mmu;
#[cfg(target_os = "none")]
mod pages;
#[cfg(target_os = "none")]
mod random;
#[cfg(target_os = "none")]
mod start;
#[cfg(target_os = "none")]
mod sums;

/// Runs on its board only; elsewhere this program says so.
#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is a test for QEMU: build it with --target armv7a-none-eabi.");
}
