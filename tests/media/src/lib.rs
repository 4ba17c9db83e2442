#![no_std]
#![deny(unsafe_code)]
//! What the tests of `oal-snapshot` run on instead of hardware.
//!
//! | module | stands for |
//! |---|---|
//! | [`disk`] | an eMMC or SD card: counts, fails, forgets its cache, loses power inside an operation |
//! | [`ram`] | physical memory, anywhere in the address space; notes what the engine may write |
//! | [`system`] | the system around the engine, and its journal of calls |
//! | [`machine`] | all of a board: take a snapshot, restart with noise in RAM, boot |
//! | [`nand`] | NAND chips: cells, and the commands of raw NAND, OneNAND and SPI NAND |
//! | [`nand_pages`] | a NAND chip, page by page: its rules, bad blocks, failures, torn pages and erases |
//! | [`shelf`] | a store without a medium, to get at an image's bytes |
//! | [`image`] | an image taken apart, to put it together again wrong |
//! | [`layout`] | where a block store keeps what, to tamper with it |
//! | [`rng`] | noise that is the same at every run |
//!
//! Two principles. **Harsh within the contract**: where a trait says that memory or sectors hold anything, they
//! hold noise here. **Deterministic**: noise comes from a seed, a cut or a fault is placed by counting operations, and
//! a disk can be cloned, so that a test can walk through every point of a run.

extern crate alloc;

pub mod disk;
pub mod image;
pub mod layout;
pub mod machine;
pub mod nand;
pub mod nand_pages;
pub mod ram;
pub mod rng;
pub mod shelf;
pub mod system;

pub use disk::{Beyond, Counters, Cut, DiskError, Effect, Fault, Operation, RamDisk};
pub use image::Image;
pub use machine::{Booted, Machine};
pub use nand_pages::{NandCounters, NandPages};
pub use ram::FakeRam;
pub use rng::Rng;
pub use shelf::Shelf;
pub use system::{FakeRegister, FakeSystem, Journal};
