//! [`BlockStore`]: images on a block device.

use crate::crc32c::Crc32c;
use crate::frame::PAGE_SIZE;
use crate::hooks::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use crate::image::id::ImageId;
use crate::refusal::Reason;
use crate::store::block::log::BlockLog;
use crate::store::catalog::{Area, Catalog};
use crate::store::record::{Record, SLOTS, SlotEntry, SlotState};
use crate::store::{
    AttemptRegister, BlockDevice, LOG_SECTORS, NoRegister, SECTOR_SIZE, Slots, StoreError, StoreSettings,
};

/// Sectors in a page; slots start and end on multiples of it.
const PAGE_SECTORS: u64 = (PAGE_SIZE / SECTOR_SIZE) as u64;

/// An image being written.
#[derive(Clone)]
struct Writing {
    slot: usize,
    entry: SlotEntry,
    written: u64,
    crc: Crc32c,
}

/// A store on a block device, best a [`Partition`](crate::store::Partition). Keep it in nosave memory.
///
/// There is nothing to format: a blank device is an empty store, and one that holds something else is
/// an empty store with a reason.
pub struct BlockStore<D, A = NoRegister> {
    device: D,
    catalog: Catalog<A>,
    writing: Option<Writing>,
}

impl<D: BlockDevice> BlockStore<D> {
    /// A store that counts attempts in its log. Nothing is read or written yet.
    pub fn new(device: D, settings: StoreSettings) -> Self {
        BlockStore::with_register(device, settings, NoRegister)
    }
}

impl<D: BlockDevice, A: AttemptRegister> BlockStore<D, A> {
    /// A store that counts attempts in `register`. Nothing is read or written yet.
    pub fn with_register(device: D, settings: StoreSettings, register: A) -> Self {
        BlockStore { device, catalog: Catalog::new(settings, register), writing: None }
    }

    /// The settings, to look at and to change between snapshots.
    pub fn settings_mut(&mut self) -> &mut StoreSettings {
        &mut self.catalog.settings
    }

    /// The device.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// Bytes of the largest image that fits a slot of a store with `slots`.
    pub fn slot_bytes(&self, slots: Slots) -> u64 {
        let area = area(self.device.sectors(), slots, 0);
        (area.end - area.start).saturating_mul(SECTOR_SIZE as u64)
    }

    /// The newest record: what the store remembers. Reads the log if that was not done yet.
    ///
    /// # Errors
    /// [`StoreError::Device`].
    pub fn record(&mut self) -> Result<Record, StoreError<D::Error>> {
        Ok(self.catalog.state(&mut BlockLog(&mut self.device))?.record)
    }

    /// Forgets every image: the next boot is a cold one. A cut leaves all of them or none.
    ///
    /// # Errors
    /// Of the device.
    pub fn invalidate(&mut self) -> Result<(), StoreError<D::Error>> {
        self.catalog.invalidate(&mut BlockLog(&mut self.device))
    }
}

/// The sectors of slot `slot` on a device of `sectors`.
fn area(sectors: u64, slots: Slots, slot: u64) -> Area {
    let room = sectors.saturating_sub(LOG_SECTORS) / PAGE_SECTORS;
    let sectors = match slots {
        Slots::One => room,
        Slots::Two => room / 2,
    } * PAGE_SECTORS;
    let first = LOG_SECTORS + slot * sectors;
    first..first + sectors
}

/// Whether the image lies behind the log and within a device of `sectors`.
fn lies_within(entry: &SlotEntry, sectors: u64) -> bool {
    entry.first >= LOG_SECTORS
        && entry.first.checked_add(entry.span).is_some_and(|end| end <= sectors)
        && entry.image_len.div_ceil(SECTOR_SIZE as u64) <= entry.span
}

impl<D: BlockDevice, A> Medium for BlockStore<D, A> {
    type Error = StoreError<D::Error>;
}

impl<D: BlockDevice, A: AttemptRegister> PrepareSnapshot for BlockStore<D, A> {
    /// Chooses the slot that holds the least, and forgets what is in it. A cut leaves it forgotten or not.
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Self::Error> {
        self.writing = None;
        let slots = self.catalog.settings.slots;
        let sectors = self.device.sectors();
        let areas: [Area; SLOTS] = core::array::from_fn(|slot| area(sectors, slots, slot as u64));
        let areas = if slots == Slots::One { &areas[..1] } else { &areas[..] };
        let span = len.div_ceil(SECTOR_SIZE as u64);
        let (slot_bytes, single) = (self.slot_bytes(slots), self.slot_bytes(Slots::One));
        if len > slot_bytes || len == 0 {
            return Err(StoreError::DoesNotFit { needed: len, slot: slot_bytes, single });
        }
        let log = &mut BlockLog(&mut self.device);
        let slot = self.catalog.choose(log, areas)?;
        let area = areas.get(slot).ok_or(StoreError::OutOfSequence)?;
        let id = self.catalog.reserve(log, slot, area)?;
        // A hint: a device that cannot follow it, or fails, shows that when it is written to.
        let _ = self.device.discard(area.start, span);
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

impl<D: BlockDevice, A: AttemptRegister> WriteSnapshot for BlockStore<D, A> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Self::Error> {
        let Some(writing) = &mut self.writing else { return Err(StoreError::OutOfSequence) };
        let end = offset.saturating_add(data.len() as u64);
        if offset != writing.written || !data.len().is_multiple_of(PAGE_SIZE) || end > writing.entry.image_len
        {
            return Err(StoreError::OutOfSequence);
        }
        let first = writing.entry.first + offset / SECTOR_SIZE as u64;
        self.device.write(first, data).map_err(StoreError::Device)?;
        writing.crc.update(data);
        writing.written = end;
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
        self.device.flush().map_err(StoreError::Device)?;
        entry.image_crc = crc.finish();
        let mut back = Crc32c::new();
        let mut at = 0;
        while at < written {
            let len = (written - at).min(step as u64);
            let piece = scratch.get_mut(..len as usize).ok_or(StoreError::OutOfSequence)?;
            let first = entry.first + at / SECTOR_SIZE as u64;
            self.device.read(first, piece).map_err(StoreError::Device)?;
            back.update(piece);
            at += len;
        }
        if back.finish() != entry.image_crc {
            return Err(StoreError::Verify);
        }
        self.catalog.commit(&mut BlockLog(&mut self.device), slot, entry)
    }
}

impl<D: BlockDevice, A: AttemptRegister> SelectSnapshot for BlockStore<D, A> {
    fn select(&mut self) -> Result<Selection, Reason> {
        let sectors = self.device.sectors();
        self.catalog.select(&mut BlockLog(&mut self.device), |entry| lies_within(entry, sectors))
    }

    /// A cut leaves the attempt counted or not; the image is not touched.
    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Self::Error> {
        self.catalog.count_attempt(&mut BlockLog(&mut self.device), id)
    }

    fn refused(&mut self, id: ImageId) {
        self.catalog.refuse(id);
    }

    /// A cut leaves all of them consumed or none.
    fn consume(&mut self) -> Result<(), Self::Error> {
        self.catalog.consume(&mut BlockLog(&mut self.device))
    }

    /// A cut leaves the image confirmed or not.
    fn confirm(&mut self, id: ImageId) -> Result<(), Self::Error> {
        self.catalog.confirm(&mut BlockLog(&mut self.device), id)
    }
}

impl<D: BlockDevice, A: AttemptRegister> BlockStore<D, A> {
    /// The device's sector at `offset` of the image, if `len` bytes from there on are in it.
    fn locate(&mut self, id: ImageId, len: usize, offset: u64) -> Result<u64, StoreError<D::Error>> {
        let entry = self.catalog.entry(&mut BlockLog(&mut self.device), id)?;
        let aligned = offset.is_multiple_of(PAGE_SIZE as u64) && len.is_multiple_of(PAGE_SIZE);
        let end = offset.checked_add(len as u64);
        let within = lies_within(&entry, self.device.sectors());
        if !aligned || !within || end.is_none_or(|end| end > entry.image_len) {
            return Err(StoreError::OutOfRange);
        }
        Ok(entry.first + offset / SECTOR_SIZE as u64)
    }
}

impl<D: BlockDevice, A: AttemptRegister> ReadSnapshot for BlockStore<D, A> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error> {
        let first = self.locate(id, buf.len(), offset)?;
        self.device.read(first, buf).map_err(StoreError::Device)
    }

    fn reads_in_background(&self) -> bool {
        self.device.reads_in_background()
    }

    fn read_snapshot_while(
        &mut self,
        id: ImageId,
        buf: &mut [u8],
        offset: u64,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Self::Error> {
        let first = self.locate(id, buf.len(), offset)?;
        self.device.read_while(first, buf, meanwhile).map_err(StoreError::Device)
    }
}
