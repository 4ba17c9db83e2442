//! [`NandStore`]: images on NAND flash.

use crate::bytes::put;
use crate::crc32c::Crc32c;
use crate::frame::PAGE_SIZE;
use crate::hooks::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use crate::image::id::ImageId;
use crate::refusal::Reason;
use crate::store::catalog::{Area, Catalog};
use crate::store::nand::bad_blocks::BadBlocks;
use crate::store::nand::log::{LOG_BLOCKS, LogPosition, NandLog};
use crate::store::nand::writer::Place;
use crate::store::record::{Record, SLOTS, SlotEntry, SlotState};
use crate::store::{AttemptRegister, NoRegister, Slots, StoreError, StoreSettings};
use oal_media::{Ecc, NandError, NandFlash, NandPage};

/// An image being written.
#[derive(Clone)]
struct Writing {
    slot: usize,
    entry: SlotEntry,
    place: Place,
    /// Bytes given so far.
    written: u64,
    /// Bytes in the store's page that are not programmed yet.
    waiting: usize,
    crc: Crc32c,
}

/// A block of an image that was just read, so that the next one is found without counting from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    /// The image's first block.
    first: u64,
    /// Which block of the image it is.
    nth: u64,
    /// Where it is.
    block: u32,
}

/// A store on a NAND chip. Keep it in nosave memory.
///
/// `PAGE` is the chip's page size in bytes, `MAP` the bytes of the map of bad blocks: one bit for each erase block that
/// the store may use; blocks without a bit are not used. There is nothing to format.
pub struct NandStore<F, const PAGE: usize, const MAP: usize, A = NoRegister> {
    flash: F,
    catalog: Catalog<A>,
    bad: BadBlocks<MAP>,
    position: LogPosition,
    /// For records, and for pages on the move.
    scratch: [u8; PAGE],
    /// The page of an image that is being filled, or was read in part.
    data: [u8; PAGE],
    /// Which page of a chip `data` was read from.
    cached: Option<NandPage>,
    cursor: Option<Cursor>,
    worn: Option<ImageId>,
    writing: Option<Writing>,
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize> NandStore<F, PAGE, MAP> {
    /// A store that counts attempts in its log. Nothing is read or written yet. `None` if the chip's pages are not of
    /// `PAGE` bytes, if it has too few blocks for a log and an image, or if the map has no bits for them.
    pub fn new(flash: F, settings: StoreSettings) -> Option<Self> {
        NandStore::with_register(flash, settings, NoRegister)
    }
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize, A: AttemptRegister> NandStore<F, PAGE, MAP, A> {
    /// A store that counts attempts in `register`; see [`NandStore::new`].
    pub fn with_register(flash: F, settings: StoreSettings, register: A) -> Option<Self> {
        let geometry = flash.geometry();
        let fits = geometry.page_bytes as usize == PAGE
            && PAGE.is_power_of_two()
            && (512..=8192).contains(&PAGE)
            && (16..=1024).contains(&geometry.pages_per_block)
            && geometry.blocks > LOG_BLOCKS
            && MAP * 8 > LOG_BLOCKS as usize
            && MAP <= 4 * PAGE;
        fits.then(|| NandStore {
            flash,
            catalog: Catalog::new(settings, register),
            bad: BadBlocks::new(),
            position: LogPosition::default(),
            scratch: [0; PAGE],
            data: [0; PAGE],
            cached: None,
            cursor: None,
            worn: None,
            writing: None,
        })
    }

    /// The settings, to look at and to change between snapshots.
    pub fn settings_mut(&mut self) -> &mut StoreSettings {
        &mut self.catalog.settings
    }

    /// The chip.
    pub fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    /// The newest record: what the store remembers. Reads the log if that was not done yet.
    ///
    /// # Errors
    /// [`StoreError::Device`].
    pub fn record(&mut self) -> Result<Record, StoreError<F::Error>> {
        let (catalog, mut log) = self.split();
        Ok(catalog.state(&mut log)?.record)
    }

    /// Forgets every image: the next boot is a cold one. A cut leaves all of them or none.
    ///
    /// # Errors
    /// Of the chip.
    pub fn invalidate(&mut self) -> Result<(), StoreError<F::Error>> {
        let (catalog, mut log) = self.split();
        catalog.invalidate(&mut log)
    }

    /// The image of which a page was read with so many wrong bits that it should be
    /// [refreshed](NandStore::refresh), if one was since power-on.
    pub fn refresh_due(&self) -> Option<ImageId> {
        self.worn
    }

    /// Moves an image to fresh blocks, those of the other slot: the image that was there is given up. A cut leaves the
    /// image where it was or where it goes.
    ///
    /// # Errors
    /// As for a snapshot; [`StoreError::DoesNotFit`] also if the image takes more than half of the store.
    pub fn refresh(&mut self, id: ImageId) -> Result<(), StoreError<F::Error>> {
        self.writing = None;
        let old = self.entry(id)?;
        let areas = self.areas(Slots::Two);
        let is_elsewhere =
            |area: &Area| old.first >= area.end || area.start >= old.first.saturating_add(old.span);
        let Some(slot) = areas.iter().position(is_elsewhere) else {
            let half = areas.first().cloned().unwrap_or_default();
            let slot = self.room(&half, u64::MAX)?;
            return Err(self.does_not_fit(old.image_len, slot)?);
        };
        let area = areas.get(slot).cloned().unwrap_or_default();
        self.check_room(old.image_len, &area)?;
        let (catalog, mut log) = self.split();
        catalog.reserve(&mut log, slot, &area)?;
        let mut writing = self.begin(slot, SlotEntry { first: area.start, ..old }, area);
        for nth in 0..old.image_len.div_ceil(PAGE as u64) {
            self.read_page(&old, nth, &mut writing.crc)?;
            writing.place.program(&mut self.flash, &mut self.bad, &self.data, &mut self.scratch)?;
        }
        self.worn = None;
        self.complete(&mut writing)?;
        if writing.entry.image_crc != old.image_crc {
            return Err(StoreError::Verify);
        }
        let slots = core::array::from_fn(|i| (i == slot).then_some(writing.entry));
        let (catalog, mut log) = self.split();
        catalog.append(&mut log, slots)
    }

    /// The catalog, and the log that it is kept in.
    fn split(&mut self) -> (&mut Catalog<A>, NandLog<'_, F, PAGE, MAP>) {
        let log = NandLog {
            flash: &mut self.flash,
            bad: &mut self.bad,
            position: &mut self.position,
            page: &mut self.scratch,
        };
        (&mut self.catalog, log)
    }

    fn entry(&mut self, id: ImageId) -> Result<SlotEntry, StoreError<F::Error>> {
        let (blocks, block_bytes) = (self.blocks(), self.flash.geometry().block_bytes());
        let (catalog, mut log) = self.split();
        let entry = catalog.entry(&mut log, id)?;
        if lies_within(&entry, blocks, block_bytes) { Ok(entry) } else { Err(StoreError::OutOfRange) }
    }

    /// Blocks that the store may use.
    fn blocks(&self) -> u64 {
        u64::from(self.flash.geometry().blocks).min(MAP as u64 * 8)
    }

    /// The blocks of each slot.
    fn areas(&self, slots: Slots) -> heapless::Vec<Area, SLOTS> {
        let (first, blocks) = (u64::from(LOG_BLOCKS), self.blocks());
        let mut areas = heapless::Vec::new();
        let middle = if slots == Slots::One { blocks } else { first + (blocks - first) / 2 };
        let _ = areas.push(first..middle);
        if slots == Slots::Two {
            let _ = areas.push(middle..first + 2 * (middle - first));
        }
        areas
    }

    /// Bytes that the good blocks of `area` hold, as far as is known without erasing any. Blocks behind those that hold
    /// `enough` are not looked at: each mark costs a page or two of reading.
    fn room(&mut self, area: &Area, enough: u64) -> Result<u64, StoreError<F::Error>> {
        let mut room = 0;
        for block in area.start as u32..area.end as u32 {
            if room >= enough {
                break;
            }
            if !self.bad.contains(block) && !self.flash.is_bad(block).map_err(StoreError::Device)? {
                room += self.flash.geometry().block_bytes();
            }
        }
        Ok(room)
    }

    fn check_room(&mut self, needed: u64, area: &Area) -> Result<(), StoreError<F::Error>> {
        if needed > 0 && self.room(area, needed)? >= needed {
            return Ok(());
        }
        let slot = self.room(area, u64::MAX)?;
        Err(self.does_not_fit(needed, slot)?)
    }

    /// The error of an image of `needed` bytes for a slot with room for `slot`.
    fn does_not_fit(&mut self, needed: u64, slot: u64) -> Result<StoreError<F::Error>, StoreError<F::Error>> {
        let all = self.areas(Slots::One).first().cloned().unwrap_or_default();
        let single = self.room(&all, u64::MAX)?;
        Ok(StoreError::DoesNotFit { needed, slot, single })
    }

    fn begin(&mut self, slot: usize, entry: SlotEntry, area: Area) -> Writing {
        (self.cached, self.cursor) = (None, None);
        Writing { slot, entry, place: Place::new(area), written: 0, waiting: 0, crc: Crc32c::new() }
    }

    /// Programs what waits, reads the image back and compares. Fills in where it lies and its checksum.
    fn complete(&mut self, writing: &mut Writing) -> Result<(), StoreError<F::Error>> {
        if writing.waiting > 0 {
            self.data.get_mut(writing.waiting..).unwrap_or(&mut []).fill(0xff);
            writing.place.program(&mut self.flash, &mut self.bad, &self.data, &mut self.scratch)?;
        }
        writing.entry.span = writing.place.span();
        writing.entry.image_crc = writing.crc.clone().finish();
        let (entry, mut back) = (writing.entry, Crc32c::new());
        for nth in 0..entry.image_len.div_ceil(PAGE as u64) {
            self.read_page(&entry, nth, &mut back)?;
        }
        if back.finish() == entry.image_crc { Ok(()) } else { Err(StoreError::Verify) }
    }

    /// Reads the page `nth` of an image into `data`, and goes on with the checksum over what the image has of it.
    fn read_page(
        &mut self,
        entry: &SlotEntry,
        nth: u64,
        crc: &mut Crc32c,
    ) -> Result<(), StoreError<F::Error>> {
        let at = self.locate(entry, nth)?;
        self.cache(at, entry.id)?;
        let useful = entry.image_len.saturating_sub(nth * PAGE as u64).min(PAGE as u64) as usize;
        crc.update(self.data.get(..useful).unwrap_or(&[]));
        Ok(())
    }

    /// Where the page `nth` of an image is.
    fn locate(&mut self, entry: &SlotEntry, nth: u64) -> Result<NandPage, StoreError<F::Error>> {
        // `new` saw to it that there are some; nothing here divides by what a driver says.
        let pages = u64::from(self.flash.geometry().pages_per_block).max(1);
        let (wanted, page) = (nth / pages, (nth % pages) as u32);
        let end = entry.first.saturating_add(entry.span).min(self.blocks()) as u32;
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
    fn cache(&mut self, at: NandPage, id: ImageId) -> Result<(), StoreError<F::Error>> {
        if self.cached == Some(at) {
            return Ok(());
        }
        self.cached = None;
        read(&mut self.flash, at, &mut self.data, &mut self.worn, id)?;
        self.cached = Some(at);
        Ok(())
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

/// Whether the image lies behind the log and within a chip of `blocks`.
fn lies_within(entry: &SlotEntry, blocks: u64, block_bytes: u64) -> bool {
    entry.first >= u64::from(LOG_BLOCKS)
        && entry.first.checked_add(entry.span).is_some_and(|end| end <= blocks)
        && entry.image_len <= entry.span.saturating_mul(block_bytes)
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize, A> Medium for NandStore<F, PAGE, MAP, A> {
    type Error = StoreError<F::Error>;
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize, A: AttemptRegister> PrepareSnapshot
    for NandStore<F, PAGE, MAP, A>
{
    /// Chooses the slot that holds the least, and forgets what is in it. A cut leaves it forgotten or not. Blocks are
    /// erased one by one while the image is written.
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Self::Error> {
        self.writing = None;
        let areas = self.areas(self.catalog.settings.slots);
        let (catalog, mut log) = self.split();
        let slot = catalog.choose(&mut log, &areas)?;
        let area = areas.get(slot).cloned().ok_or(StoreError::OutOfSequence)?;
        self.check_room(len, &area)?;
        let (catalog, mut log) = self.split();
        // An image whose boots cannot be remembered any more would be acknowledged for nothing.
        if !log.has_room().map_err(StoreError::Device)? {
            return Err(StoreError::LogExhausted);
        }
        let id = catalog.reserve(&mut log, slot, &area)?;
        let entry = SlotEntry {
            state: SlotState::Committed,
            policy,
            attempts: 0,
            confirmed: false,
            id,
            first: area.start,
            span: 0,
            image_len: len,
            image_crc: 0,
        };
        self.writing = Some(self.begin(slot, entry, area));
        Ok(Prepared { id, slot: slot as u8 })
    }
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize, A: AttemptRegister> WriteSnapshot
    for NandStore<F, PAGE, MAP, A>
{
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Self::Error> {
        let Some(writing) = &mut self.writing else { return Err(StoreError::OutOfSequence) };
        let end = offset.saturating_add(data.len() as u64);
        if offset != writing.written || !data.len().is_multiple_of(PAGE_SIZE) || end > writing.entry.image_len
        {
            return Err(StoreError::OutOfSequence);
        }
        let mut rest = data;
        while !rest.is_empty() {
            let whole = if writing.waiting == 0 { rest.split_first_chunk::<PAGE>() } else { None };
            if let Some((page, behind)) = whole {
                writing.place.program(&mut self.flash, &mut self.bad, page, &mut self.scratch)?;
                rest = behind;
                continue;
            }
            let (now, behind) = rest.split_at(rest.len().min(PAGE - writing.waiting));
            let end = writing.waiting + now.len();
            put(&mut self.data, writing.waiting, now);
            (writing.waiting, rest) = (end, behind);
            if end == PAGE {
                writing.place.program(&mut self.flash, &mut self.bad, &self.data, &mut self.scratch)?;
                writing.waiting = 0;
            }
        }
        writing.crc.update(data);
        writing.written = end;
        Ok(())
    }

    fn finish_snapshot(&mut self, _scratch: &mut [u8]) -> Result<(), Self::Error> {
        let Some(mut writing) = self.writing.take() else { return Err(StoreError::OutOfSequence) };
        if writing.written != writing.entry.image_len {
            return Err(StoreError::OutOfSequence);
        }
        self.complete(&mut writing)?;
        let (catalog, mut log) = self.split();
        catalog.commit(&mut log, writing.slot, writing.entry)
    }
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize, A: AttemptRegister> SelectSnapshot
    for NandStore<F, PAGE, MAP, A>
{
    fn select(&mut self) -> Result<Selection, Reason> {
        (self.cached, self.cursor) = (None, None);
        let (blocks, block_bytes) = (self.blocks(), self.flash.geometry().block_bytes());
        let (catalog, mut log) = self.split();
        catalog.select(&mut log, |entry| lies_within(entry, blocks, block_bytes))
    }

    /// A cut leaves the attempt counted or not; the image is not touched.
    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Self::Error> {
        let (catalog, mut log) = self.split();
        catalog.count_attempt(&mut log, id)
    }

    fn refused(&mut self, id: ImageId) {
        self.catalog.refuse(id);
    }

    /// A cut leaves all of them consumed or none.
    fn consume(&mut self) -> Result<(), Self::Error> {
        let (catalog, mut log) = self.split();
        catalog.consume(&mut log)
    }

    /// A cut leaves the image confirmed or not.
    fn confirm(&mut self, id: ImageId) -> Result<(), Self::Error> {
        let (catalog, mut log) = self.split();
        catalog.confirm(&mut log, id)
    }
}

impl<F: NandFlash, const PAGE: usize, const MAP: usize, A: AttemptRegister> ReadSnapshot
    for NandStore<F, PAGE, MAP, A>
{
    /// Whole pages go straight to `buf`; a page that `buf` wants a part of is kept for the next call.
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error> {
        if self.writing.is_some() {
            return Err(StoreError::OutOfSequence);
        }
        let entry = self.entry(id)?;
        let aligned = offset.is_multiple_of(PAGE_SIZE as u64) && buf.len().is_multiple_of(PAGE_SIZE);
        let end = offset.checked_add(buf.len() as u64);
        if !aligned || end.is_none_or(|end| end > entry.image_len) {
            return Err(StoreError::OutOfRange);
        }
        let (mut rest, mut offset) = (buf, offset);
        while !rest.is_empty() {
            let within = (offset % PAGE as u64) as usize;
            let now = (PAGE - within).min(rest.len());
            let at = self.locate(&entry, offset / PAGE as u64)?;
            let (here, behind) = rest.split_at_mut(now);
            if now == PAGE {
                read(&mut self.flash, at, here, &mut self.worn, id)?;
            } else {
                self.cache(at, id)?;
                put(here, 0, self.data.get(within..).and_then(|data| data.get(..now)).unwrap_or(&[]));
            }
            (rest, offset) = (behind, offset + now as u64);
        }
        Ok(())
    }
}
