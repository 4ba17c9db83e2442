#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
//! A snapshot store's requests to a medium: traits, geometry, and what a power cut may leave.
//!
//! | trait | medium | implemented by |
//! |---|---|---|
//! | [`BlockDevice`] | eMMC, SD, anything made of sectors | `oal_drivers::mmc::Card`, `oal_snapshot::store::Partition` |
//! | [`NandFlash`] | NAND chips, with error correction | `oal_drivers::nand`: `GuardedNand`, `OneNand`, `SpiNand` |
//! | [`NorFlash`] | NOR flash, mapped into memory or not | `oal_drivers::cfi::Cfi` |
//!
//! The stores of `oal_snapshot::store` are generic over these traits. Drivers implement them and need no
//! store; a store needs no driver. A `&mut` of an implementation is one too.
//!
//! The traits block: while an image is written interrupts are masked and nothing else runs, so there is
//! nobody to yield to.
//!
//! # Features
//!
#![doc = document_features::document_features!()]

mod block;
#[cfg(feature = "embedded-storage")]
mod embedded;
mod nand;
mod nor;

pub use block::{BlockDevice, SECTOR_SIZE};
#[cfg(feature = "embedded-storage")]
pub use embedded::{Embedded, EmbeddedError};
pub use nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage};
pub use nor::{NorFlash, NorGeometry};
