//! Where an image's bytes come from: memory, or a reader and its windows.

use oal_snapshot::crc32c::Crc32c;
use oal_snapshot::frame::PAGE_SIZE;
use oal_snapshot::image::{CHUNK_BYTES, page_align};
use oal_snapshot::refusal::Reason;

use crate::hooks::{FRAME_HEAD, FRAME_RAW};
use crate::types::{BOOL, DWORD, FALSE, LPVOID};

/// Where an image's bytes come from.
pub(super) enum Source<'a> {
    /// A reader, with a page for the table and a window for the contents.
    Reader {
        read: unsafe extern "C" fn(LPVOID, DWORD, DWORD) -> BOOL,
        table: &'a mut [u8; PAGE_SIZE],
        window: &'a mut [u8],
    },
    /// All of it.
    Mapped(&'a [u8]),
}

impl Source<'_> {
    /// The page at `offset`, a multiple of 4096; of a mapped image's last page as much as there is.
    pub fn page(&mut self, offset: u64) -> Result<&[u8], Reason> {
        match self {
            Source::Reader { read, table, .. } => {
                fetch(*read, &mut table[..], offset)?;
                Ok(&table[..])
            }
            Source::Mapped(image) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| image.get(offset..));
                let rest = rest.ok_or(Reason::Truncated)?;
                Ok(rest.get(..PAGE_SIZE).unwrap_or(rest))
            }
        }
    }
}

/// Reads whole pages at `offset`.
fn fetch(
    read: unsafe extern "C" fn(LPVOID, DWORD, DWORD) -> BOOL,
    buffer: &mut [u8],
    offset: u64,
) -> Result<(), Reason> {
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
    pub at: u64,
    pub end: u64,
    pub crc: Crc32c,
    /// What the window holds and was not taken yet.
    pub held: core::ops::Range<usize>,
}

impl Stream {
    /// The next frame's stored length, flag and full length; `None` if there was padding in its place, up to a page's end.
    pub fn frame(&mut self, source: &mut Source<'_>) -> Result<Option<(usize, u32, usize)>, Reason> {
        let head = self.take(source, FRAME_HEAD)?;
        let word = |at: usize| {
            let bytes = head.get(at..).and_then(<[u8]>::first_chunk::<4>);
            bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        let (first, len) = (word(0), word(4) as usize);
        if first == 0 && len == 0 {
            let rest = self.at.next_multiple_of(PAGE_SIZE as u64) - self.at;
            self.take(source, rest as usize)?;
            return Ok(None);
        }
        let stored = (first & !FRAME_RAW) as usize;
        if stored == 0 || stored > CHUNK_BYTES {
            return Err(Reason::CorruptStream);
        }
        Ok(Some((stored, first & FRAME_RAW, len)))
    }

    /// The next `len` bytes, at most a full frame.
    pub fn take<'s>(&mut self, source: &'s mut Source<'_>, len: usize) -> Result<&'s [u8], Reason> {
        if self.end - self.at < len as u64 {
            return Err(Reason::Truncated);
        }
        let bytes: &'s [u8] = match source {
            Source::Mapped(image) => {
                let start = usize::try_from(self.at).map_err(|_| Reason::Truncated)?;
                image.get(start..).and_then(|rest| rest.get(..len)).ok_or(Reason::Truncated)?
            }
            Source::Reader { read, window, .. } => {
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

    /// Moves what is held to the front, and reads whole pages behind it. What is held ends on a page of the image.
    fn refill(
        &mut self,
        read: unsafe extern "C" fn(LPVOID, DWORD, DWORD) -> BOOL,
        window: &mut [u8],
    ) -> Result<(), Reason> {
        let (first, end) = (self.held.start, self.held.end);
        if first > end || end > window.len() {
            return Err(Reason::BadField);
        }
        let held = end - first;
        // Pages stay where they are in the reader's eyes: what is held ends where one does, in the window and in the image.
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
