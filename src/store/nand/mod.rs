//! The store on NAND flash.

pub(crate) mod bad_blocks;
mod log;
mod position;
mod store;
mod writer;

pub use oal_media::{Ecc, NandError, NandFlash, NandGeometry, NandPage};
pub use position::LOG_BLOCKS;
pub use store::{NandMedium, NandStore};
