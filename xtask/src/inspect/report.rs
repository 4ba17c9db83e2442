//! What was found, as plain text.

use super::Outcome;
use super::image::{self, Chunk, Fault, Image, ImageBytes};
use super::medium::{FileKind, Place, Store};
use super::words;
use crate::table;
use anyhow::Result;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::hooks::{BootPolicy, ImageId};
use oal_snapshot::image::{Extent, ExtentKind, Header, Part};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::Stage;
use oal_snapshot::store::{RecordError, SlotEntry, SlotState};

/// A report that grows.
pub struct Report<'a> {
    text: String,
    /// What was found wrong with what is checked.
    faults: u64,
    verify: bool,
    map: Option<&'a MemoryMap>,
}

impl<'a> Report<'a> {
    /// An empty one. `verify`: chunks and whole images are checked too.
    pub fn new(verify: bool, map: Option<&'a MemoryMap>) -> Self {
        Self { text: String::new(), faults: 0, verify, map }
    }

    /// The report's end.
    pub fn finish(self) -> Outcome {
        Outcome { text: self.text, faults: if self.verify { self.faults } else { 0 } }
    }

    /// Adds a line.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        self.line(&format!("\n{title}\n"));
    }

    fn table(&mut self, header: &[&str], rows: &[Vec<String>]) {
        self.line(&table::render(header, rows));
    }

    fn fault(&mut self, line: &str) {
        self.faults += 1;
        self.line(line);
    }

    /// Adds a store: its log, its slots, bad blocks, and what would boot, which it returns.
    ///
    /// # Errors
    /// If its log cannot be read.
    pub fn store(&mut self, store: &mut Store, kind: FileKind) -> Result<Option<ImageId>> {
        self.line(&format!("store: {}", store.place));
        self.title("Commit log");
        if store.log.is_empty() {
            self.line("blank");
        } else {
            let mut places: Vec<&Place> = store.log.iter().collect();
            places.sort_by_key(|place| sequence(place));
            let rows: Vec<Vec<String>> = places.into_iter().map(log_row).collect();
            self.table(&["place", "sequence", "what", "slot 0", "slot 1"], &rows);
        }

        self.title("Slots, by the newest record");
        let slots = store.shelf.record()?.slots;
        let rows: Vec<Vec<String>> =
            slots.iter().enumerate().map(|(slot, entry)| slot_row(slot, entry.as_ref())).collect();
        let unit = kind.unit();
        let header =
            ["slot", "image", "state", "policy", "attempts", "confirmed", "first", unit, "bytes", "CRC"];
        self.table(&header, &rows);

        if !store.bad.is_empty() {
            self.title("Bad blocks");
            let says = |yes: &bool| if *yes { "yes" } else { "no" }.to_string();
            let row = |(block, mapped, marked): &(u32, bool, bool)| {
                vec![block.to_string(), says(mapped), says(marked)]
            };
            let rows: Vec<Vec<String>> = store.bad.iter().map(row).collect();
            self.table(&["block", "in the record's map", "marked"], &rows);
        }

        self.title("What would boot");
        let (booting, lines) = boot(store, self.map, self.verify);
        lines.iter().for_each(|line| self.line(line));

        if self.verify {
            self.title("Whole images against their records");
            for entry in slots.iter().flatten() {
                let id = entry.id.0;
                match image::whole_crc(&mut store.image(entry)) {
                    Ok(crc) if crc == entry.image_crc => self.line(&format!("image {id}: right")),
                    Ok(crc) => self.fault(&format!(
                        "image {id}: WRONG, CRC {crc:08x}, and the record has {:08x}",
                        entry.image_crc
                    )),
                    Err(error) => self.fault(&format!("image {id}: CANNOT BE READ: {error:#}")),
                }
            }
        }
        Ok(booting)
    }

    /// Adds an image: header, page map and chunks, as far as they can be read.
    pub fn image(&mut self, bytes: &mut dyn ImageBytes, entry: Option<&SlotEntry>) {
        match entry {
            Some(entry) => self.title(&format!("Image {}", entry.id.0)),
            None => self.title("Image"),
        }
        let image = match Image::open(bytes, entry.map(|entry| entry.id), self.map) {
            Ok(image) => image,
            Err(fault) => {
                self.fault(&format!("cannot be read: {}", words::fault(fault)));
                return;
            }
        };
        self.table(&["field", "value"], &header_rows(&image.header));
        if let Some(fault) = image.fault {
            self.text.push('\n');
            self.fault(&format!("a boot would refuse it: {}", words::fault(fault)));
        }
        if !image.extents.is_empty() {
            self.title("Page map");
            let rows: Vec<Vec<String>> = image.extents.iter().map(extent_row).collect();
            self.table(&["from", "to", "pages", "what"], &rows);
        }
        let chunks = image.chunks();
        if chunks.is_empty() {
            return;
        }
        self.title("Chunks");
        let mut wrong = 0;
        let mut rows = Vec::new();
        for (number, chunk) in chunks.iter().enumerate() {
            let mut row = chunk_row(number, chunk);
            if self.verify {
                row.push(match image.decode(bytes, chunk) {
                    Ok(_) => "right".into(),
                    Err(reason) => {
                        wrong += 1;
                        format!("WRONG: {reason}")
                    }
                });
            }
            rows.push(row);
        }
        let mut header = vec!["chunk", "from", "pages", "at", "stored", "ratio", "CRC"];
        if self.verify {
            header.push("check");
        }
        self.table(&header, &rows);
        let pages: u64 = chunks.iter().map(|chunk| chunk.pages as u64).sum();
        let stored: u64 = chunks.iter().map(|chunk| chunk.entry.len() as u64).sum();
        let raw = chunks.iter().filter(|chunk| chunk.entry.is_raw()).count();
        self.line(&format!(
            "\n{}, {raw} raw: {} in {}, {}",
            table::count(chunks.len() as u64, "chunk"),
            table::count(pages, "page"),
            table::bytes(stored),
            percent(stored, pages * PAGE_SIZE as u64)
        ));
        if self.verify {
            self.faults += wrong;
            let parts = if image.fault.is_none() { "header, context, map and index are right" } else { "" };
            let chunks = match wrong {
                0 => "every chunk is right".into(),
                _ => format!("{} wrong", table::count(wrong, "chunk")),
            };
            let said: Vec<&str> = [parts, &chunks].into_iter().filter(|s| !s.is_empty()).collect();
            self.line(&said.join("; "));
        }
    }
}

/// What a boot would make of the store: the image that it would enter, and why, in lines. Chunks are looked at if `verify`
/// says so.
pub fn boot(store: &mut Store, map: Option<&MemoryMap>, verify: bool) -> (Option<ImageId>, Vec<String>) {
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
        match first_fault(&mut store.image(entry), candidate.id, map, verify) {
            None if entered.is_none() => {
                entered = Some(candidate.id);
                let attempt = u32::from(candidate.attempts) + 1;
                let chunks = if verify { "" } else { ", if its chunks are right" };
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
fn first_fault(
    bytes: &mut dyn ImageBytes,
    id: ImageId,
    map: Option<&MemoryMap>,
    verify: bool,
) -> Option<Fault> {
    let image = match Image::open(bytes, Some(id), map) {
        Ok(image) => image,
        Err(fault) => return Some(fault),
    };
    if !verify || image.fault.is_some() {
        return image.fault;
    }
    let reason = image.chunks().iter().find_map(|chunk| image.decode(bytes, chunk).err());
    reason.map(|reason| (Stage::Chunk, reason))
}

/// A sequence number, 0 for what has none.
fn sequence(place: &Place) -> u64 {
    match place.found {
        Ok(record) => record.sequence,
        Err(RecordError::Future { sequence }) => sequence,
        Err(_) => 0,
    }
}

fn log_row(place: &Place) -> Vec<String> {
    let (number, what, slots) = match &place.found {
        Ok(record) => {
            let slots = record.slots.map(|slot| slot.map_or("-".into(), |entry| entry_words(&entry)));
            let what = if record.open { "open: an image was to follow" } else { "record" };
            (record.sequence.to_string(), what, slots)
        }
        Err(RecordError::Future { sequence }) => {
            (sequence.to_string(), "of a later version", Default::default())
        }
        Err(_) => ("-".into(), "corrupt", Default::default()),
    };
    [vec![place.name.clone(), number, what.into()], slots.to_vec()].concat()
}

/// An entry in a few words.
fn entry_words(entry: &SlotEntry) -> String {
    let attempts = match entry.attempts {
        0 => String::new(),
        n => format!(", {}", table::count(n.into(), "attempt")),
    };
    let confirmed = if entry.confirmed { ", confirmed" } else { "" };
    format!("image {}, {}{attempts}{confirmed}", entry.id.0, state(entry.state))
}

fn state(state: SlotState) -> &'static str {
    match state {
        SlotState::Committed => "committed",
        SlotState::Consumed => "consumed",
    }
}

fn slot_row(slot: usize, entry: Option<&SlotEntry>) -> Vec<String> {
    let Some(entry) = entry else { return vec![slot.to_string(), "none".into()] };
    let policy = match entry.policy {
        BootPolicy::Always => "always",
        BootPolicy::Once => "once",
    };
    vec![
        slot.to_string(),
        entry.id.0.to_string(),
        state(entry.state).into(),
        policy.into(),
        entry.attempts.to_string(),
        if entry.confirmed { "yes" } else { "no" }.into(),
        entry.first.to_string(),
        entry.span.to_string(),
        entry.image_len.to_string(),
        format!("{:08x}", entry.image_crc),
    ]
}

/// The header, a field a row.
fn header_rows(header: &Header) -> Vec<Vec<String>> {
    let part = |part: &Part| format!("{} bytes at {:#x}, CRC {:08x}", part.len, part.offset, part.crc);
    let stored = page_share(header);
    let rows = [
        ("image", header.id.0.to_string()),
        ("length", format!("{} ({} bytes)", table::bytes(header.image_len()), header.image_len())),
        (
            "architecture",
            format!("{:#010x}: {}", header.architecture.0, image::architecture(header.architecture)),
        ),
        ("codec", format!("{}: {}", header.codec, image::codec(header.codec))),
        ("board", printable(&header.identity.board)),
        ("build", printable(&header.identity.build)),
        ("RAM digest", format!("{:08x}", header.ram_digest)),
        ("OEM data", format!("{:#010x}", header.oem_data)),
        ("resume address", format!("{:#x}", header.resume_address)),
        ("CPU context", part(&header.context)),
        ("page map", format!("{}, {}", table::count(header.extents.into(), "extent"), part(&header.map))),
        ("chunk index", format!("{}, {}", table::count(header.chunks.into(), "chunk"), part(&header.index))),
        ("chunks", format!("{} bytes at {:#x}", header.chunks_len, header.chunks_offset)),
        ("data pages", format!("{}{stored}", header.data_pages)),
        ("zero pages", header.zero_pages.to_string()),
    ];
    rows.into_iter().map(|(field, value)| vec![field.into(), value]).collect()
}

/// What share of its data pages' size the chunks take.
fn page_share(header: &Header) -> String {
    match header.data_pages.saturating_mul(PAGE_SIZE as u64) {
        0 => String::new(),
        all => format!(", stored in {} of their size", percent(header.chunks_len, all)),
    }
}

/// A share, in hundredths.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".into() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
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

fn extent_row(extent: &Extent) -> Vec<String> {
    let what = match extent.kind {
        ExtentKind::Data => "data",
        ExtentKind::Zero => "zero",
    };
    let frames = extent.frames;
    vec![
        format!("{:#x}", frames.first.address()),
        format!("{:#x}", frames.end().address()),
        frames.count.to_string(),
        what.into(),
    ]
}

fn chunk_row(number: usize, chunk: &Chunk) -> Vec<String> {
    let first = chunk.runs.first().map_or(0, |run| run.first.address());
    let from = match chunk.runs.len() {
        0 | 1 => format!("{first:#x}"),
        n => format!("{first:#x} in {n} runs"),
    };
    let stored = chunk.entry.len() as u64;
    let ratio = match chunk.entry.is_raw() {
        true => "raw".into(),
        false => percent(stored, (chunk.pages * PAGE_SIZE) as u64),
    };
    vec![
        number.to_string(),
        from,
        chunk.pages.to_string(),
        format!("{:#x}", chunk.at),
        stored.to_string(),
        ratio,
        format!("{:08x}", chunk.entry.crc),
    ]
}
