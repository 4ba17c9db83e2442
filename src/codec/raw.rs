//! No compression: for a medium faster than the CPU.

use crate::hooks::{CompressSnapshot, CorruptStream, DecompressSnapshot};

/// Stores every chunk as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl CompressSnapshot for Raw {
    const CODEC: u32 = 0;

    fn max_compressed_len(_len: usize) -> usize {
        0
    }

    fn compress_snapshot(&mut self, _src: &[u8], _dst: &mut [u8]) -> Option<usize> {
        None
    }
}

impl DecompressSnapshot for Raw {
    /// Called only for an image that names this codec and has a chunk that is not raw: no such image is
    /// right.
    fn decompress_snapshot(&self, _src: &[u8], _dst: &mut [u8]) -> Result<(), CorruptStream> {
        Err(CorruptStream)
    }
}
