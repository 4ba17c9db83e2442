#![no_std]
#![deny(unsafe_code)]
//! What the tests of `oal-snapshot` run on instead of hardware.
//!
//! | module | stands for |
//! |---|---|
//! | [`disk`] | an eMMC or SD card: counts, fails, forgets its cache, loses power inside an operation |
//! | [`dma_disk`] | the same with DMA: a read is on its way while the CPU works |
//! | [`ram`] | physical memory, anywhere in the address space; notes what the engine may write |
//! | [`system`] | the system around the engine, and its journal of calls |
//! | [`machine`] | all of a board: take a snapshot, restart with noise in RAM, boot |
//! | [`nand`] | NAND chips: cells, and the commands of raw NAND, OneNAND and SPI NAND |
//! | [`mod@nand_board`] | a driver of such a chip below the store |
//! | [`nand_pages`] | a NAND chip, page by page: its rules, bad blocks, failures, torn pages and erases |
//! | [`nor`] | NOR flash: cells, and the commands of CFI chips |
//! | [`shelf`] | a store without a medium, to get at an image's bytes |
//! | [`image`] | an image taken apart, to put it together again wrong |
//! | [`layout`] | where a block store keeps what, to tamper with it |
//! | [`rng`] | noise that is the same at every run |
//!
//! Without the feature `alloc` there is only the part of [`nand`] that firmware can use: a parallel chip over
//! cells that it keeps somewhere.
//!
//! Two principles. **Harsh within the contract**: where a trait says that memory or sectors hold anything,
//! they hold noise here. **Deterministic**: noise comes from a seed, a cut or a fault is placed by counting
//! operations, and a disk can be cloned, so that a test can walk through every point of a run.

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
pub mod disk;
#[cfg(feature = "alloc")]
pub mod dma_disk;
#[cfg(feature = "alloc")]
pub mod image;
#[cfg(feature = "alloc")]
pub mod layout;
#[cfg(feature = "alloc")]
pub mod machine;
pub mod nand;
#[cfg(feature = "alloc")]
pub mod nand_board;
#[cfg(feature = "alloc")]
pub mod nand_pages;
#[cfg(feature = "alloc")]
pub mod nor;
#[cfg(feature = "alloc")]
pub mod ram;
#[cfg(feature = "alloc")]
pub mod rng;
#[cfg(feature = "alloc")]
pub mod shelf;
#[cfg(feature = "alloc")]
pub mod system;

#[cfg(feature = "alloc")]
pub use {
    disk::{Beyond, Counters, Cut, DiskError, Done, Effect, Fault, Operation, RamDisk, Trim},
    dma_disk::{DmaDisk, Flights},
    image::Image,
    machine::{Booted, Machine},
    nand_board::{NandBoard, nand_board},
    nand_pages::NandPages,
    nor::{NorCells, NorCounters, NorFault},
    ram::FakeRam,
    rng::Rng,
    shelf::Shelf,
    system::{FakeRegister, FakeSystem, Journal},
};
