//! What there is to tell of a file, as data: [`report`](super::report) makes text of it, serde JSON.

use super::image::{self, Fault, Image, ImageBytes};
use super::medium::{FileKind, Place, Store};
use super::words;
use anyhow::Result;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::hooks::BootPolicy;
use oal_snapshot::image::{Extent, ExtentKind, Header, ImageId, Part, chunk_pages};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::Stage;
use oal_snapshot::store::{RecordError, SlotEntry, SlotState};
use serde::Serialize;

/// How a file is looked at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Whether chunks and whole images are checked too.
    pub verify: bool,
    /// The board's memory, if it is known.
    pub map: Option<&'a MemoryMap>,
}

/// All that was found.
#[derive(Serialize)]
pub struct Findings {
    /// The file's name.
    pub file: String,
    /// What it is.
    pub kind: FileKind,
    /// Its length.
    pub bytes: u64,
    /// The store, unless the file is an image.
    pub store: Option<StoreFound>,
    /// The image that was looked at, if there is one.
    pub image: Option<ImageFound>,
}

impl Findings {
    /// How much is wrong with what was checked.
    pub fn faults(&self) -> u64 {
        let store =
            self.store.as_ref().map_or(0, |store| store.whole.iter().filter(|w| !w.is_right()).count());
        let image = self.image.as_ref().map_or(0, |image| {
            let wrong = image.chunks.iter().filter(|chunk| chunk.is_wrong()).count();
            usize::from(image.fault.is_some()) + wrong
        });
        (store + image) as u64
    }
}

/// A store.
#[derive(Serialize)]
pub struct StoreFound {
    /// Where it is and how large, in words.
    pub place: String,
    /// Every place of its log that is not blank, the oldest record first.
    pub log: Vec<LogPlace>,
    /// The slots, by the newest record.
    pub slots: [Option<Slot>; 2],
    /// Bad blocks.
    pub bad_blocks: Vec<BadBlock>,
    /// The image that would boot.
    pub boots: Option<u64>,
    /// What would boot and why not, in sentences.
    pub why: Vec<String>,
    /// Each image as a whole against its record, if that was checked.
    pub whole: Vec<Whole>,
}

/// A place of the log.
#[derive(Serialize)]
pub struct LogPlace {
    /// Where.
    pub place: String,
    /// The record's number, if it has one.
    pub sequence: Option<u64>,
    /// What is there.
    pub what: &'static str,
    /// What a record says of the slots.
    pub slots: Option<[Option<Slot>; 2]>,
}

/// What a record says of a slot.
#[derive(Serialize)]
pub struct Slot {
    /// The image in it.
    pub image: u64,
    /// `committed` or `consumed`.
    pub state: &'static str,
    /// `always` or `once`.
    pub policy: &'static str,
    /// Boots of it in a row that were not confirmed.
    pub attempts: u8,
    /// Whether a boot of it was confirmed.
    pub confirmed: bool,
    /// The slot's first sector or erase block.
    pub first: u64,
    /// Sectors or erase blocks that it takes.
    pub span: u64,
    /// The image's length.
    pub bytes: u64,
    /// CRC-32C of the whole image.
    pub crc: String,
}

/// A bad block of NAND.
#[derive(Serialize)]
pub struct BadBlock {
    /// Its number.
    pub block: u32,
    /// Whether the newest record's map has it.
    pub in_map: bool,
    /// Whether it carries a mark.
    pub marked: bool,
}

/// An image as a whole against its record.
#[derive(Serialize)]
pub struct Whole {
    /// The image.
    pub image: u64,
    /// What the record says.
    pub recorded: String,
    /// CRC-32C of what is there; none if it cannot be read.
    pub found: Option<String>,
    /// Why it cannot be read.
    pub error: Option<String>,
}

impl Whole {
    /// Whether it is as the record says.
    pub fn is_right(&self) -> bool {
        self.found.as_ref() == Some(&self.recorded)
    }
}

/// An image, as far as it can be read.
#[derive(Serialize)]
pub struct ImageFound {
    /// Its number in the store.
    pub number: Option<u64>,
    /// For what a boot would refuse it, if it would. Chunks count only where each has its `check`.
    pub fault: Option<Refused>,
    /// The header, if it can be decoded.
    pub header: Option<HeaderFound>,
    /// The page map.
    pub extents: Vec<ExtentFound>,
    /// The chunks.
    pub chunks: Vec<ChunkFound>,
}

/// For what a boot refuses an image.
#[derive(Serialize)]
pub struct Refused {
    /// Where.
    pub stage: &'static str,
    /// Why.
    pub reason: &'static str,
    /// The same in a sentence.
    pub words: String,
}

/// A header.
#[derive(Serialize)]
pub struct HeaderFound {
    /// The image's number.
    pub image: u64,
    /// Bytes of the whole image.
    pub bytes: u64,
    /// The number of the architecture, and its name.
    pub architecture: (u32, &'static str),
    /// The number of the codec, and its name.
    pub codec: (u32, &'static str),
    /// The board's id.
    pub board: String,
    /// The build's id.
    pub build: String,
    /// Digest of the board's memory map.
    pub ram_digest: String,
    /// The OEM's own word.
    pub oem_data: u32,
    /// Where the image is entered.
    pub resume_address: u64,
    /// Where the CPU context is.
    pub context: PartFound,
    /// Where the page map is.
    pub map: PartFound,
    /// Entries of the page map.
    pub extents: u32,
    /// Where the chunk index is.
    pub index: PartFound,
    /// Entries of the chunk index.
    pub chunks: u32,
    /// Where the chunks begin in the image.
    pub chunks_at: u64,
    /// Bytes of all chunks.
    pub chunks_bytes: u64,
    /// Pages in chunks.
    pub data_pages: u64,
    /// Pages of zeroes.
    pub zero_pages: u64,
}

/// A part of an image.
#[derive(Serialize)]
pub struct PartFound {
    /// Where it begins in the image.
    pub at: u64,
    /// Its length.
    pub bytes: u32,
    /// Its CRC-32C.
    pub crc: String,
}

/// An extent of the page map.
#[derive(Serialize)]
pub struct ExtentFound {
    /// The first address.
    pub from: u64,
    /// The address behind the last.
    pub to: u64,
    /// Pages.
    pub pages: u32,
    /// `data` or `zero`.
    pub what: &'static str,
}

/// A chunk.
#[derive(Default, Serialize)]
pub struct ChunkFound {
    /// The first address of its pages.
    pub from: u64,
    /// Runs of pages that it is in.
    pub runs: usize,
    /// Pages.
    pub pages: u64,
    /// Where it begins in the image.
    pub at: u64,
    /// Bytes stored.
    pub stored: u64,
    /// Whether it is stored as it is.
    pub raw: bool,
    /// Its CRC-32C.
    pub crc: String,
    /// `right`, or what is wrong, if it was checked.
    pub check: Option<&'static str>,
}

impl ChunkFound {
    /// Whether it was checked and is wrong.
    pub fn is_wrong(&self) -> bool {
        self.check.is_some_and(|check| check != RIGHT)
    }
}

/// What is said of a chunk whose checksum matches and that decodes.
const RIGHT: &str = "right";

impl StoreFound {
    /// Looks at a store.
    ///
    /// # Errors
    /// If its log cannot be read.
    pub fn of(store: &mut Store, look: Look) -> Result<StoreFound> {
        let mut places: Vec<&Place> = store.log.iter().collect();
        places.sort_by_key(|place| sequence(place));
        let log = places.into_iter().map(log_place).collect();
        let slots = store.shelf.record()?.slots;
        let bad = |&(block, in_map, marked): &(u32, bool, bool)| BadBlock { block, in_map, marked };
        let bad_blocks = store.bad.iter().map(bad).collect();
        let (boots, why) = boot(store, look);
        let mut whole = Vec::new();
        for entry in slots.iter().flatten().filter(|_| look.verify) {
            let crc = image::whole_crc(&mut store.image(entry));
            whole.push(Whole {
                image: entry.id.0,
                recorded: hex(entry.image_crc),
                error: crc.as_ref().err().map(|error| format!("{error:#}")),
                found: crc.ok().map(hex),
            });
        }
        let slots = slots.map(|entry| entry.as_ref().map(slot));
        let (place, boots) = (store.place.clone(), boots.map(|id| id.0));
        Ok(StoreFound { place, log, slots, bad_blocks, boots, why, whole })
    }
}

impl ImageFound {
    /// Looks at an image.
    pub fn of(bytes: &mut dyn ImageBytes, entry: Option<&SlotEntry>, look: Look) -> ImageFound {
        let id = entry.map(|entry| entry.id);
        let number = id.map(|id| id.0);
        let image = match Image::open(bytes, id, look.map) {
            Ok(image) => image,
            Err(fault) => {
                let fault = Some(refused(fault));
                return ImageFound { number, fault, header: None, extents: Vec::new(), chunks: Vec::new() };
            }
        };
        let mut chunks = Vec::new();
        for chunk in image.contents().chunks() {
            let check = look.verify.then(|| image.decode(bytes, &chunk).map_or_else(|r| r.name(), |_| RIGHT));
            chunks.push(ChunkFound {
                from: chunk.frames.first().map_or(0, |run| run.first.address()),
                runs: chunk.frames.len(),
                pages: chunk_pages(&chunk.frames) as u64,
                at: chunk.offset,
                stored: chunk.entry.len() as u64,
                raw: chunk.entry.is_raw(),
                crc: hex(chunk.entry.crc),
                check,
            });
        }
        let is_loaded = look.verify && image.fault.is_none();
        let fault = image.fault.or_else(|| is_loaded.then(|| image.check_tail(bytes).err()).flatten());
        ImageFound {
            number,
            fault: fault.map(refused),
            header: Some(header(&image.header)),
            extents: image.extents.iter().map(extent).collect(),
            chunks,
        }
    }
}

/// What a boot would make of the store: the image that it would enter, and why, in lines. Chunks are looked
/// at only to verify.
pub fn boot(store: &mut Store, look: Look) -> (Option<ImageId>, Vec<String>) {
    let selection = match store.shelf.select() {
        Ok(selection) => selection,
        Err(reason) => {
            return (None, vec![format!("nothing: a cold boot. {}", words::fault((Stage::Select, reason)))]);
        }
    };
    let mut lines: Vec<String> = Vec::new();
    for refused in &selection.refused {
        let what = match (refused.id, refused.slot) {
            (Some(ImageId(id)), Some(slot)) => format!("image {id} in slot {slot}"),
            (Some(ImageId(id)), None) => format!("record {id}"),
            (None, _) => "a record".to_string(),
        };
        lines.push(format!("not {what}: {}", words::fault((refused.stage, refused.reason))));
    }
    let mut entered = None;
    let record = store.shelf.record().unwrap_or_default();
    for candidate in &selection.candidates {
        let Some(entry) = record.slots.iter().flatten().find(|entry| entry.id == candidate.id) else {
            continue;
        };
        let name = format!("image {} in slot {}", candidate.id.0, candidate.slot);
        match first_fault(&mut store.image(entry), candidate.id, look) {
            None if entered.is_none() => {
                entered = Some(candidate.id);
                let attempt = u32::from(candidate.attempts) + 1;
                let chunks = if look.verify { "" } else { ", if its chunks are right" };
                lines.push(format!("{name}, attempt {attempt}, on the board and build that took it{chunks}"));
            }
            None => lines.push(format!("{name} if the one before it fails")),
            Some(fault) => lines.push(format!("not {name}: {}", words::fault(fault))),
        }
    }
    if entered.is_none() {
        lines.push("nothing else: a cold boot".into());
    }
    (entered, lines)
}

/// For what a boot would refuse an image, if it would.
fn first_fault(bytes: &mut dyn ImageBytes, id: ImageId, look: Look) -> Option<Fault> {
    let image = match Image::open(bytes, Some(id), look.map) {
        Ok(image) => image,
        Err(fault) => return Some(fault),
    };
    if !look.verify || image.fault.is_some() {
        return image.fault;
    }
    let reason = image.contents().chunks().find_map(|chunk| image.decode(bytes, &chunk).err());
    reason.map(|reason| (Stage::Chunk, reason)).or_else(|| image.check_tail(bytes).err())
}

fn refused((stage, reason): Fault) -> Refused {
    Refused { stage: stage.name(), reason: reason.name(), words: words::fault((stage, reason)) }
}

/// A sequence number, 0 for what has none.
fn sequence(place: &Place) -> u64 {
    match place.found {
        Ok(record) => record.sequence,
        Err(RecordError::Newer { sequence }) => sequence,
        Err(_) => 0,
    }
}

fn log_place(place: &Place) -> LogPlace {
    let (sequence, what, slots) = match &place.found {
        Ok(record) => {
            let what = if record.open { "open: an image was to follow" } else { "record" };
            (Some(record.sequence), what, Some(record.slots.map(|entry| entry.as_ref().map(slot))))
        }
        Err(RecordError::Newer { sequence }) => (Some(*sequence), "of a later version", None),
        Err(_) => (None, "corrupt", None),
    };
    LogPlace { place: place.name.clone(), sequence, what, slots }
}

fn slot(entry: &SlotEntry) -> Slot {
    Slot {
        image: entry.id.0,
        state: match entry.state {
            SlotState::Committed => "committed",
            SlotState::Consumed => "consumed",
        },
        policy: match entry.policy {
            BootPolicy::Always => "always",
            BootPolicy::Once => "once",
        },
        attempts: entry.attempts,
        confirmed: entry.confirmed,
        first: entry.first,
        span: entry.span,
        bytes: entry.image_len,
        crc: hex(entry.image_crc),
    }
}

fn header(header: &Header) -> HeaderFound {
    let part = |part: &Part| PartFound { at: part.offset, bytes: part.len, crc: hex(part.crc) };
    HeaderFound {
        image: header.id.0,
        bytes: header.image_len(),
        architecture: (header.architecture.0, image::architecture(header.architecture)),
        codec: (header.codec, image::codec(header.codec)),
        board: printable(&header.identity.board),
        build: printable(&header.identity.build),
        ram_digest: hex(header.ram_digest),
        oem_data: header.oem_data,
        resume_address: header.resume_address,
        context: part(&header.context),
        map: part(&header.map),
        extents: header.extents,
        index: part(&header.index),
        chunks: header.chunks,
        chunks_at: header.chunks_offset,
        chunks_bytes: header.chunks_len,
        data_pages: header.data_pages,
        zero_pages: header.zero_pages,
    }
}

fn extent(extent: &Extent) -> ExtentFound {
    let frames = extent.frames;
    ExtentFound {
        from: frames.first.address(),
        to: frames.end().address(),
        pages: frames.count,
        what: match extent.kind {
            ExtentKind::Data => "data",
            ExtentKind::Zero => "zero",
        },
    }
}

/// A CRC as it is written everywhere.
fn hex(crc: u32) -> String {
    format!("{crc:08x}")
}

/// An id: text if it is ASCII with zeroes behind it, else hex.
fn printable(id: &[u8]) -> String {
    let end = id.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = &id[..end];
    if !text.is_empty() && text.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return String::from_utf8_lossy(text).into_owned();
    }
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a number of pages takes.
pub fn page_bytes(pages: u64) -> u64 {
    pages.saturating_mul(PAGE_SIZE as u64)
}
