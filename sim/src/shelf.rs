//! [`Shelf`]: a store without a medium, to get at an image's bytes.

use alloc::vec::Vec;

use oal_snapshot::hooks::{
    BootPolicy, Candidate, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection,
    WriteSnapshot,
};
use oal_snapshot::image::ImageId;
use oal_snapshot::refusal::Reason;

/// One image, and how it came here.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// The image's bytes.
    pub image: Vec<u8>,
    /// Offset and length of every write, in order.
    pub writes: Vec<(u64, usize)>,
    /// Whether the image was finished.
    pub finished: bool,
    /// The name under which images are kept here.
    pub id: u64,
    prepared: u64,
}

/// The caller did what no caller may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misuse;

impl Shelf {
    /// A shelf that holds `image`, known as `id`.
    pub fn with_image(image: Vec<u8>, id: u64) -> Shelf {
        Shelf { image, id, finished: true, ..Shelf::default() }
    }
}

impl Medium for Shelf {
    type Error = Misuse;
}

impl PrepareSnapshot for Shelf {
    fn prepare_snapshot(&mut self, len: u64, _policy: BootPolicy) -> Result<Prepared, Misuse> {
        *self = Shelf { prepared: len, id: self.id, ..Shelf::default() };
        Ok(Prepared { id: ImageId(self.id), slot: 0 })
    }
}

impl WriteSnapshot for Shelf {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Misuse> {
        if offset != self.image.len() as u64 {
            return Err(Misuse);
        }
        self.image.extend_from_slice(data);
        self.writes.push((offset, data.len()));
        Ok(())
    }

    fn finish_snapshot(&mut self, _scratch: &mut [u8]) -> Result<(), Misuse> {
        self.finished = !self.finished && self.image.len() as u64 == self.prepared;
        if self.finished { Ok(()) } else { Err(Misuse) }
    }
}

impl SelectSnapshot for Shelf {
    fn select(&mut self) -> Result<Selection, Reason> {
        let mut selection = Selection::default();
        let candidate = Candidate {
            id: ImageId(self.id),
            slot: 0,
            len: self.image.len() as u64,
            policy: BootPolicy::Always,
            attempts: 0,
        };
        selection.candidates.push(candidate).map_err(|_| Reason::NoImage)?;
        Ok(selection)
    }

    fn count_attempt(&mut self, _id: ImageId) -> Result<u8, Misuse> {
        Ok(1)
    }

    fn refused(&mut self, _id: ImageId) {}

    fn consume(&mut self) -> Result<(), Misuse> {
        Ok(())
    }

    fn confirm(&mut self, _id: ImageId) -> Result<(), Misuse> {
        Ok(())
    }
}

impl ReadSnapshot for Shelf {
    fn read_snapshot(&mut self, _id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Misuse> {
        let at = usize::try_from(offset).map_err(|_| Misuse)?;
        let end = at.checked_add(buf.len()).ok_or(Misuse)?;
        buf.copy_from_slice(self.image.get(at..end).ok_or(Misuse)?);
        Ok(())
    }
}
