//! Compression of chunks. One chunk is one block, independent of every other.

mod lz4;
mod raw;

pub use lz4::{Lz4, Lz4High};
pub use raw::Raw;
