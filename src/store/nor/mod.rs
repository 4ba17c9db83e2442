//! The store on NOR flash: images in place, read from where they lie.

mod log;
mod position;
mod store;

pub use log::BLOCK_RECORDS;
#[cfg(feature = "embedded-storage")]
pub use oal_media::{Embedded, EmbeddedError};
pub use oal_media::{NorFlash, NorGeometry};
pub use position::LOG_BLOCKS;
pub use store::{NorMedium, NorStore};
