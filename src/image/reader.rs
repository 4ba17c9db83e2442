//! [`Reader`]: the one reader of a stored image. Every part is read once, and given out in records only while
//! it is checked; what is given out is what the checksum was made of.

use crate::bytes::are_zero;
use crate::crc32c::Crc32c;
use crate::frame::PAGE_SIZE;
use crate::hooks::ReadSnapshot;
use crate::image::contents::Chunk;
use crate::image::id::ImageId;
use crate::image::page_map::MapCheck;
use crate::image::{
    CHUNK_PAGES, ChunkEntry, Extent, ExtentKind, HEADER_LEN, Header, Part, chunk, count_pages, page_align,
};
use crate::memory_map::MemoryMap;
use crate::refusal::{Reason, Stage};

/// The stage and the reason of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fault {
    /// The part that was looked at.
    pub stage: Stage,
    /// The reason of a refusal.
    pub reason: Reason,
    /// The first byte of that part, chunk or read that failed, from the image's start.
    pub at: u64,
}

impl Fault {
    /// A fault of this stage, at byte `at` of the image.
    pub const fn new(stage: Stage, reason: Reason, at: u64) -> Fault {
        Fault { stage, reason, at }
    }
}

impl From<Fault> for (Stage, Reason) {
    fn from(fault: Fault) -> Self {
        (fault.stage, fault.reason)
    }
}

/// Reads the parts of one image and checks them, in the order of its methods.
///
/// A method that fails may have given out records before: they are to be thrown away.
pub struct Reader<'a, R: ReadSnapshot> {
    /// The store.
    pub medium: &'a mut R,
    /// The image's name in it.
    pub id: ImageId,
    /// Bytes of the image, as they were committed. No more are read.
    pub len: u64,
    /// Room for what is read: a multiple of 4096, and at least 18 pages for [`Reader::chunk`].
    pub buffer: &'a mut [u8],
}

impl<R: ReadSnapshot> Reader<'_, R> {
    /// The header, consistent in itself. That it is the header of this image, and that there are as many
    /// bytes as it says, is checked by [`Reader::admit`]: after all that makes it another machine's.
    ///
    /// # Errors
    /// [`Reason::Truncated`], [`Reason::ReadFailed`] or as for [`Header::decode`].
    pub fn header(&mut self) -> Result<Header, Fault> {
        let fault = |reason| Fault::new(Stage::Header, reason, 0);
        if self.len < HEADER_LEN as u64 {
            return Err(fault(Reason::Truncated));
        }
        let page = self.buffer.first_chunk_mut::<HEADER_LEN>().ok_or(fault(Reason::Truncated))?;
        self.medium.read_snapshot(self.id, page, 0).map_err(|_| fault(Reason::ReadFailed))?;
        Header::decode(page).map_err(fault)
    }

    /// Checks that `header` is this image's, and that there is as much of the image as it says.
    ///
    /// # Errors
    /// [`Reason::WrongImage`] or [`Reason::Truncated`].
    pub fn admit(&self, header: &Header) -> Result<(), Fault> {
        if header.id != self.id {
            return Err(Fault::new(Stage::Header, Reason::WrongImage, 0));
        }
        if header.image_len() > self.len {
            return Err(Fault::new(Stage::Header, Reason::Truncated, 0));
        }
        Ok(())
    }

    /// Gives the bytes of the CPU context to `each`, in pieces.
    ///
    /// # Errors
    /// Of the part: [`Reason::ReadFailed`], [`Reason::BadCrc`] or [`Reason::BadPadding`]; in version 1
    /// [`Reason::BadField`] if it is not made of words.
    pub fn context(&mut self, header: &Header, mut each: impl FnMut(&[u8])) -> Result<(), Fault> {
        self.part(Stage::Context, header, &header.context, &mut |bytes| {
            each(bytes);
            Ok(())
        })?;
        if header.version == 1 && !header.context.len.is_multiple_of(4) {
            return Err(Fault::new(Stage::Context, Reason::BadField, header.context.offset));
        }
        Ok(())
    }

    /// Gives the extents of the page map to `each`, ascending and without overlaps, and in the saved memory
    /// of the running board if `map` is given.
    ///
    /// # Errors
    /// Of the part, as for [`Reader::context`]; of [`Extent::decode`]; [`Reason::Overlap`],
    /// [`Reason::OutOfRange`]; [`Reason::BadField`] if there are other pages than the header counts; or what
    /// `each` gives.
    pub fn map(
        &mut self,
        header: &Header,
        map: Option<&MemoryMap>,
        mut each: impl FnMut(Extent) -> Result<(), Reason>,
    ) -> Result<(), Fault> {
        let mut check = MapCheck::default();
        self.records::<{ Extent::BYTES }>(Stage::Map, header, &header.map, |bytes| {
            let extent = Extent::decode(bytes)?;
            check.extent(&extent, map)?;
            each(extent)
        })?;
        if (check.data_pages, check.zero_pages) != (header.data_pages, header.zero_pages) {
            return Err(Fault::new(Stage::Map, Reason::BadField, header.map.offset));
        }
        Ok(())
    }

    /// Gives the entries of the chunk index to `each`: as many as the page map `extents` has chunks, each of
    /// a length that is possible for its pages, and all of them as long as the header says.
    ///
    /// # Errors
    /// Of the part, as for [`Reader::context`]; [`Reason::BadField`]; or what `each` gives.
    pub fn index(
        &mut self,
        header: &Header,
        extents: &[Extent],
        mut each: impl FnMut(ChunkEntry) -> Result<(), Reason>,
    ) -> Result<(), Fault> {
        // All chunks but the last are full: which frames each holds does not matter here.
        let mut left = count_pages(extents, ExtentKind::Data);
        let mut total = 0;
        self.records::<{ ChunkEntry::BYTES }>(Stage::Index, header, &header.index, |bytes| {
            let entry = ChunkEntry::decode(bytes)?;
            let pages = left.min(CHUNK_PAGES.into());
            if !entry.fits(pages as usize) {
                return Err(Reason::BadField);
            }
            left -= pages;
            total += entry.padded_len() as u64;
            each(entry)
        })?;
        if left > 0 || total != header.chunks_len {
            return Err(Fault::new(Stage::Index, Reason::BadField, header.index.offset));
        }
        Ok(())
    }

    /// The stored bytes of one chunk, read by themselves and checked.
    ///
    /// # Errors
    /// [`Reason::Truncated`] if they are not in the image or do not fit the buffer, [`Reason::ReadFailed`],
    /// or as for [`chunk::check`].
    pub fn chunk(&mut self, chunk: &Chunk) -> Result<&[u8], Fault> {
        let fault = |reason| Fault::new(Stage::Chunk, reason, chunk.offset);
        let before = chunk.offset % PAGE_SIZE as u64;
        let start = chunk.offset - before;
        let end = page_align(chunk.end());
        if end > self.len {
            return Err(fault(Reason::Truncated));
        }
        let bytes = self.buffer.get_mut(..(end - start) as usize).ok_or(fault(Reason::Truncated))?;
        self.medium.read_snapshot(self.id, bytes, start).map_err(|_| fault(Reason::ReadFailed))?;
        let stored = bytes.get(before as usize..).and_then(|bytes| bytes.get(..chunk.checked_len));
        chunk::check(stored.unwrap_or(&[]), &chunk.entry).map_err(fault)
    }

    /// Checks the padding behind the last chunk, up to the image's end.
    ///
    /// # Errors
    /// [`Reason::Truncated`], [`Reason::ReadFailed`] or [`Reason::BadPadding`].
    pub fn tail(&mut self, header: &Header) -> Result<(), Fault> {
        let end = header.chunks_offset.saturating_add(header.chunks_len);
        let fault = |reason| Fault::new(Stage::Chunk, reason, end);
        let used = (header.chunks_len % PAGE_SIZE as u64) as usize;
        if !header.pads_with_zeroes() || used == 0 {
            return Ok(());
        }
        let page = self.buffer.first_chunk_mut::<PAGE_SIZE>().ok_or(fault(Reason::Truncated))?;
        let start = header.image_len() - PAGE_SIZE as u64;
        self.medium.read_snapshot(self.id, page, start).map_err(|_| fault(Reason::ReadFailed))?;
        if are_zero(page.get(used..).unwrap_or(&[])) { Ok(()) } else { Err(fault(Reason::BadPadding)) }
    }

    /// Gives every record of `part` to `each`.
    fn records<const N: usize>(
        &mut self,
        stage: Stage,
        header: &Header,
        part: &Part,
        mut each: impl FnMut(&[u8; N]) -> Result<(), Reason>,
    ) -> Result<(), Fault> {
        self.part(stage, header, part, &mut |bytes| bytes.as_chunks().0.iter().try_for_each(&mut each))
    }

    /// Gives the bytes of `part` to `each`, in whole pages but for the last piece, and compares the checksum,
    /// then the padding. What `each` objects to is only reported if both are right: else the medium is to
    /// blame, not the writer.
    fn part(
        &mut self,
        stage: Stage,
        header: &Header,
        part: &Part,
        each: &mut dyn FnMut(&[u8]) -> Result<(), Reason>,
    ) -> Result<(), Fault> {
        let fault = |reason| Fault::new(stage, reason, part.offset);
        let mut crc = Crc32c::new();
        let mut objection = Ok(());
        let mut padding_is_zero = true;
        let len = u64::from(part.len);
        let mut done = 0;
        while done < len {
            let room = self.buffer.len() - self.buffer.len() % PAGE_SIZE;
            let padded = page_align(len - done).min(room as u64) as usize;
            let pages = self.buffer.get_mut(..padded).filter(|pages| !pages.is_empty());
            let pages = pages.ok_or(fault(Reason::Truncated))?;
            self.medium
                .read_snapshot(self.id, pages, part.offset + done)
                .map_err(|_| Fault::new(stage, Reason::ReadFailed, part.offset + done))?;
            let useful = padded.min((len - done) as usize);
            let (bytes, padding) = pages.split_at_checked(useful).ok_or(fault(Reason::Truncated))?;
            crc.update(bytes);
            padding_is_zero &= are_zero(padding);
            if objection.is_ok() {
                objection = each(bytes);
            }
            done += useful as u64;
        }
        if crc.finish() != part.crc {
            return Err(fault(Reason::BadCrc));
        }
        if header.pads_with_zeroes() && !padding_is_zero {
            return Err(fault(Reason::BadPadding));
        }
        objection.map_err(fault)
    }
}
