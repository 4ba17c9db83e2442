//! The store on NOR flash: images in place, read from where they lie.

mod flash;
mod log;
mod store;

pub use flash::{NorFlash, NorGeometry};
pub use log::{BLOCK_RECORDS, LOG_BLOCKS};
pub use store::NorStore;
