//! The read-ahead window: the part of the image that is in the buffer.

use crate::bytes::move_to_front;
use crate::frame::PAGE_SIZE;
use crate::hooks::ReadSnapshot;
use crate::image::ChunkEntry;
use crate::image::id::ImageId;
use crate::refusal::Reason;
use crate::workspace::STORED_BYTES;

/// Bytes of an image, chunk behind chunk.
pub(super) struct Held<'a> {
    pub bytes: &'a [u8],
    /// Where the next chunk begins.
    pub at: usize,
}

impl<'a> Held<'a> {
    /// The next chunk, if all of it is there.
    pub fn take(&mut self, entry: &ChunkEntry) -> Option<&'a [u8]> {
        let chunk = self.bytes.get(self.at..)?.get(..entry.len())?;
        self.at = self.at.saturating_add(entry.padded_len());
        Some(chunk)
    }
}

/// With less room than this, what the buffer holds is moved to the front before a read is begun in the background: fewer bytes
/// are not worth a command.
const READ_AHEAD: usize = STORED_BYTES / 4;

/// The part of the image that is in the buffer. It is filled in transfers as long as the buffer takes; by a medium that
/// works beside the CPU, while the chunks that are there already are loaded.
pub(super) struct Window<'a, R: ReadSnapshot> {
    pub id: ImageId,
    pub medium: &'a mut R,
    pub buffer: &'a mut [u8; STORED_BYTES],
    /// Where the next chunk begins in the buffer.
    pub at: usize,
    /// Bytes in the buffer, whole pages.
    pub len: usize,
    /// Where what follows them is in the image.
    pub next: u64,
    /// The image's end.
    pub end: u64,
}

impl<R: ReadSnapshot> Window<'_, R> {
    /// Sees to it that `wanted` bytes (at most a chunk's) of what comes next are in the buffer.
    pub fn hold(&mut self, wanted: usize) -> Result<(), Reason> {
        if self.at + wanted > self.len {
            self.make_room();
            let missing = (self.at + wanted).saturating_sub(self.len).next_multiple_of(PAGE_SIZE);
            let more = if self.medium.reads_in_background() { missing } else { STORED_BYTES };
            let (_, room) = split(self.buffer, self.len, more, self.end.saturating_sub(self.next));
            if !room.is_empty() {
                self.medium.read_snapshot(self.id, room, self.next).map_err(|_| Reason::ReadFailed)?;
                self.next += room.len() as u64;
                self.len += room.len();
            }
        }
        if self.at + wanted <= self.len { Ok(()) } else { Err(Reason::Truncated) }
    }

    /// Has `load` take the chunks that the buffer holds. A medium that can reads on meanwhile; that has ended when this
    /// returns, on an error too.
    pub fn work(&mut self, mut load: impl FnMut(&mut Held) -> Result<(), Reason>) -> Result<(), Reason> {
        let in_background = self.medium.reads_in_background();
        if in_background && STORED_BYTES - self.len < READ_AHEAD {
            self.make_room();
        }
        let more = if in_background { STORED_BYTES } else { 0 };
        let (bytes, room) = split(self.buffer, self.len, more, self.end.saturating_sub(self.next));
        let mut held = Held { bytes, at: self.at };
        if room.is_empty() {
            let loaded = load(&mut held);
            self.at = held.at;
            return loaded;
        }
        let mut loaded = Ok(());
        let read =
            self.medium.read_snapshot_while(self.id, room, self.next, &mut || loaded = load(&mut held));
        self.at = held.at;
        // What was there before is to blame first.
        loaded?;
        read.map_err(|_| Reason::ReadFailed)?;
        self.next += room.len() as u64;
        self.len += room.len();
        Ok(())
    }

    /// Moves what the buffer holds from the page of the next chunk on to the front.
    fn make_room(&mut self) {
        let gone = self.at.min(self.len);
        let gone = gone - gone % PAGE_SIZE;
        move_to_front(self.buffer.get_mut(..self.len).unwrap_or(&mut []), gone);
        self.at -= gone;
        self.len -= gone;
    }
}

/// The first `len` bytes of the buffer, and room behind them for what can be read: at most `more` bytes, and at most the
/// `left` that there are.
fn split(buffer: &mut [u8; STORED_BYTES], len: usize, more: usize, left: u64) -> (&[u8], &mut [u8]) {
    let Some((held, room)) = buffer.split_at_mut_checked(len) else { return (&[], &mut []) };
    let more = more.min(room.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
    (held, room.get_mut(..more).unwrap_or(&mut []))
}
