//! The table of a kernel's image: which pages the contents are.

use oal_snapshot::crc32c::{Crc32c, crc32c};
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};
use oal_snapshot::image::ChunkFrames;
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::refusal::{Reason, Stage};

use super::head::Fault;
use super::head::Head;
use super::source::Source;

/// Entries of a page of the table.
const ENTRIES: u64 = PAGE_SIZE as u64 / 4;

/// The RAM that an image may be loaded to.
pub(super) struct Ram<'a> {
    pub map: &'a MemoryMap,
    /// Memory that the image is read through, or lies in.
    pub buffer: Option<FrameRange>,
}

impl Ram<'_> {
    fn takes(&self, frames: FrameRange) -> bool {
        self.map.is_saved(frames) && !self.buffer.is_some_and(|buffer| buffer.overlaps(frames))
    }
}

/// A checked table.
///
/// It may be larger than memory that could hold it, so each of its pages is read a second time when its
/// entries are needed. The first reading notes a checksum of each page; a page that differs from it later is
/// refused. A table of one page is read once.
pub(super) struct Table<'a> {
    at: u64,
    len: u64,
    ram: &'a Ram<'a>,
    page: &'a mut [u8; PAGE_SIZE],
    /// The number of the table's page in `page`.
    held: Option<u64>,
    /// CRC-32C of the entries of each page.
    checks: &'a mut [[u8; 4]],
}

impl<'a> Table<'a> {
    /// Reads the whole table and checks it: its checksum, and that its pages ascend and may be loaded to.
    /// `page` and `checks` are the table's from here on; 1024 checks are enough for 4 GiB of RAM.
    pub fn check(
        source: &mut Source<'_>,
        head: &Head,
        ram: &'a Ram<'a>,
        page: &'a mut [u8; PAGE_SIZE],
        checks: &'a mut [[u8; 4]],
    ) -> Result<Table<'a>, Fault> {
        let fault = |reason| (Stage::Map, reason);
        // No table without a page twice is longer than this.
        let most: u64 = ram.map.saved().map(|area| u64::from(area.frames.count)).sum();
        if head.pages > most {
            return Err(fault(Reason::OutOfRange));
        }
        let mut table = Table { at: head.table, len: head.pages * 4, ram, page, held: None, checks };
        let mut crc = Crc32c::new();
        let mut wrong = None;
        let mut next = 0;
        for index in 0..head.pages.div_ceil(ENTRIES) {
            let entries = table.read(source, index).map_err(fault)?;
            crc.update(entries);
            for entry in entries.as_chunks::<4>().0 {
                let number = u64::from(u32::from_le_bytes(*entry));
                if number < next {
                    wrong = wrong.or(Some(Reason::Overlap));
                }
                if !ram.takes(FrameRange { first: Pfn(number), count: 1 }) {
                    wrong = wrong.or(Some(Reason::OutOfRange));
                }
                next = number + 1;
            }
            let check = crc32c(entries).to_le_bytes();
            *table.checks.get_mut(index as usize).ok_or(fault(Reason::TooManyChunks))? = check;
        }
        if crc.finish() != head.table_sum {
            return Err(fault(Reason::BadCrc));
        }
        wrong.map_or(Ok(table), |reason| Err(fault(reason)))
    }

    /// The frames of `count` pages of the contents from page `first` on, at most 16, as they were checked.
    pub fn frames(
        &mut self,
        source: &mut Source<'_>,
        first: u64,
        count: usize,
    ) -> Result<ChunkFrames, Fault> {
        let fault = |reason| (Stage::Map, reason);
        let mut frames = ChunkFrames::new();
        for at in (first..).take(count) {
            let page = FrameRange { first: self.number(source, at).map_err(fault)?, count: 1 };
            // A checksum is no proof against intent, and these numbers become addresses.
            if !self.ram.takes(page) {
                return Err(fault(Reason::OutOfRange));
            }
            // Pages of two regions of RAM are two runs, even if they are neighbours.
            match frames.last_mut() {
                Some(run) if run.end() == page.first && self.ram.takes(grown(*run)) => *run = grown(*run),
                _ => frames.push(page).map_err(|_| fault(Reason::BadField))?,
            }
        }
        Ok(frames)
    }

    /// An entry of a checked page.
    fn number(&mut self, source: &mut Source<'_>, at: u64) -> Result<Pfn, Reason> {
        let index = at / ENTRIES;
        if self.held != Some(index) {
            let check = crc32c(self.read(source, index)?).to_le_bytes();
            if self.checks.get(index as usize) != Some(&check) {
                self.held = None;
                return Err(Reason::BadCrc);
            }
        }
        let entry = self.page.as_chunks::<4>().0.get((at % ENTRIES) as usize);
        entry.map(|entry| Pfn(u32::from_le_bytes(*entry).into())).ok_or(Reason::BadField)
    }

    /// Reads a page of the table, and gives the part of it that is entries.
    fn read(&mut self, source: &mut Source<'_>, index: u64) -> Result<&[u8], Reason> {
        self.held = None;
        let offset = index * PAGE_SIZE as u64;
        source.page(self.at + offset, self.page)?;
        self.held = Some(index);
        let len = self.len.saturating_sub(offset).min(PAGE_SIZE as u64) as usize;
        Ok(self.page.get(..len).unwrap_or(&[]))
    }
}

/// A run with the frame behind it.
fn grown(run: FrameRange) -> FrameRange {
    FrameRange { count: run.count.saturating_add(1), ..run }
}
