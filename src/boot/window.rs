//! The read-ahead window: the part of the image that is in the buffer.

use core::ops::Range;

use crate::bytes::move_to_front;
use crate::frame::PAGE_SIZE;
use crate::hooks::ReadSnapshot;
use crate::image::id::ImageId;
use crate::image::{Fault, Header, page_align};
use crate::refusal::{Reason, Stage};
use crate::workspace::STORED_BYTES;

/// A part of an image.
pub(super) struct Held<'a> {
    pub bytes: &'a [u8],
    /// Its first byte, counted from the image's start.
    pub start: u64,
}

impl<'a> Held<'a> {
    /// These bytes of the image, if all of them are there.
    pub fn get(&self, range: &Range<u64>) -> Option<&'a [u8]> {
        let at = usize::try_from(range.start.checked_sub(self.start)?).ok()?;
        let len = usize::try_from(range.end.checked_sub(range.start)?).ok()?;
        self.bytes.get(at..)?.get(..len)
    }
}

/// With less room than this, what the buffer holds is moved to the front before a read is begun in the
/// background: fewer bytes are not worth a command.
const READ_AHEAD: usize = STORED_BYTES / 4;

/// The part of the image that is in the buffer. It is filled in transfers as long as the buffer takes; by a
/// medium that works beside the CPU, while the chunks that are there already are loaded.
pub(super) struct Window<'a, R: ReadSnapshot> {
    id: ImageId,
    medium: &'a mut R,
    buffer: &'a mut [u8; STORED_BYTES],
    /// Offset of the buffer's first byte in the image; a multiple of 4096.
    start: u64,
    /// Bytes in the buffer, whole pages.
    len: usize,
    /// The image's end.
    end: u64,
}

impl<'a, R: ReadSnapshot> Window<'a, R> {
    /// The empty window at an image's first chunk.
    pub fn new(
        id: ImageId,
        medium: &'a mut R,
        buffer: &'a mut [u8; STORED_BYTES],
        header: &Header,
    ) -> Window<'a, R> {
        Window { id, medium, buffer, start: header.chunks_offset, len: 0, end: header.image_len() }
    }

    /// The part of the image in the buffer.
    pub fn held(&self) -> Held<'_> {
        Held { bytes: self.buffer.get(..self.len).unwrap_or(&[]), start: self.start }
    }

    /// Ensures that a chunk's bytes, which are not before what is in the buffer, are in it.
    pub fn hold(&mut self, chunk: &Range<u64>) -> Result<(), Fault> {
        if chunk.end > self.next() {
            self.forget_before(chunk.start);
            let missing = page_align(chunk.end.saturating_sub(self.next()));
            let missing = usize::try_from(missing).unwrap_or(STORED_BYTES);
            let more = if self.medium.reads_in_background() { missing } else { STORED_BYTES };
            let next = self.next();
            let (_, room) = split(self.buffer, self.len, more, self.end.saturating_sub(next));
            if !room.is_empty() {
                self.medium.read_snapshot(self.id, room, next).map_err(|_| read_failed(next))?;
                self.len += room.len();
            }
        }
        if chunk.end > self.next() {
            return Err(Fault::new(Stage::Chunk, Reason::Truncated, chunk.start));
        }
        Ok(())
    }

    /// Has `load` take the chunks that the buffer holds, the first of them at `from`. A medium that can reads
    /// on meanwhile; that has ended when this returns, on an error too.
    pub fn work(&mut self, from: u64, mut load: impl FnMut(&Held) -> Result<(), Fault>) -> Result<(), Fault> {
        let in_background = self.medium.reads_in_background();
        if in_background && STORED_BYTES - self.len < READ_AHEAD {
            self.forget_before(from);
        }
        let more = if in_background { STORED_BYTES } else { 0 };
        let next = self.next();
        let (bytes, room) = split(self.buffer, self.len, more, self.end.saturating_sub(next));
        let held = Held { bytes, start: self.start };
        if room.is_empty() {
            return load(&held);
        }
        let mut loaded = Ok(());
        let read = self.medium.read_snapshot_while(self.id, room, next, &mut || loaded = load(&held));
        // What was there before is to blame first.
        loaded?;
        read.map_err(|_| read_failed(next))?;
        self.len += room.len();
        Ok(())
    }

    /// Offset in the image of the first byte behind the buffer.
    fn next(&self) -> u64 {
        self.start.saturating_add(self.len as u64)
    }

    /// Moves what the buffer holds from the page of `offset` on to the front.
    fn forget_before(&mut self, offset: u64) {
        let gone = usize::try_from(offset.saturating_sub(self.start)).unwrap_or(self.len).min(self.len);
        let gone = gone - gone % PAGE_SIZE;
        move_to_front(self.buffer.get_mut(..self.len).unwrap_or(&mut []), gone);
        self.start += gone as u64;
        self.len -= gone;
    }
}

/// A read of the image from byte `at` on failed.
fn read_failed(at: u64) -> Fault {
    Fault::new(Stage::Chunk, Reason::ReadFailed, at)
}

/// The first `len` bytes of the buffer, and room behind them for what can be read: at most `more` bytes, and
/// at most the `left` that there are.
fn split(buffer: &mut [u8; STORED_BYTES], len: usize, more: usize, left: u64) -> (&[u8], &mut [u8]) {
    let Some((held, room)) = buffer.split_at_mut_checked(len) else { return (&[], &mut []) };
    let more = more.min(room.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
    (held, room.get_mut(..more).unwrap_or(&mut []))
}
