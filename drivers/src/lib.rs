#![no_std]
//! Chips and controllers that the boards of snapshot boot are made of, each usable on other boards.
//!
//! ```text
//!   mmc        SD and eMMC cards: the protocol          Card<H: Host>
//!   cfi        NOR flash that describes itself           Cfi<B: Bus>
//!   nand       NAND flash: raw, OneNAND, SPI             RawNand, OneNand, SpiNand
//!   pl181      a host controller for them               Pl181: Host
//!   sdhci      another, standardised                Sdhci: Host
//!   gic        interrupts                               with a context to save and restore
//!   a9_timer   Cortex-A9 global and private timer       GlobalTimer: Clock
//!   sp804      dual timer          pl031    seconds
//!   pl111      LCD                 l2c310   level 2 cache
//!   omap       OMAP 2: interrupts, timer, 32 kHz counter, UART, clocks and reset
//!   pxa27x     PXA27x: interrupts, operating system timer
//!   zynq       Zynq-7000: UART, reset
//!   vexpress_sysreg                power, reset, flags of the Versatile Express boards
//!   clock      time-outs           dma      buffers that a controller fills by itself
//!   mmio       registers: the unsafe code, but for promises in dma and omap::uart
//! ```
//!
//! Principles:
//!
//! 1. **A driver is a plain value** that owns its registers ([`mmio::Registers`]) and, where it waits, a
//!    [`clock::Clock`]. No heap, no statics: the board chooses the memory, nosave or not.
//! 2. **Every wait ends.** Time-outs come from the clock, and from a count of polls should it stand still.
//! 3. **Hardware is not trusted**: what a card's register says is checked before it is used. Nothing panics.
//! 4. **The seam is at the register**, so each driver runs in host tests against a model of its chip.
//! 5. No driver knows a board or what a snapshot is.
//!
//! # Features
//!
#![doc = document_features::document_features!()]

pub mod a9_timer;
pub mod cfi;
pub mod clock;
pub mod dma;
pub mod gic;
pub mod l2c310;
pub mod mmc;
pub mod mmio;
pub mod nand;
pub mod omap;
pub mod pl031;
pub mod pl111;
pub mod pl181;
pub mod pxa27x;
pub mod sdhci;
pub mod sp804;
pub mod vexpress_sysreg;
pub mod zynq;

#[cfg(test)]
extern crate std;
