//! [`Image`]: an image taken apart, to be looked at, and to be put together again right or wrong.

use alloc::vec::Vec;

use oal_snapshot::crc32c::crc32c;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::{ChunkEntry, Extent, ExtentKind, HEADER_LEN, Header, Part, count_pages};
use oal_snapshot::refusal::Reason;

/// The parts of an image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The header.
    pub header: Header,
    /// The CPU context.
    pub context: Vec<u8>,
    /// The page map.
    pub extents: Vec<Extent>,
    /// The chunk index.
    pub index: Vec<ChunkEntry>,
    /// The stored bytes of each chunk, without padding.
    pub chunks: Vec<Vec<u8>>,
}

impl Image {
    /// Takes an image apart that the library wrote.
    ///
    /// # Errors
    /// Of the library's decoders.
    ///
    /// # Panics
    /// If the bytes are fewer than the header says.
    pub fn parse(bytes: &[u8]) -> Result<Image, Reason> {
        let header = Header::decode(bytes.first_chunk().expect("a whole header"))?;
        let part = |part: &Part| &bytes[part.offset as usize..][..part.len as usize];
        let extents = part(&header.map).as_chunks().0.iter().map(Extent::decode);
        let index = part(&header.index).as_chunks().0.iter().map(ChunkEntry::decode);
        let (context, extents) = (part(&header.context).to_vec(), extents.collect::<Result<_, _>>()?);
        let index: Vec<ChunkEntry> = index.collect::<Result<_, _>>()?;
        let mut at = header.chunks_offset as usize;
        let mut chunks = Vec::new();
        for entry in &index {
            chunks.push(bytes[at..at + entry.len()].to_vec());
            at += entry.padded_len();
        }
        Ok(Image { header, context, extents, index, chunks })
    }

    /// Makes entry `i` of the index say what chunk `i` is.
    pub fn index_chunk(&mut self, i: usize, raw: bool) {
        self.index[i] = ChunkEntry::new(self.chunks[i].len(), raw, crc32c(&self.chunks[i]));
    }

    /// Makes the counts and lengths in the header those of the parts.
    pub fn count(&mut self) {
        self.header.extents = self.extents.len() as u32;
        self.header.chunks = self.index.len() as u32;
        self.header.data_pages = count_pages(&self.extents, ExtentKind::Data);
        self.header.zero_pages = count_pages(&self.extents, ExtentKind::Zero);
        self.header.chunks_len = self.index.iter().map(|entry| entry.padded_len() as u64).sum();
    }

    /// Puts the image together. Checksums of all parts are right, whatever the parts say.
    pub fn build(&self) -> Vec<u8> {
        let map: Vec<u8> = self.extents.iter().flat_map(Extent::encode).collect();
        let index: Vec<u8> = self.index.iter().flat_map(ChunkEntry::encode).collect();
        let mut header = self.header.clone();
        for (part, bytes) in
            [(&mut header.context, &self.context), (&mut header.map, &map), (&mut header.index, &index)]
        {
            (part.len, part.crc) = (bytes.len() as u32, crc32c(bytes));
        }
        header.lay_out();
        let mut page = [0; HEADER_LEN];
        header.encode(&mut page);
        let mut image = page.to_vec();
        for part in [&self.context, &map, &index] {
            image.extend_from_slice(part);
            image.resize(image.len().next_multiple_of(PAGE_SIZE), 0);
        }
        for chunk in &self.chunks {
            image.extend_from_slice(chunk);
            image.resize(image.len().next_multiple_of(4), 0);
        }
        image.resize(image.len().next_multiple_of(PAGE_SIZE), 0);
        image
    }
}

/// Makes a header's checksum right after its bytes were changed.
pub fn seal_header(image: &mut [u8]) {
    let (covered, crc) = image[..HEADER_LEN].split_at_mut(HEADER_LEN - 4);
    crc.copy_from_slice(&crc32c(covered).to_le_bytes());
}
