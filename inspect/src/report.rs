//! What was found, as plain text.

use super::findings::{
    BadBlock, ChunkFound, ExtentFound, Findings, HeaderFound, ImageFound, LogPlace, PartFound, Slot,
    StoreFound, page_bytes,
};
use super::medium::FileKind;
use crate::table;

/// The findings as text.
pub fn text(found: &Findings) -> String {
    let mut report = Report::default();
    report.line(&format!("{}: {}, {} bytes", found.file, found.kind.words(), found.bytes));
    if let Some(store) = &found.store {
        report.store(store, found.kind);
    }
    if let Some(image) = &found.image {
        report.image(image);
    }
    report.0
}

/// A report that grows.
#[derive(Default)]
struct Report(String);

impl Report {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn title(&mut self, title: &str) {
        self.line(&format!("\n{title}\n"));
    }

    fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.line(&table::render(header, &Vec::from_iter(rows)));
    }

    /// Log, slots, bad blocks, what would boot, and whole images.
    fn store(&mut self, store: &StoreFound, kind: FileKind) {
        self.line(&format!("store: {}", store.place));
        self.title("Commit log");
        match store.log.as_slice() {
            [] => self.line("blank"),
            log => self.table(&["place", "sequence", "what", "slot 0", "slot 1"], log.iter().map(log_row)),
        }
        self.title("Slots, by the newest record");
        let unit = kind.unit();
        let header =
            ["slot", "image", "state", "policy", "attempts", "confirmed", "first", unit, "bytes", "CRC"];
        self.table(
            &header,
            store.slots.iter().enumerate().map(|(slot, entry)| slot_row(slot, entry.as_ref())),
        );
        if !store.bad_blocks.is_empty() {
            self.title("Bad blocks");
            let row = |bad: &BadBlock| vec![bad.block.to_string(), yes(bad.in_map), yes(bad.marked)];
            self.table(&["block", "in the record's map", "marked"], store.bad_blocks.iter().map(row));
        }
        self.title("What would boot");
        store.why.iter().for_each(|line| self.line(line));
        if !store.whole.is_empty() {
            self.title("Whole images against their records");
        }
        for whole in &store.whole {
            let said = match (&whole.found, &whole.error) {
                _ if whole.is_right() => "right".into(),
                (Some(found), _) => format!("WRONG, CRC {found}, and the record has {}", whole.recorded),
                (None, error) => format!("CANNOT BE READ: {}", error.as_deref().unwrap_or_default()),
            };
            self.line(&format!("image {}: {said}", whole.image));
        }
    }

    /// Header, page map and chunks, as far as they can be read.
    fn image(&mut self, image: &ImageFound) {
        match image.number {
            Some(number) => self.title(&format!("Image {number}")),
            None => self.title("Image"),
        }
        let fault = image.fault.as_ref().map(|fault| fault.words.as_str()).unwrap_or_default();
        let Some(header) = &image.header else { return self.line(&format!("cannot be read: {fault}")) };
        self.table(&["field", "value"], header_rows(header));
        if !fault.is_empty() {
            self.line(&format!("\na boot would refuse it: {fault}"));
        }
        if !image.extents.is_empty() {
            self.title("Page map");
            self.table(&["from", "to", "pages", "what"], image.extents.iter().map(extent_row));
        }
        if !image.chunks.is_empty() {
            self.chunks(image);
        }
    }

    fn chunks(&mut self, image: &ImageFound) {
        self.title("Chunks");
        let chunks = &image.chunks;
        let checked = chunks.iter().all(|chunk| chunk.check.is_some());
        let mut header = vec!["chunk", "from", "pages", "at", "stored", "ratio", "CRC"];
        header.extend(checked.then_some("check"));
        self.table(&header, chunks.iter().enumerate().map(|(number, chunk)| chunk_row(number, chunk)));
        let pages: u64 = chunks.iter().map(|chunk| chunk.pages).sum();
        let stored: u64 = chunks.iter().map(|chunk| chunk.stored).sum();
        let raw = chunks.iter().filter(|chunk| chunk.raw).count();
        self.line(&format!(
            "\n{}, {raw} raw: {} in {}, {}",
            table::count(chunks.len() as u64, "chunk"),
            table::count(pages, "page"),
            table::bytes(stored),
            percent(stored, page_bytes(pages))
        ));
        if checked {
            let wrong = chunks.iter().filter(|chunk| chunk.is_wrong()).count() as u64;
            let parts = image.fault.is_none().then(|| "header, context, map and index are right".to_string());
            let chunks = match wrong {
                0 => "every chunk is right".into(),
                _ => format!("{} wrong", table::count(wrong, "chunk")),
            };
            let said: Vec<String> = parts.into_iter().chain([chunks]).collect();
            self.line(&said.join("; "));
        }
    }
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.into()
}

fn log_row(place: &LogPlace) -> Vec<String> {
    let number = place.sequence.map_or("-".into(), |sequence| sequence.to_string());
    let mut row = vec![place.place.clone(), number, place.what.into()];
    let words = |slot: &Option<Slot>| slot.as_ref().map_or("-".into(), slot_words);
    row.extend(place.slots.iter().flatten().map(words));
    row
}

/// A slot in a few words.
fn slot_words(slot: &Slot) -> String {
    let attempts = match slot.attempts {
        0 => String::new(),
        n => format!(", {}", table::count(n.into(), "attempt")),
    };
    let confirmed = if slot.confirmed { ", confirmed" } else { "" };
    format!("image {}, {}{attempts}{confirmed}", slot.image, slot.state)
}

fn slot_row(number: usize, slot: Option<&Slot>) -> Vec<String> {
    let Some(slot) = slot else { return vec![number.to_string(), "none".into()] };
    vec![
        number.to_string(),
        slot.image.to_string(),
        slot.state.into(),
        slot.policy.into(),
        slot.attempts.to_string(),
        yes(slot.confirmed),
        slot.first.to_string(),
        slot.span.to_string(),
        slot.bytes.to_string(),
        slot.crc.clone(),
    ]
}

/// The header, a field a row.
fn header_rows(header: &HeaderFound) -> Vec<Vec<String>> {
    let part = |part: &PartFound| format!("{} bytes at {:#x}, CRC {}", part.bytes, part.at, part.crc);
    let stored = match page_bytes(header.data_pages) {
        0 => String::new(),
        all => format!(", stored in {} of their size", percent(header.chunks_bytes, all)),
    };
    let (architecture, codec) = (header.architecture, header.codec);
    let rows = [
        ("image", header.image.to_string()),
        ("length", format!("{} ({} bytes)", table::bytes(header.bytes), header.bytes)),
        ("architecture", format!("{:#010x}: {}", architecture.0, architecture.1)),
        ("codec", format!("{}: {}", codec.0, codec.1)),
        ("board", header.board.clone()),
        ("build", header.build.clone()),
        ("RAM digest", header.ram_digest.clone()),
        ("OEM data", format!("{:#010x}", header.oem_data)),
        ("resume address", format!("{:#x}", header.resume_address)),
        ("CPU context", part(&header.context)),
        ("page map", format!("{}, {}", table::count(header.extents.into(), "extent"), part(&header.map))),
        ("chunk index", format!("{}, {}", table::count(header.chunks.into(), "chunk"), part(&header.index))),
        ("chunks", format!("{} bytes at {:#x}", header.chunks_bytes, header.chunks_at)),
        ("data pages", format!("{}{stored}", header.data_pages)),
        ("zero pages", header.zero_pages.to_string()),
    ];
    rows.into_iter().map(|(field, value)| vec![field.into(), value]).collect()
}

/// A share, in tenths of a hundredth.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".into() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

fn extent_row(extent: &ExtentFound) -> Vec<String> {
    let address = |address: u64| format!("{address:#x}");
    vec![address(extent.from), address(extent.to), extent.pages.to_string(), extent.what.into()]
}

fn chunk_row(number: usize, chunk: &ChunkFound) -> Vec<String> {
    let from = match chunk.runs {
        0 | 1 => format!("{:#x}", chunk.from),
        n => format!("{:#x} in {n} runs", chunk.from),
    };
    let ratio = if chunk.raw { "raw".into() } else { percent(chunk.stored, page_bytes(chunk.pages)) };
    let check = chunk.check.map(|c| if chunk.is_wrong() { format!("WRONG: {c}") } else { c.into() });
    let mut row = vec![
        number.to_string(),
        from,
        chunk.pages.to_string(),
        format!("{:#x}", chunk.at),
        chunk.stored.to_string(),
        ratio,
        chunk.crc.clone(),
    ];
    row.extend(check);
    row
}
