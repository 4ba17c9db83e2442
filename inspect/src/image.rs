//! An image as a reader meets it: checked part by part in a boot's order, and its pages by their frame numbers.

use anyhow::{Context, Result};
use oal_snapshot::codec::{Lz4, Raw};
use oal_snapshot::cpu::Architecture;
use oal_snapshot::crc32c::{Crc32c, crc32c};
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};
use oal_snapshot::hooks::{CompressSnapshot, DecompressSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::image::{
    CHUNK_BYTES, ChunkEntry, Chunks, Extent, ExtentKind, HEADER_LEN, Header, Part, check_index, check_map,
    chunk_pages, count_pages, page_align,
};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::{Reason, Stage};

/// Where an image's bytes are read from: a file, or a store.
pub trait ImageBytes {
    /// Bytes that there are for the image: as a record says, or as the file has.
    fn len(&self) -> u64;

    /// Reads from `offset` on; offset and length are multiples of 4096, the last page's end included.
    ///
    /// # Errors
    /// Of the file, or if the range is not in the image.
    fn read(&mut self, offset: u64, buf: &mut [u8]) -> Result<()>;
}

/// Where, and why, a boot would refuse an image.
pub type Fault = (Stage, Reason);

/// What could be read of an image. Parts behind a fault are empty.
pub struct Image {
    /// The header.
    pub header: Header,
    /// The CPU context, in words.
    pub context: Vec<u32>,
    /// The page map, ascending and without overlaps.
    pub extents: Vec<Extent>,
    /// The chunk index; as many chunks as the map deals its pages to.
    pub index: Vec<ChunkEntry>,
    /// The first fault found, if one was. Chunks are not looked at.
    pub fault: Option<Fault>,
}

impl Image {
    /// Reads and checks all but the chunks. `id` is the name that a record gives it, `map` the board's memory if it is known.
    ///
    /// # Errors
    /// The fault, if not even the header can be decoded.
    pub fn open(
        bytes: &mut dyn ImageBytes,
        id: Option<ImageId>,
        map: Option<&MemoryMap>,
    ) -> Result<Image, Fault> {
        let fault = |reason| (Stage::Header, reason);
        if bytes.len() < HEADER_LEN as u64 {
            return Err(fault(Reason::Truncated));
        }
        let mut page = [0; HEADER_LEN];
        bytes.read(0, &mut page).map_err(|_| fault(Reason::ReadFailed))?;
        let header = Header::decode(&page).map_err(fault)?;
        let mut image =
            Image { header, context: Vec::new(), extents: Vec::new(), index: Vec::new(), fault: None };
        image.fault = image.check(bytes, id, map).err();
        Ok(image)
    }

    fn check(
        &mut self,
        bytes: &mut dyn ImageBytes,
        id: Option<ImageId>,
        map: Option<&MemoryMap>,
    ) -> Result<(), Fault> {
        let header = &self.header;
        let checks = [
            (map.is_none_or(|map| map.digest() == header.ram_digest), Reason::WrongRam),
            ([Raw::CODEC, Lz4::CODEC].contains(&header.codec), Reason::WrongCodec),
            (id.is_none_or(|id| id == header.id), Reason::WrongImage),
            (header.image_len() <= bytes.len(), Reason::Truncated),
        ];
        if let Some((_, reason)) = checks.iter().find(|(right, _)| !right) {
            return Err((Stage::Header, *reason));
        }
        let context = part(bytes, Stage::Context, &header.context)?;
        let (words, rest) = context.as_chunks::<4>();
        if !rest.is_empty() {
            return Err((Stage::Context, Reason::BadField));
        }
        self.context = words.iter().map(|word| u32::from_le_bytes(*word)).collect();

        let in_map = |reason| (Stage::Map, reason);
        let map_bytes = part(bytes, Stage::Map, &header.map)?;
        let extents = map_bytes.as_chunks().0.iter().map(Extent::decode);
        let extents: Vec<Extent> = extents.collect::<Result<_, _>>().map_err(in_map)?;
        match map {
            Some(map) => check_map(&extents, map),
            None if extents.is_sorted_by(|a, b| a.frames.end() <= b.frames.first) => Ok(()),
            None => Err(Reason::Overlap),
        }
        .map_err(in_map)?;
        let pages = (count_pages(&extents, ExtentKind::Data), count_pages(&extents, ExtentKind::Zero));
        self.extents = extents;
        if pages != (header.data_pages, header.zero_pages) {
            return Err(in_map(Reason::BadField));
        }

        let in_index = |reason| (Stage::Index, reason);
        let index = part(bytes, Stage::Index, &header.index)?;
        let index = index.as_chunks().0.iter().map(ChunkEntry::decode);
        let index: Vec<ChunkEntry> = index.collect::<Result<_, _>>().map_err(in_index)?;
        check_index(&self.extents, &index, header.chunks_len).map_err(in_index)?;
        self.index = index;
        Ok(())
    }

    /// The chunks in order, with where their stored bytes begin in the image.
    pub fn chunks(&self) -> Vec<Chunk> {
        let mut at = self.header.chunks_offset;
        let dealt = Chunks::new(&self.extents).zip(&self.index);
        dealt
            .map(|(frames, entry)| {
                let chunk = Chunk { runs: frames.to_vec(), pages: chunk_pages(&frames), entry: *entry, at };
                at += entry.padded_len() as u64;
                chunk
            })
            .collect()
    }

    /// Reads a chunk's pages, checked and decoded as a boot does.
    ///
    /// # Errors
    /// [`Reason::ReadFailed`], [`Reason::BadCrc`] or [`Reason::CorruptStream`].
    pub fn decode(&self, bytes: &mut dyn ImageBytes, chunk: &Chunk) -> Result<Vec<u8>, Reason> {
        let stored = range(bytes, chunk.at, chunk.entry.len()).map_err(|_| Reason::ReadFailed)?;
        if crc32c(&stored) != chunk.entry.crc {
            return Err(Reason::BadCrc);
        }
        if chunk.entry.is_raw() {
            return Ok(stored);
        }
        let mut pages = vec![0; (chunk.pages * PAGE_SIZE).min(CHUNK_BYTES)];
        let decoded = match self.header.codec {
            Lz4::CODEC => Lz4::new().decompress_snapshot(&stored, &mut pages),
            _ => Raw.decompress_snapshot(&stored, &mut pages),
        };
        decoded.map(|()| pages).map_err(|_| Reason::CorruptStream)
    }
}

/// A chunk, and what of RAM it holds.
pub struct Chunk {
    /// The frames, in one run or several.
    pub runs: Vec<FrameRange>,
    /// How many they are.
    pub pages: usize,
    /// What is stored.
    pub entry: ChunkEntry,
    /// Where, in bytes from the image's start.
    pub at: u64,
}

/// A part whose checksum is right.
fn part(bytes: &mut dyn ImageBytes, stage: Stage, part: &Part) -> Result<Vec<u8>, Fault> {
    let read = range(bytes, part.offset, part.len as usize).map_err(|_| (stage, Reason::ReadFailed))?;
    if crc32c(&read) == part.crc { Ok(read) } else { Err((stage, Reason::BadCrc)) }
}

/// Any bytes of the image; nothing is allocated for more than there is.
fn range(bytes: &mut dyn ImageBytes, offset: u64, len: usize) -> Result<Vec<u8>> {
    let start = offset - offset % PAGE_SIZE as u64;
    let end = page_align(offset.saturating_add(len as u64));
    anyhow::ensure!(end <= bytes.len(), "beyond the image's end");
    let mut pages = vec![0; (end - start) as usize];
    bytes.read(start, &mut pages)?;
    let before = (offset - start) as usize;
    pages.drain(..before);
    pages.truncate(len);
    Ok(pages)
}

/// CRC-32C of all that there is of an image: what a record remembers of it.
///
/// # Errors
/// Of the file.
pub fn whole_crc(bytes: &mut dyn ImageBytes) -> Result<u32> {
    let mut crc = Crc32c::new();
    let mut at = 0;
    while at < bytes.len() {
        let mut piece = vec![0; CHUNK_BYTES.min((bytes.len() - at) as usize)];
        bytes.read(at, &mut piece)?;
        crc.update(&piece);
        at += piece.len() as u64;
    }
    Ok(crc.finish())
}

/// What the image says of a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The page is in a chunk.
    Data,
    /// It is all zeroes.
    Zero,
    /// Nothing.
    Not,
}

/// The pages of an image, best asked for in ascending order.
pub struct Pages<'a> {
    image: &'a Image,
    bytes: &'a mut dyn ImageBytes,
    chunks: Vec<Chunk>,
    /// Every run of the chunks, ascending: its frames, its chunk, and its first page within that.
    runs: Vec<(FrameRange, usize, usize)>,
    /// The chunk that was decoded last.
    decoded: Option<(usize, Vec<u8>)>,
}

impl<'a> Pages<'a> {
    /// The pages of an image without a fault.
    pub fn new(image: &'a Image, bytes: &'a mut dyn ImageBytes) -> Pages<'a> {
        let chunks = image.chunks();
        let mut runs = Vec::new();
        for (number, chunk) in chunks.iter().enumerate() {
            let mut page = 0;
            for run in &chunk.runs {
                runs.push((*run, number, page));
                page += run.count as usize;
            }
        }
        Pages { image, bytes, chunks, runs, decoded: None }
    }

    /// What the image says of a frame.
    pub fn held(&self, frame: Pfn) -> Held {
        let extents = &self.image.extents;
        let after = extents.partition_point(|extent| extent.frames.first <= frame);
        match after.checked_sub(1).map(|i| &extents[i]) {
            Some(extent) if !extent.frames.contains(frame) => Held::Not,
            Some(Extent { kind: ExtentKind::Data, .. }) => Held::Data,
            Some(Extent { kind: ExtentKind::Zero, .. }) => Held::Zero,
            None => Held::Not,
        }
    }

    /// A page's bytes; `None` if the image does not have it.
    ///
    /// # Errors
    /// If its chunk is damaged.
    pub fn read(&mut self, frame: Pfn) -> Result<Option<[u8; PAGE_SIZE]>> {
        match self.held(frame) {
            Held::Not => return Ok(None),
            Held::Zero => return Ok(Some([0; PAGE_SIZE])),
            Held::Data => {}
        }
        let after = self.runs.partition_point(|(run, ..)| run.first <= frame);
        let (run, number, page) = *self.runs[..after].last().context("a page without a chunk")?;
        if self.decoded.as_ref().is_none_or(|(decoded, _)| *decoded != number) {
            let chunk = &self.chunks[number];
            let pages = self.image.decode(self.bytes, chunk);
            let pages = pages.map_err(|reason| anyhow::anyhow!("chunk {number} is damaged: {reason}"))?;
            self.decoded = Some((number, pages));
        }
        let at = (page + (frame.0 - run.first.0) as usize) * PAGE_SIZE;
        let pages = self.decoded.as_ref().map(|(_, pages)| pages.as_slice()).unwrap_or_default();
        pages
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .copied()
            .map(Some)
            .context("a page beyond its chunk")
    }
}

/// The name of an architecture.
pub fn architecture(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::ARMV7A => "ARMv7-A",
        Architecture::FAKE => "the fake CPU of the tests",
        _ => "unknown",
    }
}

/// The name of a codec.
pub fn codec(codec: u32) -> &'static str {
    match codec {
        Raw::CODEC => "none, every chunk is raw",
        Lz4::CODEC => "LZ4 block format",
        _ => "unknown",
    }
}
