//! The image's first page: its format, its board and build, and the places of its parts.

use crate::bytes::{are_zero, get, get_u32, get_u64, put};
use crate::cpu::Architecture;
use crate::crc32c::crc32c;
use crate::frame::PAGE_SIZE;
use crate::image::id::ImageId;
use crate::image::{CHUNK_BYTES, CHUNK_PAGES, ChunkEntry, Extent, Identity, page_align};
use crate::refusal::Reason;

/// The first eight bytes of every image.
pub const MAGIC: [u8; 8] = *b"OAL-SNAP";
/// The version of the format that this code writes. It reads version 1 too.
pub const VERSION: u32 = 2;
/// Bytes of the header.
pub const HEADER_LEN: usize = PAGE_SIZE;
/// Bytes of the largest CPU context that the format allows. What a build has room for is its own:
/// [`CpuContext::CAPACITY`](crate::cpu::CpuContext::CAPACITY).
pub const MAX_CONTEXT_BYTES: usize = 64 << 10;
/// Bytes of the largest CPU context of version 1.
const MAX_CONTEXT_BYTES_V1: usize = 1024;

/// Incompatible features of an image: the bits at offset 20 of its header. A reader refuses an image with a
/// bit that it does not support ([`Reason::UnsupportedFeature`]).
pub mod feature {
    /// Parts and chunks have authentication tags.
    pub const SEALED: u32 = 1 << 0;
    /// Parts and chunks are encrypted.
    pub const ENCRYPTED: u32 = 1 << 1;
    /// Pages of hot extents are in chunks before all others.
    pub const HOT_CHUNKS_FIRST: u32 = 1 << 2;
    /// The features that this reader supports: none of them yet.
    pub const SUPPORTED: u32 = 0;
    /// What this reader supports of the *compatible* features, the bits at offset 116: none of them yet.
    /// Others are ignored.
    pub const COMPATIBLE: u32 = 0;
}

/// Offsets of the fields.
mod at {
    pub const MAGIC: usize = 0;
    pub const VERSION: usize = 8;
    pub const HEADER_LEN: usize = 12;
    pub const ARCHITECTURE: usize = 16;
    pub const INCOMPATIBLE: usize = 20;
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
    pub const COMPATIBLE: usize = 116;
    pub const CONTEXT: usize = 120;
    pub const MAP: usize = 136;
    pub const INDEX: usize = 152;
    pub const CHUNKS_OFFSET: usize = 168;
    pub const CHUNKS_LEN: usize = 176;
    pub const DATA_PAGES: usize = 184;
    pub const ZERO_PAGES: usize = 192;
    pub const EXTENTS: usize = 200;
    pub const CHUNKS: usize = 204;
    /// Fields of the feature `SEALED`, up to [`FREE`].
    pub const SEAL: usize = 208;
    /// Room for features to come, up to [`HEAD_TAG`].
    pub const FREE: usize = 352;
    /// Another field of the feature `SEALED`, up to [`CRC`].
    pub const HEAD_TAG: usize = 4076;
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
    /// The version of the format: 1 or [`VERSION`].
    pub version: u32,
    /// The board and the build that the image belongs to.
    pub identity: Identity,
    /// The registers' architecture.
    pub architecture: Architecture,
    /// The compression of the chunks ([`CompressSnapshot::CODEC`](crate::hooks::CompressSnapshot::CODEC)).
    pub codec: u32,
    /// A word from the system to the boot loader (`dwOemData`).
    pub oem_data: u32,
    /// The name under which the store commits it.
    pub id: ImageId,
    /// The address at which execution goes on, for people; the CPU context is what counts.
    pub resume_address: u64,
    /// [`MemoryMap::digest`](crate::memory_map::MemoryMap::digest) of the board that took the image.
    pub ram_digest: u32,
    /// The CPU context.
    pub context: Part,
    /// The page map.
    pub map: Part,
    /// The chunk index.
    pub index: Part,
    /// Offset of the chunks, in bytes from the image's start.
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

    /// Whether padding is checked: from version 2 on it is zero, or the image is refused.
    pub const fn pads_with_zeroes(&self) -> bool {
        self.version >= 2
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
        put(page, at::VERSION, &self.version.to_le_bytes());
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
    /// [`Reason::BadMagic`], [`Reason::BadCrc`], [`Reason::NewerVersion`], [`Reason::UnsupportedFeature`] or
    /// [`Reason::BadField`], judged in this order.
    pub fn decode(page: &[u8; HEADER_LEN]) -> Result<Header, Reason> {
        if get(page, at::MAGIC) != MAGIC {
            return Err(Reason::BadMagic);
        }
        if get_u32(page, at::CRC) != crc32c(&page[..at::CRC]) {
            return Err(Reason::BadCrc);
        }
        let version = get_u32(page, at::VERSION);
        if version > VERSION {
            return Err(Reason::NewerVersion);
        }
        // In version 1 both words of features are fields that must be zero.
        let (incompatible, compatible) = (get_u32(page, at::INCOMPATIBLE), get_u32(page, at::COMPATIBLE));
        let has_features = version >= 2;
        if has_features && incompatible & !feature::SUPPORTED != 0 {
            return Err(Reason::UnsupportedFeature);
        }
        let part =
            |at| Part { offset: get_u64(page, at), len: get_u32(page, at + 8), crc: get_u32(page, at + 12) };
        let header = Header {
            version,
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
        // A compatible feature that this reader does not know may have fields of its own there.
        let free_is_used = has_features && compatible & !feature::COMPATIBLE != 0;
        let fixed = version != 0
            && (has_features || (incompatible, compatible) == (0, 0))
            && get_u32(page, at::HEADER_LEN) == HEADER_LEN as u32
            && get_u32(page, at::PAGE_SIZE) == PAGE_SIZE as u32
            && get_u32(page, at::CHUNK_PAGES) == CHUNK_PAGES
            && are_zero(&page[at::SEAL..at::FREE])
            && (free_is_used || are_zero(&page[at::FREE..at::HEAD_TAG]))
            && are_zero(&page[at::HEAD_TAG..at::CRC])
            && get_u64(page, at::IMAGE_LEN) == header.image_len();
        if fixed && header.is_consistent() { Ok(header) } else { Err(Reason::BadField) }
    }

    fn is_consistent(&self) -> bool {
        let mut laid_out = self.clone();
        laid_out.lay_out();
        let context_bytes = if self.version >= 2 { MAX_CONTEXT_BYTES } else { MAX_CONTEXT_BYTES_V1 };
        laid_out == *self
            && self.context.len as usize <= context_bytes
            && u64::from(self.map.len) == u64::from(self.extents) * Extent::BYTES as u64
            && u64::from(self.index.len) == u64::from(self.chunks) * ChunkEntry::BYTES as u64
            && u64::from(self.chunks) == self.data_pages.div_ceil(u64::from(CHUNK_PAGES))
            && self.chunks_len.is_multiple_of(4)
            && self.chunks_len <= u64::from(self.chunks) * CHUNK_BYTES as u64
    }

    /// Whether this machine may boot the image; [`Reason::WrongArchitecture`], `WrongBoard`, `WrongBuild`,
    /// `WrongRam` or `WrongCodec` if not.
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
