//! The chunk index: what is stored for each chunk.

use crate::bytes::{get_u32, put};
use crate::frame::PAGE_SIZE;
use crate::image::CHUNK_BYTES;
use crate::refusal::Reason;

/// Bit 31 of an entry's first word: the chunk is stored as it is.
const RAW: u32 = 1 << 31;

/// One chunk as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ChunkEntry {
    word: u32,
    /// CRC-32C of the stored bytes.
    pub crc: u32,
}

impl ChunkEntry {
    /// Bytes of an entry in the image.
    pub const BYTES: usize = 8;

    /// A chunk of `len` stored bytes, at most 64 KiB; `raw` if they are the pages themselves.
    pub fn new(len: usize, raw: bool, crc: u32) -> ChunkEntry {
        ChunkEntry { word: len.min(CHUNK_BYTES) as u32 | if raw { RAW } else { 0 }, crc }
    }

    /// Stored bytes.
    pub const fn len(&self) -> usize {
        (self.word & !RAW) as usize
    }

    /// Whether nothing is stored, which no image says of a chunk.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stored bytes with the padding up to the next chunk, a multiple of 4.
    pub const fn padded_len(&self) -> usize {
        self.len().next_multiple_of(4)
    }

    /// Whether the chunk is stored as it is.
    pub const fn is_raw(&self) -> bool {
        self.word & RAW != 0
    }

    /// Whether the stored length is possible for a chunk of `pages` pages.
    pub(crate) const fn fits(&self, pages: usize) -> bool {
        let raw = pages * PAGE_SIZE;
        if self.is_raw() { self.len() == raw } else { !self.is_empty() && self.len() < raw }
    }

    /// The entry's bytes.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        put(&mut bytes, 0, &self.word.to_le_bytes());
        put(&mut bytes, 4, &self.crc.to_le_bytes());
        bytes
    }

    /// Reads an entry of any origin.
    ///
    /// # Errors
    /// [`Reason::BadField`] if its length is 0 or more than 64 KiB.
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Result<ChunkEntry, Reason> {
        let entry = ChunkEntry { word: get_u32(bytes, 0), crc: get_u32(bytes, 4) };
        if entry.is_empty() || entry.len() > CHUNK_BYTES { Err(Reason::BadField) } else { Ok(entry) }
    }
}
