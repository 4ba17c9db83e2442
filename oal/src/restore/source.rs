//! The source of an image's bytes: memory, or a reader and its window.

use core::ops::Range;

use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::page_align;
use oal_snapshot::mem;
use oal_snapshot::refusal::Reason;

use super::head::Head;
use crate::frame::{self, FrameHead};
use crate::types::{BOOL, DWORD, FALSE, LPVOID};

/// A reader of the C side's.
type Read = unsafe extern "C" fn(LPVOID, DWORD, DWORD) -> BOOL;

/// The source of an image's bytes.
pub(super) enum Source<'a> {
    /// A reader, with a window for the contents.
    Reader { read: Read, window: &'a mut [u8] },
    /// All of it, in memory that does not change.
    Mapped(&'a [u8]),
}

impl Source<'_> {
    /// Fills `page` with the page at `offset`, a multiple of 4096.
    pub fn page(&mut self, offset: u64, page: &mut [u8; PAGE_SIZE]) -> Result<(), Reason> {
        match self {
            Source::Reader { read, .. } => fetch(*read, page, offset),
            Source::Mapped(image) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| image.get(offset..));
                mem::copy(page, rest.and_then(|rest| rest.get(..PAGE_SIZE)).ok_or(Reason::Truncated)?);
                Ok(())
            }
        }
    }
}

/// Reads whole pages at `offset`.
fn fetch(read: Read, buffer: &mut [u8], offset: u64) -> Result<(), Reason> {
    let (Ok(offset), Ok(bytes)) = (u32::try_from(offset), u32::try_from(buffer.len())) else {
        return Err(Reason::Truncated);
    };
    // SAFETY: the C side's reader, called as it is documented.
    let done = unsafe { read(buffer.as_mut_ptr().cast(), bytes, offset) };
    if done == FALSE { Err(Reason::ReadFailed) } else { Ok(()) }
}

/// The contents, read once from their first byte to their last, with their checksum.
pub(super) struct Stream {
    /// Bytes from the image's start.
    at: u64,
    end: u64,
    crc: Crc32c,
    /// The bytes of the window that were not taken yet.
    held: Range<usize>,
}

impl Stream {
    /// The contents of an image, from the start.
    pub fn new(head: &Head) -> Stream {
        Stream { at: head.contents, end: head.contents + head.len, crc: Crc32c::new(), held: 0..0 }
    }

    /// The head of the next frame; `None` if there was padding in its place, up to a page's end.
    pub fn frame(&mut self, source: &mut Source<'_>) -> Result<Option<FrameHead>, Reason> {
        let head = self.take(source, frame::HEAD)?.first_chunk().ok_or(Reason::Truncated)?;
        if *head != [0; frame::HEAD] {
            return FrameHead::decode(head).map(Some);
        }
        let rest = self.at.next_multiple_of(PAGE_SIZE as u64) - self.at;
        self.take(source, rest as usize)?;
        Ok(None)
    }

    /// The next `len` bytes, at most 64 KiB.
    pub fn take<'s>(&mut self, source: &'s mut Source<'_>, len: usize) -> Result<&'s [u8], Reason> {
        if self.end - self.at < len as u64 {
            return Err(Reason::Truncated);
        }
        let bytes: &'s [u8] = match source {
            Source::Mapped(image) => {
                let start = usize::try_from(self.at).map_err(|_| Reason::Truncated)?;
                image.get(start..).and_then(|rest| rest.get(..len)).ok_or(Reason::Truncated)?
            }
            Source::Reader { read, window } => {
                if self.held.len() < len {
                    self.refill(*read, window)?;
                }
                let start = self.held.start;
                self.held.start += len;
                window.get(start..self.held.end).and_then(|held| held.get(..len)).ok_or(Reason::Truncated)?
            }
        };
        self.crc.update(bytes);
        self.at += len as u64;
        Ok(bytes)
    }

    /// Takes what is left, and compares the checksum of all.
    pub fn finish(mut self, source: &mut Source<'_>, sum: u32) -> Result<(), Reason> {
        while self.at < self.end {
            let rest = (self.end - self.at).min(PAGE_SIZE as u64) as usize;
            self.take(source, rest)?;
        }
        if self.crc.finish() == sum { Ok(()) } else { Err(Reason::BadCrc) }
    }

    /// Moves what is held to the front, and reads whole pages behind it. What is held ends on a page of the
    /// image.
    fn refill(&mut self, read: Read, window: &mut [u8]) -> Result<(), Reason> {
        let (first, end) = (self.held.start, self.held.end);
        if first > end || end > window.len() {
            return Err(Reason::BadField);
        }
        let held = end - first;
        // Pages keep their place within a page: what is held ends where one does, in the window and in the image.
        let start = first % PAGE_SIZE;
        if start > window.len() - held {
            return Err(Reason::BadField);
        }
        window.copy_within(first..end, start);
        let from = self.at + held as u64;
        let more = page_align(self.end).saturating_sub(from);
        let room = window.len().saturating_sub(start + held) as u64;
        let more = more.min(room - room % PAGE_SIZE as u64) as usize;
        let target = window.get_mut(start + held..start + held + more).unwrap_or(&mut []);
        if !target.is_empty() {
            fetch(read, target, from)?;
        }
        self.held = start..start + held + more;
        Ok(())
    }
}
