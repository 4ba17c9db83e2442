//! The same pages by C liblz4, in blocks of 16 pages, each on its own: sizes to compare with, and blocks to
//! decode.

use super::corpus::{Corpus, PAGE};
use anyhow::{Context, Result};
use lz4::block::{CompressionMode, compress_bound, compress_to_buffer};

/// Bytes of a block.
const BLOCK: usize = 16 * PAGE;
/// The level `-12`.
const HIGHEST: CompressionMode = CompressionMode::HIGHCOMPRESSION(12);

/// What liblz4 makes of the corpus.
pub struct Reference {
    /// Bytes by `-1`.
    pub fast: u64,
    /// Bytes by `-12`.
    pub high: u64,
    /// The blocks of `-1` as `tests/codec-arm` reads them: stored length, length, bytes padded to words, and
    /// two zero words at the end.
    pub blocks: Vec<u8>,
}

/// Compresses all of it by both levels. A block that does not shrink counts, and is stored, as it is.
pub fn measure(corpus: &Corpus) -> Result<Reference> {
    let mut buffer = vec![0; compress_bound(BLOCK)?];
    let mut reference = Reference { fast: 0, high: 0, blocks: Vec::new() };
    for block in corpus.data.chunks(BLOCK) {
        let mut by = |mode| {
            let len = compress_to_buffer(block, Some(mode), false, &mut buffer).context("liblz4 fails")?;
            anyhow::Ok(if len < block.len() { buffer[..len].to_vec() } else { block.to_vec() })
        };
        let (fast, high) = (by(CompressionMode::DEFAULT)?, by(HIGHEST)?);
        reference.fast += fast.len() as u64;
        reference.high += high.len() as u64;
        reference.blocks.extend((fast.len() as u32).to_le_bytes());
        reference.blocks.extend((block.len() as u32).to_le_bytes());
        reference.blocks.extend(&fast);
        reference.blocks.resize(reference.blocks.len().next_multiple_of(4), 0);
    }
    reference.blocks.extend([0; 8]);
    Ok(reference)
}
