//! Step 5: write the image, in order. No copy of memory is ever made.

use crate::bytes::move_to_front;
use crate::crc32c::Crc32c;
use crate::frame::PAGE_SIZE;
use crate::hooks::{CompressSnapshot, WriteSnapshot};
use crate::image::{Chunks, HEADER_LEN, Header, Part, chunk};
use crate::mem::{Memory, Page};
use crate::progress::{Observer, Progress};
use crate::take::error::PackError;
use crate::take::measure::Staging;
use crate::workspace::{STORED_BYTES, Work};

/// Checksum and length of a part that is written record by record.
pub(crate) fn part(records: impl Iterator<Item = impl AsRef<[u8]>>) -> Part {
    let mut crc = Crc32c::new();
    let mut len = 0;
    for record in records {
        crc.update(record.as_ref());
        len += record.as_ref().len() as u32;
    }
    Part { offset: 0, len, crc: crc.finish() }
}

/// What step 5 writes before the tables and the chunks, which are in the workspace.
pub(crate) struct Head<'a> {
    /// The header, complete.
    pub header: &'a Header,
    /// The registers.
    pub context: &'a [u8],
    /// The staging area as [`measure`] left it.
    pub staging: &'a Staging,
}

/// Step 5: writes the image from its header on, in order. Does not finish it.
#[inline(never)]
pub(crate) fn write<M: Memory, Z: CompressSnapshot, W: WriteSnapshot, O: Observer>(
    head: &Head<'_>,
    memory: &M,
    codec: &mut Z,
    medium: &mut W,
    work: &mut Work<'_>,
    observer: &mut O,
) -> Result<(), PackError<W::Error>> {
    let Work { raw, stored, extents, index } = work;
    let total = head.header.image_len();
    let mut output = Output { buffer: stored, filled: 0, offset: 0, total, medium, observer };
    output.header(head.header)?;
    for piece in head.context.chunks(PAGE_SIZE) {
        output.bytes(piece)?;
    }
    output.pad_page()?;
    for extent in extents.iter() {
        output.bytes(&extent.encode())?;
    }
    output.pad_page()?;
    for entry in index.iter() {
        output.bytes(&entry.encode())?;
    }
    output.pad_page()?;
    if head.staging.bytes > 0 {
        let pages = memory.pages(head.staging.frames).ok_or(PackError::Unreachable)?;
        output.staged(Page::bytes(pages).get(..head.staging.bytes).ok_or(PackError::Unreachable)?)?;
    }
    let measured = Chunks::new(extents).zip(index.iter()).skip(head.staging.chunks);
    for (frames, entry) in measured {
        let src = chunk::gather(memory, &frames, &mut raw[..]).ok_or(PackError::Unreachable)?;
        let dst = output.room()?;
        if chunk::encode(codec, src, dst) != Some(*entry) {
            return Err(PackError::MemoryChanged);
        }
        output.filled += entry.padded_len();
    }
    output.pad_page()?;
    output.flush()
}

/// Collects bytes and writes them in whole pages.
struct Output<'a, W: WriteSnapshot, O: Observer> {
    buffer: &'a mut [u8; STORED_BYTES],
    filled: usize,
    offset: u64,
    total: u64,
    medium: &'a mut W,
    observer: &'a mut O,
}

impl<W: WriteSnapshot, O: Observer> Output<'_, W, O> {
    fn header(&mut self, header: &Header) -> Result<(), PackError<W::Error>> {
        if let Some(page) = self.buffer.first_chunk_mut::<HEADER_LEN>() {
            header.encode(page);
        }
        self.filled = HEADER_LEN;
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), PackError<W::Error>> {
        if self.filled + bytes.len() > STORED_BYTES {
            self.flush()?;
        }
        if let Some(room) = self.buffer.get_mut(self.filled..self.filled + bytes.len()) {
            room.copy_from_slice(bytes);
            self.filled += bytes.len();
        }
        Ok(())
    }

    fn pad_page(&mut self) -> Result<(), PackError<W::Error>> {
        let end = self.filled.next_multiple_of(PAGE_SIZE);
        if let Some(padding) = self.buffer.get_mut(self.filled..end) {
            padding.fill(0);
        }
        self.filled = end;
        Ok(())
    }

    /// Writes what lies in the staging area: whole pages from where they are, the rest through the buffer.
    fn staged(&mut self, bytes: &[u8]) -> Result<(), PackError<W::Error>> {
        self.flush()?;
        let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % PAGE_SIZE);
        if !whole.is_empty() {
            self.medium.write_snapshot(whole, self.offset).map_err(PackError::Medium)?;
            self.offset += whole.len() as u64;
            self.observer.observe(Progress::Write { done: self.offset, total: self.total });
        }
        self.bytes(rest)
    }

    /// Room for one chunk at its worst behind what is collected.
    fn room(&mut self) -> Result<&mut [u8], PackError<W::Error>> {
        if self.filled > PAGE_SIZE {
            self.flush()?;
        }
        Ok(self.buffer.get_mut(self.filled..).unwrap_or(&mut []))
    }

    /// Writes the whole pages that are collected and keeps the rest.
    fn flush(&mut self) -> Result<(), PackError<W::Error>> {
        let whole = self.filled - self.filled % PAGE_SIZE;
        if whole == 0 {
            return Ok(());
        }
        let bytes = self.buffer.get(..whole).unwrap_or(&[]);
        self.medium.write_snapshot(bytes, self.offset).map_err(PackError::Medium)?;
        move_to_front(self.buffer.get_mut(..self.filled).unwrap_or(&mut []), whole);
        self.filled -= whole;
        self.offset += whole as u64;
        self.observer.observe(Progress::Write { done: self.offset, total: self.total });
        Ok(())
    }
}
