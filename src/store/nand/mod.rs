//! The store on NAND flash.

pub(crate) mod bad_blocks;
mod flash;
mod log;
mod store;
mod writer;

pub use flash::{Ecc, NandError, NandFlash, NandGeometry, NandPage};
pub use log::LOG_BLOCKS;
pub use store::NandStore;
