//! The store on NAND flash.

pub(crate) mod bad_blocks;
mod log;
mod store;
mod writer;

pub use log::LOG_BLOCKS;
pub use oal_media::{Ecc, NandError, NandFlash, NandGeometry, NandPage};
pub use store::{NandMedium, NandStore};
