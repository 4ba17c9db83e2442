//! The image's first page: what it is, whom it belongs to, and where its parts are.

use crate::bytes::{get, get_u32, get_u64, put};
use crate::cpu::{Architecture, CONTEXT_BYTES};
use crate::crc32c::crc32c;
use crate::frame::PAGE_SIZE;
use crate::image::id::ImageId;
use crate::image::{CHUNK_PAGES, ChunkEntry, Extent, Identity, page_align};
use crate::refusal::Reason;

/// The first eight bytes of every image.
pub const MAGIC: [u8; 8] = *b"OAL-SNAP";
/// The version of the format that this code writes, and the only one it reads.
pub const VERSION: u32 = 1;
/// Bytes of the header.
pub const HEADER_LEN: usize = PAGE_SIZE;

/// Offsets of the fields.
mod at {
    pub const MAGIC: usize = 0;
    pub const VERSION: usize = 8;
    pub const HEADER_LEN: usize = 12;
    pub const ARCHITECTURE: usize = 16;
    pub const FLAGS: usize = 20;
    pub const CODEC: usize = 24;
    pub const PAGE_SIZE: usize = 28;
    pub const CHUNK_PAGES: usize = 32;
    pub const OEM_DATA: usize = 36;
    pub const IMAGE_LEN: usize = 40;
    pub const IMAGE_ID: usize = 48;
    pub const RESUME_ADDRESS: usize = 56;
    pub const BOARD_ID: usize = 64;
    pub const BUILD_ID: usize = 80;
    pub const RAM_DIGEST: usize = 112;
    pub const RESERVED: usize = 116;
    pub const CONTEXT: usize = 120;
    pub const MAP: usize = 136;
    pub const INDEX: usize = 152;
    pub const CHUNKS_OFFSET: usize = 168;
    pub const CHUNKS_LEN: usize = 176;
    pub const DATA_PAGES: usize = 184;
    pub const ZERO_PAGES: usize = 192;
    pub const EXTENTS: usize = 200;
    pub const CHUNKS: usize = 204;
    pub const END: usize = 208;
    pub const CRC: usize = 4092;
}

/// A part of the image behind the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Part {
    /// Bytes from the image's start; a multiple of 4096.
    pub offset: u64,
    /// Its length in bytes, without the padding to the next multiple of 4096.
    pub len: u32,
    /// CRC-32C of its `len` bytes.
    pub crc: u32,
}

/// The header in words. `docs/image-format.md` gives the bytes.
#[doc(alias = "SNAP_HEADER")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    /// Whom the image belongs to.
    pub identity: Identity,
    /// The registers' architecture.
    pub architecture: Architecture,
    /// How chunks are compressed ([`CompressSnapshot::CODEC`](crate::hooks::CompressSnapshot::CODEC)).
    pub codec: u32,
    /// A word from the system to the boot loader (`dwOemData`).
    pub oem_data: u32,
    /// The name under which the store commits it.
    pub id: ImageId,
    /// Where execution goes on, for people; the CPU context is what counts.
    pub resume_address: u64,
    /// [`MemoryMap::digest`](crate::memory_map::MemoryMap::digest) of the board that took the image.
    pub ram_digest: u32,
    /// The CPU context.
    pub context: Part,
    /// The page map.
    pub map: Part,
    /// The chunk index.
    pub index: Part,
    /// Where the chunks start, in bytes from the image's start.
    pub chunks_offset: u64,
    /// Bytes of all chunks, each with its padding to 4 bytes.
    pub chunks_len: u64,
    /// Pages in chunks.
    pub data_pages: u64,
    /// Pages of zeroes.
    pub zero_pages: u64,
    /// Extents in the page map.
    pub extents: u32,
    /// Chunks.
    pub chunks: u32,
}

impl Header {
    /// Bytes of the whole image, a multiple of 4096.
    pub fn image_len(&self) -> u64 {
        page_align(self.chunks_offset.saturating_add(self.chunks_len))
    }

    /// Sets the parts' offsets from their lengths: one behind the other, each on a page of its own.
    pub fn lay_out(&mut self) {
        self.context.offset = HEADER_LEN as u64;
        self.map.offset = page_align(self.context.offset + u64::from(self.context.len));
        self.index.offset = page_align(self.map.offset + u64::from(self.map.len));
        self.chunks_offset = page_align(self.index.offset + u64::from(self.index.len));
    }

    /// The header's bytes.
    pub fn encode(&self, page: &mut [u8; HEADER_LEN]) {
        page.fill(0);
        let part = |page: &mut [u8], at, part: &Part| {
            put(page, at, &part.offset.to_le_bytes());
            put(page, at + 8, &part.len.to_le_bytes());
            put(page, at + 12, &part.crc.to_le_bytes());
        };
        put(page, at::MAGIC, &MAGIC);
        put(page, at::VERSION, &VERSION.to_le_bytes());
        put(page, at::HEADER_LEN, &(HEADER_LEN as u32).to_le_bytes());
        put(page, at::ARCHITECTURE, &self.architecture.0.to_le_bytes());
        put(page, at::CODEC, &self.codec.to_le_bytes());
        put(page, at::PAGE_SIZE, &(PAGE_SIZE as u32).to_le_bytes());
        put(page, at::CHUNK_PAGES, &CHUNK_PAGES.to_le_bytes());
        put(page, at::OEM_DATA, &self.oem_data.to_le_bytes());
        put(page, at::IMAGE_LEN, &self.image_len().to_le_bytes());
        put(page, at::IMAGE_ID, &self.id.0.to_le_bytes());
        put(page, at::RESUME_ADDRESS, &self.resume_address.to_le_bytes());
        put(page, at::BOARD_ID, &self.identity.board);
        put(page, at::BUILD_ID, &self.identity.build);
        put(page, at::RAM_DIGEST, &self.ram_digest.to_le_bytes());
        part(page, at::CONTEXT, &self.context);
        part(page, at::MAP, &self.map);
        part(page, at::INDEX, &self.index);
        put(page, at::CHUNKS_OFFSET, &self.chunks_offset.to_le_bytes());
        put(page, at::CHUNKS_LEN, &self.chunks_len.to_le_bytes());
        put(page, at::DATA_PAGES, &self.data_pages.to_le_bytes());
        put(page, at::ZERO_PAGES, &self.zero_pages.to_le_bytes());
        put(page, at::EXTENTS, &self.extents.to_le_bytes());
        put(page, at::CHUNKS, &self.chunks.to_le_bytes());
        let crc = crc32c(&page[..at::CRC]);
        put(page, at::CRC, &crc.to_le_bytes());
    }

    /// Reads a header of any origin. What is returned is consistent in itself: parts in order, on pages of
    /// their own, lengths as the counts say, and nothing that a sum could overflow on.
    ///
    /// # Errors
    /// [`Reason::BadMagic`], [`Reason::FutureVersion`], [`Reason::BadCrc`] or [`Reason::BadField`].
    pub fn decode(page: &[u8; HEADER_LEN]) -> Result<Header, Reason> {
        if get(page, at::MAGIC) != MAGIC {
            return Err(Reason::BadMagic);
        }
        if get_u32(page, at::CRC) != crc32c(&page[..at::CRC]) {
            return Err(Reason::BadCrc);
        }
        if get_u32(page, at::VERSION) > VERSION {
            return Err(Reason::FutureVersion);
        }
        let part =
            |at| Part { offset: get_u64(page, at), len: get_u32(page, at + 8), crc: get_u32(page, at + 12) };
        let header = Header {
            identity: Identity { board: get(page, at::BOARD_ID), build: get(page, at::BUILD_ID) },
            architecture: Architecture(get_u32(page, at::ARCHITECTURE)),
            codec: get_u32(page, at::CODEC),
            oem_data: get_u32(page, at::OEM_DATA),
            id: ImageId(get_u64(page, at::IMAGE_ID)),
            resume_address: get_u64(page, at::RESUME_ADDRESS),
            ram_digest: get_u32(page, at::RAM_DIGEST),
            context: part(at::CONTEXT),
            map: part(at::MAP),
            index: part(at::INDEX),
            chunks_offset: get_u64(page, at::CHUNKS_OFFSET),
            chunks_len: get_u64(page, at::CHUNKS_LEN),
            data_pages: get_u64(page, at::DATA_PAGES),
            zero_pages: get_u64(page, at::ZERO_PAGES),
            extents: get_u32(page, at::EXTENTS),
            chunks: get_u32(page, at::CHUNKS),
        };
        let fixed = get_u32(page, at::VERSION) == VERSION
            && get_u32(page, at::HEADER_LEN) == HEADER_LEN as u32
            && get_u32(page, at::FLAGS) == 0
            && get_u32(page, at::PAGE_SIZE) == PAGE_SIZE as u32
            && get_u32(page, at::CHUNK_PAGES) == CHUNK_PAGES
            && get_u32(page, at::RESERVED) == 0
            && page[at::END..at::CRC].iter().all(|b| *b == 0)
            && get_u64(page, at::IMAGE_LEN) == header.image_len();
        if fixed && header.is_consistent() { Ok(header) } else { Err(Reason::BadField) }
    }

    fn is_consistent(&self) -> bool {
        let mut laid_out = self.clone();
        laid_out.lay_out();
        let chunk_bytes = u64::from(CHUNK_PAGES) * PAGE_SIZE as u64;
        laid_out == *self
            && self.context.len as usize <= CONTEXT_BYTES
            && u64::from(self.map.len) == u64::from(self.extents) * Extent::BYTES as u64
            && u64::from(self.index.len) == u64::from(self.chunks) * ChunkEntry::BYTES as u64
            && u64::from(self.chunks) == self.data_pages.div_ceil(u64::from(CHUNK_PAGES))
            && self.chunks_len.is_multiple_of(4)
            && self.chunks_len <= u64::from(self.chunks) * chunk_bytes
    }

    /// Whether this machine may boot the image; [`Reason::WrongArchitecture`], `WrongBoard`, `WrongBuild`, `WrongRam`
    /// or `WrongCodec` if not.
    pub(crate) fn check(
        &self,
        identity: &Identity,
        architecture: Architecture,
        codec: u32,
        ram_digest: u32,
    ) -> Result<(), Reason> {
        let checks = [
            (self.architecture == architecture, Reason::WrongArchitecture),
            (self.identity.board == identity.board, Reason::WrongBoard),
            (self.identity.build == identity.build, Reason::WrongBuild),
            (self.ram_digest == ram_digest, Reason::WrongRam),
            (self.codec == codec, Reason::WrongCodec),
        ];
        checks.iter().find(|(right, _)| !right).map_or(Ok(()), |(_, reason)| Err(*reason))
    }
}
