//! [`NorStore`]: images on NOR flash.

use crate::crc32c::Crc32c;
use crate::frame::PAGE_SIZE;
use crate::hooks::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use crate::image::id::ImageId;
use crate::refusal::Reason;
use crate::store::catalog::{Area, Catalog};
use crate::store::nor::log::{LOG_BLOCKS, LogPosition, NorLog};
use crate::store::record::{RECORD_LEN, Record, SLOTS, SlotEntry, SlotState};
use crate::store::{AttemptRegister, NoRegister, Slots, StoreError, StoreSettings};
use oal_media::{NorFlash, NorGeometry};

/// An image being written.
#[derive(Clone)]
struct Writing {
    slot: usize,
    entry: SlotEntry,
    written: u64,
    crc: Crc32c,
}

/// A store on NOR flash. Keep it in nosave memory.
///
/// An image lies in one piece, from the first byte of an erase block on, so that a boot needs no reader: where the flash is
/// [mapped](NorFlash::mapped), pages are decoded from where they lie. There is nothing to format.
///
/// A block that fails to program or to erase fails the snapshot, and the image before it stays; the log goes
/// on in another block. NOR flash is made without bad blocks, so none are looked for.
pub struct NorStore<F, A = NoRegister> {
    flash: F,
    catalog: Catalog<A>,
    position: LogPosition,
    writing: Option<Writing>,
}

impl<F: NorFlash> NorStore<F> {
    /// A store that counts attempts in its log. Nothing is read or written yet. `None` if the flash's blocks are not
    /// whole pages of 4096 bytes, if it has no block besides the log's, or if a record of 512 bytes is not made of its
    /// program units.
    pub fn new(flash: F, settings: StoreSettings) -> Option<Self> {
        NorStore::with_register(flash, settings, NoRegister)
    }
}

impl<F: NorFlash, A: AttemptRegister> NorStore<F, A> {
    /// A store that counts attempts in `register`; see [`NorStore::new`].
    pub fn with_register(flash: F, settings: StoreSettings, register: A) -> Option<Self> {
        let NorGeometry { block_bytes, blocks, program_bytes } = flash.geometry();
        let fits = block_bytes > 0
            && block_bytes.is_multiple_of(PAGE_SIZE as u32)
            && blocks > LOG_BLOCKS
            && program_bytes.is_power_of_two()
            && program_bytes <= RECORD_LEN as u32;
        fits.then(|| NorStore {
            flash,
            catalog: Catalog::new(settings, register),
            position: LogPosition::default(),
            writing: None,
        })
    }

    /// The settings, to look at and to change between snapshots.
    pub fn settings_mut(&mut self) -> &mut StoreSettings {
        &mut self.catalog.settings
    }

    /// The flash.
    pub fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    /// Bytes of the largest image that fits a slot of a store with `slots`.
    pub fn slot_bytes(&self, slots: Slots) -> u64 {
        let NorGeometry { block_bytes, blocks, .. } = self.flash.geometry();
        let area = area(blocks, slots, 0);
        (area.end - area.start).saturating_mul(block_bytes.into())
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
    /// Of the flash.
    pub fn invalidate(&mut self) -> Result<(), StoreError<F::Error>> {
        let (catalog, mut log) = self.split();
        catalog.invalidate(&mut log)
    }

    /// The catalog, and the log that it is kept in.
    fn split(&mut self) -> (&mut Catalog<A>, NorLog<'_, F>) {
        (&mut self.catalog, NorLog { flash: &mut self.flash, position: &mut self.position })
    }

    /// The byte of the flash at which an image starts.
    fn start(&self, entry: &SlotEntry) -> u64 {
        entry.first.saturating_mul(self.flash.geometry().block_bytes.into())
    }
}

/// The blocks of slot `slot` on a flash of `blocks`.
fn area(blocks: u32, slots: Slots, slot: u64) -> Area {
    let room = u64::from(blocks.saturating_sub(LOG_BLOCKS));
    let blocks = match slots {
        Slots::One => room,
        Slots::Two => room / 2,
    };
    let first = u64::from(LOG_BLOCKS) + slot * blocks;
    first..first + blocks
}

/// Whether the image lies behind the log and within the flash.
fn lies_within(entry: &SlotEntry, geometry: NorGeometry) -> bool {
    entry.first >= u64::from(LOG_BLOCKS)
        && entry.first.checked_add(entry.span).is_some_and(|end| end <= geometry.blocks.into())
        && entry.image_len <= entry.span.saturating_mul(geometry.block_bytes.into())
}

impl<F: NorFlash, A> Medium for NorStore<F, A> {
    type Error = StoreError<F::Error>;
}

impl<F: NorFlash, A: AttemptRegister> PrepareSnapshot for NorStore<F, A> {
    /// Chooses the slot that holds the least, forgets what is in it, and erases the blocks that the image will take and no
    /// other. A cut leaves the slot's images forgotten or not.
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Self::Error> {
        self.writing = None;
        let NorGeometry { block_bytes, blocks, .. } = self.flash.geometry();
        let slots = self.catalog.settings.slots;
        let areas: [Area; SLOTS] = core::array::from_fn(|slot| area(blocks, slots, slot as u64));
        let areas = if slots == Slots::One { &areas[..1] } else { &areas[..] };
        let (slot_bytes, single) = (self.slot_bytes(slots), self.slot_bytes(Slots::One));
        if len > slot_bytes || len == 0 {
            return Err(StoreError::DoesNotFit { needed: len, slot: slot_bytes, single });
        }
        let span = len.div_ceil(u64::from(block_bytes).max(1));
        let (catalog, mut log) = self.split();
        let slot = catalog.choose(&mut log, areas)?;
        let area = areas.get(slot).ok_or(StoreError::OutOfSequence)?;
        let id = catalog.reserve(&mut log, slot, area)?;
        for block in area.start..area.start + span {
            self.flash.erase(block as u32).map_err(StoreError::Device)?;
        }
        let entry = SlotEntry {
            state: SlotState::Committed,
            policy,
            attempts: 0,
            confirmed: false,
            id,
            first: area.start,
            span,
            image_len: len,
            image_crc: 0,
        };
        self.writing = Some(Writing { slot, entry, written: 0, crc: Crc32c::new() });
        Ok(Prepared { id, slot: slot as u8 })
    }
}

impl<F: NorFlash, A: AttemptRegister> WriteSnapshot for NorStore<F, A> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Self::Error> {
        let Some(mut writing) = self.writing.take() else { return Err(StoreError::OutOfSequence) };
        let end = offset.saturating_add(data.len() as u64);
        if offset != writing.written || !data.len().is_multiple_of(PAGE_SIZE) || end > writing.entry.image_len
        {
            return Err(StoreError::OutOfSequence);
        }
        // What failed is not written again: its units were programmed, perhaps in part.
        self.flash.program(self.start(&writing.entry) + offset, data).map_err(StoreError::Device)?;
        writing.crc.update(data);
        writing.written = end;
        self.writing = Some(writing);
        Ok(())
    }

    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), Self::Error> {
        let Some(Writing { slot, mut entry, written, crc }) = self.writing.take() else {
            return Err(StoreError::OutOfSequence);
        };
        let step = scratch.len() - scratch.len() % PAGE_SIZE;
        if written != entry.image_len || step == 0 {
            return Err(StoreError::OutOfSequence);
        }
        entry.image_crc = crc.finish();
        let start = self.start(&entry);
        let mut back = Crc32c::new();
        let mut at = 0;
        while at < written {
            let len = (written - at).min(step as u64);
            let piece = scratch.get_mut(..len as usize).ok_or(StoreError::OutOfSequence)?;
            self.flash.read(start + at, piece).map_err(StoreError::Device)?;
            back.update(piece);
            at += len;
        }
        if back.finish() != entry.image_crc {
            return Err(StoreError::Verify);
        }
        let (catalog, mut log) = self.split();
        catalog.commit(&mut log, slot, entry)
    }
}

impl<F: NorFlash, A: AttemptRegister> SelectSnapshot for NorStore<F, A> {
    fn select(&mut self) -> Result<Selection, Reason> {
        let geometry = self.flash.geometry();
        let (catalog, mut log) = self.split();
        catalog.select(&mut log, |entry| lies_within(entry, geometry))
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

impl<F: NorFlash, A: AttemptRegister> ReadSnapshot for NorStore<F, A> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error> {
        let (catalog, mut log) = self.split();
        let entry = catalog.entry(&mut log, id)?;
        let aligned = offset.is_multiple_of(PAGE_SIZE as u64) && buf.len().is_multiple_of(PAGE_SIZE);
        let end = offset.checked_add(buf.len() as u64);
        let within = lies_within(&entry, self.flash.geometry());
        if !aligned || !within || end.is_none_or(|end| end > entry.image_len) {
            return Err(StoreError::OutOfRange);
        }
        self.flash.read(self.start(&entry) + offset, buf).map_err(StoreError::Device)
    }

    /// Of an image that a selection offered, if the flash is mapped.
    fn mapped_snapshot(&self, id: ImageId) -> Option<&[u8]> {
        let entry = self.catalog.known(id).filter(|entry| lies_within(entry, self.flash.geometry()))?;
        let start = usize::try_from(self.start(&entry)).ok()?;
        self.flash.mapped()?.get(start..)?.get(..usize::try_from(entry.image_len).ok()?)
    }
}
