//! [`NandStore`]: images on NAND flash.

use oal_media::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

use crate::bytes::put;
use crate::crc32c::Crc32c;
use crate::image::ImageId;
use crate::store::catalog::Area;
use crate::store::nand::bad_blocks::BadBlocks;
use crate::store::nand::position::{LOG_BLOCKS, LogPosition};
use crate::store::nand::writer::Place;
use crate::store::record::SlotEntry;
use crate::store::slot_medium::{Error, SlotMedium};
use crate::store::{Blocks, GeometryError, NoRegister, SlotStore, StoreError};

/// A store on a NAND chip. Keep it in nosave memory.
///
/// `PAGE` is the chip's page size in bytes, `MAP` the bytes of the map of bad blocks: one bit for each erase
/// block that the store may use; blocks without a bit are not used.
///
/// Blocks are erased one by one while an image is written, around those that are bad or go bad. While one is
/// written, none can be read.
pub type NandStore<F, const PAGE: usize, const MAP: usize, A = NoRegister> =
    SlotStore<NandMedium<F, PAGE, MAP>, A>;

/// A block of an image that was just read, so that the next one is found without counting from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    /// The image's first block.
    first: u64,
    /// Its number among the blocks of the image.
    nth: u64,
    /// Its place.
    block: u32,
}

/// A NAND chip, below a [`NandStore`].
pub struct NandMedium<F, const PAGE: usize, const MAP: usize> {
    pub(super) flash: F,
    pub(super) bad: BadBlocks<MAP>,
    pub(super) position: LogPosition,
    /// For records, and for pages on the move.
    pub(super) scratch: [u8; PAGE],
    /// The page of an image that is being filled, or was read in part.
    data: [u8; PAGE],
    /// The page of a chip that `data` was read from.
    cached: Option<NandPage>,
    cursor: Option<Cursor>,
    worn: Option<ImageId>,
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize> NandMedium<F, PAGE, MAP> {
    /// The place of the page `nth` of an image.
    fn locate(&mut self, entry: &SlotEntry, nth: u64) -> Result<NandPage, Error<Self>> {
        // `over` saw to it that there are some; nothing here divides by what a driver says.
        let pages = u64::from(self.flash.geometry().pages_per_block).max(1);
        let (wanted, page) = (nth / pages, (nth % pages) as u32);
        let end = entry.first.saturating_add(entry.span).min(self.room().end) as u32;
        let known = self.cursor.filter(|cursor| cursor.first == entry.first && cursor.nth <= wanted);
        let (mut at, mut from) = match known {
            Some(cursor) => (cursor.nth, cursor.block),
            None => (0, entry.first.min(u64::from(end)) as u32),
        };
        loop {
            let block = self.bad.next_good(from..end).ok_or(StoreError::OutOfRange)?;
            if at == wanted {
                self.cursor = Some(Cursor { first: entry.first, nth: at, block });
                return Ok(NandPage { block, page });
            }
            (at, from) = (at + 1, block + 1);
        }
    }

    /// Reads a page into `data`, unless it is there.
    fn cache(&mut self, at: NandPage, id: ImageId) -> Result<(), Error<Self>> {
        if self.cached == Some(at) {
            return Ok(());
        }
        self.cached = None;
        read(&mut self.flash, at, &mut self.data, &mut self.worn, id)?;
        self.cached = Some(at);
        Ok(())
    }

    /// Programs the page in `data`.
    fn program(&mut self, place: &mut Place) -> Result<(), Error<Self>> {
        place.program(&mut self.flash, &mut self.bad, &self.data, &mut self.scratch)
    }
}

/// Reads a page of the image `id`, and notes the image if the page is worn.
fn read<F: NandFlash>(
    flash: &mut F,
    at: NandPage,
    data: &mut [u8],
    worn: &mut Option<ImageId>,
    id: ImageId,
) -> Result<(), StoreError<F::Error>> {
    match flash.read_page(at, data, &mut []) {
        Ok(Ecc::Clean) => Ok(()),
        Ok(Ecc::Worn) => {
            *worn = Some(id);
            Ok(())
        }
        Err(NandError::Device(e)) => Err(StoreError::Device(e)),
        Err(_) => Err(StoreError::Uncorrectable),
    }
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize> SlotMedium for NandMedium<F, PAGE, MAP> {
    type Device = F;
    type Place = Place;

    /// The page that is read in part and the one that is written in part share their place.
    const READS_WHILE_WRITING: bool = false;
    const WEARS: bool = true;

    /// [`GeometryError::PageBytes`]: the chip's pages are not of `PAGE` bytes.
    /// [`GeometryError::PagesPerBlock`]: not 16 to
    /// 1024. [`GeometryError::TooSmall`]: there is no block behind the log.
    fn over(flash: F) -> Result<Self, GeometryError> {
        const {
            assert!(PAGE.is_power_of_two() && 512 <= PAGE && PAGE <= 8192, "no such page size");
            assert!(MAP * 8 > LOG_BLOCKS as usize, "the map has no bit for a block behind the log");
            assert!(MAP <= 4 * PAGE, "the map is too long for the log's pages");
        };
        let NandGeometry { page_bytes, pages_per_block, blocks } = flash.geometry();
        if page_bytes as usize != PAGE {
            return Err(GeometryError::PageBytes { page_bytes, needed: PAGE as u32 });
        }
        if !(16..=1024).contains(&pages_per_block) {
            return Err(GeometryError::PagesPerBlock { pages_per_block });
        }
        if blocks <= LOG_BLOCKS {
            return Err(GeometryError::TooSmall { has: blocks.into(), needed: u64::from(LOG_BLOCKS) + 1 });
        }
        Ok(NandMedium {
            flash,
            bad: BadBlocks::new(),
            position: LogPosition::default(),
            scratch: [0; PAGE],
            data: [0; PAGE],
            cached: None,
            cursor: None,
            worn: None,
        })
    }

    fn device_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    fn room(&self) -> Area {
        LOG_BLOCKS.into()..u64::from(self.flash.geometry().blocks).min(MAP as u64 * 8)
    }

    fn unit_bytes(&self) -> u64 {
        self.flash.geometry().block_bytes()
    }

    /// Of the blocks not known to be bad: each mark costs a page or two of reading. No block is erased to
    /// find out.
    fn usable_bytes(&mut self, area: &Area, enough: u64) -> Result<u64, Error<Self>> {
        let mut bytes = 0;
        for block in area.start as u32..area.end as u32 {
            if bytes >= enough {
                break;
            }
            if !self.bad.contains(block) && !self.flash.is_bad(block).map_err(StoreError::Device)? {
                bytes += self.unit_bytes();
            }
        }
        Ok(bytes)
    }

    fn forget(&mut self) {
        (self.cached, self.cursor) = (None, None);
    }

    fn begin(&mut self, area: &Area, _span: u64) -> Result<Place, Error<Self>> {
        self.forget();
        Ok(Place::new(area.clone()))
    }

    fn append(
        &mut self,
        place: &mut Place,
        _entry: &SlotEntry,
        data: &[u8],
        _offset: u64,
    ) -> Result<(), Error<Self>> {
        let mut rest = data;
        while !rest.is_empty() {
            let whole = if place.waiting == 0 { rest.split_first_chunk::<PAGE>() } else { None };
            if let Some((page, behind)) = whole {
                place.program(&mut self.flash, &mut self.bad, page, &mut self.scratch)?;
                rest = behind;
                continue;
            }
            let (now, behind) = rest.split_at(rest.len().min(PAGE.saturating_sub(place.waiting)));
            put(&mut self.data, place.waiting, now);
            (place.waiting, rest) = (place.waiting + now.len(), behind);
            if place.waiting >= PAGE {
                self.program(place)?;
                place.waiting = 0;
            }
        }
        Ok(())
    }

    /// Programs what waits.
    fn finish(&mut self, mut place: Place, entry: &mut SlotEntry) -> Result<(), Error<Self>> {
        if place.waiting > 0 {
            self.data.get_mut(place.waiting..).unwrap_or(&mut []).fill(0xff);
            self.program(&mut place)?;
        }
        entry.span = place.span();
        Ok(())
    }

    /// Whole pages go straight to `buf`; a page that `buf` wants a part of is kept for the next call.
    fn read(&mut self, entry: &SlotEntry, buf: &mut [u8], offset: u64) -> Result<(), Error<Self>> {
        let (mut rest, mut offset) = (buf, offset);
        while !rest.is_empty() {
            let within = (offset % PAGE as u64) as usize;
            let now = (PAGE - within).min(rest.len());
            let at = self.locate(entry, offset / PAGE as u64)?;
            let (here, behind) = rest.split_at_mut(now);
            if now == PAGE {
                read(&mut self.flash, at, here, &mut self.worn, entry.id)?;
            } else {
                self.cache(at, entry.id)?;
                put(here, 0, self.data.get(within..).and_then(|data| data.get(..now)).unwrap_or(&[]));
            }
            (rest, offset) = (behind, offset + now as u64);
        }
        Ok(())
    }

    fn blocks(&mut self) -> Result<Option<Blocks>, Error<Self>> {
        let all = self.room().end as u32;
        let mut bad = 0;
        for block in 0..all {
            bad += u32::from(self.flash.is_bad(block).map_err(StoreError::Device)?);
        }
        Ok(Some(Blocks { all, bad }))
    }

    fn worn(&self) -> Option<ImageId> {
        self.worn
    }

    fn copy(&mut self, from: &SlotEntry, to: &mut Place) -> Result<u32, Error<Self>> {
        let mut crc = Crc32c::new();
        for nth in 0..from.image_len.div_ceil(PAGE as u64) {
            let at = self.locate(from, nth)?;
            self.cache(at, from.id)?;
            let useful = from.image_len.saturating_sub(nth * PAGE as u64).min(PAGE as u64) as usize;
            crc.update(self.data.get(..useful).unwrap_or(&[]));
            self.program(to)?;
        }
        self.worn = None;
        Ok(crc.finish())
    }
}
