//! An image, read by the library's own reader: checked part by part in a boot's order, and its pages by their
//! frame numbers.

use anyhow::{Context, Result};
use oal_snapshot::codec::{Lz4, Raw};
use oal_snapshot::cpu::Architecture;
use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::frame::{PAGE_SIZE, Pfn};
use oal_snapshot::hooks::{CompressSnapshot, Medium, ReadSnapshot};
use oal_snapshot::image::{
    CHUNK_BYTES, Chunk, ChunkEntry, Contents, Extent, Header, ImageId, PagePlace, Reader, chunk, chunk_pages,
};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::{Reason, Stage};
use oal_snapshot::workspace::STORED_BYTES;

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

/// The same for the library's reader. There is one image, whatever its name.
struct Bytes<'a>(&'a mut dyn ImageBytes);

impl Medium for Bytes<'_> {
    type Error = anyhow::Error;
}

impl ReadSnapshot for Bytes<'_> {
    fn read_snapshot(&mut self, _id: ImageId, buf: &mut [u8], offset: u64) -> Result<()> {
        self.0.read(offset, buf)
    }
}

/// Where and why a boot would refuse an image.
pub type Fault = (Stage, Reason);

/// What could be read of an image. Parts behind a fault are empty.
pub struct Image {
    /// The header.
    pub header: Header,
    /// The CPU context.
    pub context: Vec<u8>,
    /// The page map, ascending and without overlaps.
    pub extents: Vec<Extent>,
    /// The chunk index; as many chunks as the map deals its pages to.
    pub index: Vec<ChunkEntry>,
    /// The first fault found, if one was. Chunks are not looked at.
    pub fault: Option<Fault>,
}

impl Image {
    /// Reads and checks all but the chunks. `id` is the name that a record gives it, `map` the board's memory
    /// if it is known.
    ///
    /// # Errors
    /// The fault, if not even the header can be decoded.
    pub fn open(
        bytes: &mut dyn ImageBytes,
        id: Option<ImageId>,
        map: Option<&MemoryMap>,
    ) -> Result<Image, Fault> {
        let header = reader(ImageId(0), &mut Bytes(bytes), &mut buffer()).header()?;
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
        ];
        if let Some((_, reason)) = checks.iter().find(|(right, _)| !right) {
            return Err((Stage::Header, *reason));
        }
        let (mut bytes, mut buffer) = (Bytes(bytes), buffer());
        let mut reader = reader(id.unwrap_or(header.id), &mut bytes, &mut buffer);
        reader.admit(header)?;
        let mut context = Vec::new();
        reader.context(header, |bytes| context.extend_from_slice(bytes))?;
        self.context = context;
        let mut extents = Vec::new();
        let mapped = reader.map(header, map, |extent| {
            extents.push(extent);
            Ok(())
        });
        mapped?;
        self.extents = extents;
        let mut index = Vec::new();
        reader.index(header, &self.extents, |entry| {
            index.push(entry);
            Ok(())
        })?;
        self.index = index;
        Ok(())
    }

    /// What it holds.
    pub fn contents(&self) -> Contents<'_> {
        Contents { header: &self.header, extents: &self.extents, index: &self.index }
    }

    /// Reads a chunk's pages, checked and decoded as a boot does.
    ///
    /// # Errors
    /// [`Reason::ReadFailed`], [`Reason::BadCrc`], [`Reason::BadPadding`] or [`Reason::CorruptStream`].
    pub fn decode(&self, bytes: &mut dyn ImageBytes, chunk: &Chunk) -> Result<Vec<u8>, Reason> {
        let (mut bytes, mut buffer) = (Bytes(bytes), buffer());
        let mut reader = reader(self.header.id, &mut bytes, &mut buffer);
        let stored = reader.chunk(chunk).map_err(|fault| fault.reason)?;
        let mut pages = vec![0; chunk_pages(&chunk.frames) * PAGE_SIZE];
        let raw = chunk.entry.is_raw();
        match self.header.codec {
            Lz4::CODEC => chunk::decode(stored, raw, &Lz4::new(), &mut pages),
            _ => chunk::decode(stored, raw, &Raw, &mut pages),
        }
        .map(|()| pages)
    }

    /// Checks the padding behind the last chunk, as a boot does.
    ///
    /// # Errors
    /// [`Reason::ReadFailed`] or [`Reason::BadPadding`], at the stage chunk.
    pub fn check_tail(&self, bytes: &mut dyn ImageBytes) -> Result<(), Fault> {
        Ok(reader(self.header.id, &mut Bytes(bytes), &mut buffer()).tail(&self.header)?)
    }
}

fn reader<'a, 'b>(id: ImageId, bytes: &'a mut Bytes<'b>, buffer: &'a mut [u8]) -> Reader<'a, Bytes<'b>> {
    let len = bytes.0.len();
    Reader { medium: bytes, id, len, buffer }
}

fn buffer() -> Vec<u8> {
    vec![0; STORED_BYTES]
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

/// The pages of an image, best asked for in ascending order.
pub struct Pages<'a> {
    image: &'a Image,
    bytes: &'a mut dyn ImageBytes,
    chunks: Vec<Chunk>,
    /// The chunk that was decoded last.
    decoded: Option<(usize, Vec<u8>)>,
}

impl<'a> Pages<'a> {
    /// The pages of an image without a fault.
    pub fn new(image: &'a Image, bytes: &'a mut dyn ImageBytes) -> Pages<'a> {
        Pages { image, bytes, chunks: image.contents().chunks().collect(), decoded: None }
    }

    /// Where the image has a page, if it has it.
    pub fn place(&self, frame: Pfn) -> Option<PagePlace> {
        self.image.contents().page(frame)
    }

    /// A page's bytes; `None` if the image does not have it.
    ///
    /// # Errors
    /// If its chunk is damaged.
    pub fn read(&mut self, frame: Pfn) -> Result<Option<[u8; PAGE_SIZE]>> {
        let (number, page) = match self.place(frame) {
            None => return Ok(None),
            Some(PagePlace::Zero) => return Ok(Some([0; PAGE_SIZE])),
            Some(PagePlace::Chunk { number, page }) => (number, page),
        };
        if self.decoded.as_ref().is_none_or(|(decoded, _)| *decoded != number) {
            let chunk = self.chunks.get(number).context("a page without a chunk")?;
            let pages = self.image.decode(self.bytes, chunk);
            let pages = pages.map_err(|reason| anyhow::anyhow!("chunk {number} is damaged: {reason}"))?;
            self.decoded = Some((number, pages));
        }
        let pages = self.decoded.as_ref().map(|(_, pages)| pages.as_slice()).unwrap_or_default();
        let bytes = pages.get(page * PAGE_SIZE..).and_then(|rest| rest.first_chunk());
        bytes.copied().map(Some).context("a page beyond its chunk")
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
