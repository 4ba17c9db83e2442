//! [`SlotStore`]: images in one slot or two, behind a log of records, on any [`SlotMedium`].

use crate::crc32c::Crc32c;
use crate::frame::PAGE_SIZE;
use crate::hooks::{
    BootPolicy, Medium, PrepareSnapshot, Prepared, ReadSnapshot, SelectSnapshot, Selection, WriteSnapshot,
};
use crate::image::ImageId;
use crate::refusal::Reason;
use crate::store::catalog::{Area, Catalog};
use crate::store::record::{Record, SLOTS, SlotEntry, SlotState};
use crate::store::slot_medium::{Error, SlotMedium};
use crate::store::{
    AttemptRegister, Blocks, GeometryError, NoRegister, Slots, Store, StoreError, StoreSettings,
};

/// An image being written.
struct Writing<P> {
    slot: usize,
    entry: SlotEntry,
    place: P,
    written: u64,
    crc: Crc32c,
}

/// A store on a medium: a [`BlockStore`](crate::store::BlockStore), a
/// [`NandStore`](crate::store::nand::NandStore) or a [`NorStore`](crate::store::nor::NorStore). Keep it in
/// nosave memory.
///
/// There is nothing to format: a blank medium is an empty store, and one that holds something else is
/// an empty store with a reason.
pub struct SlotStore<M: SlotMedium, A = NoRegister> {
    medium: M,
    catalog: Catalog<A>,
    writing: Option<Writing<M::Place>>,
}

impl<M: SlotMedium> SlotStore<M> {
    /// A store that counts attempts in its log. Nothing is read or written yet.
    ///
    /// # Errors
    /// Why the store cannot be on this device.
    pub fn new(device: M::Device, settings: StoreSettings) -> Result<Self, GeometryError> {
        SlotStore::with_register(device, settings, NoRegister)
    }
}

impl<M: SlotMedium, A: AttemptRegister> SlotStore<M, A> {
    /// A store that counts attempts in `register`. Nothing is read or written yet.
    ///
    /// # Errors
    /// As for [`new`](SlotStore::new).
    pub fn with_register(
        device: M::Device,
        settings: StoreSettings,
        register: A,
    ) -> Result<Self, GeometryError> {
        Ok(SlotStore { medium: M::over(device)?, catalog: Catalog::new(settings, register), writing: None })
    }

    /// The device: the driver of the medium.
    pub fn device_mut(&mut self) -> &mut M::Device {
        self.medium.device_mut()
    }

    /// The units of slot `slot` of a store with `slots`.
    fn area(&self, slots: Slots, slot: u64) -> Area {
        let room = self.medium.room();
        let pieces = room.end.saturating_sub(room.start) / M::GRAIN;
        let units = match slots {
            Slots::One => pieces,
            Slots::Two => pieces / 2,
        } * M::GRAIN;
        let first = room.start + slot * units;
        first..first + units
    }

    /// Whether an entry's image lies behind the log and within the medium.
    fn lies_within(&self, entry: &SlotEntry) -> bool {
        lies_within(entry, &self.medium.room(), self.medium.unit_bytes())
    }

    /// The entry of an image that lies where the medium can hold one.
    fn entry(&mut self, id: ImageId) -> Result<SlotEntry, Error<M>> {
        let entry = self.catalog.entry(&mut self.medium, id)?;
        if self.lies_within(&entry) { Ok(entry) } else { Err(StoreError::OutOfRange) }
    }

    /// The entry of an image, if `len` bytes from `offset` on are whole pages of it.
    fn entry_with(&mut self, id: ImageId, len: usize, offset: u64) -> Result<SlotEntry, Error<M>> {
        if self.writing.is_some() && !M::READS_WHILE_WRITING {
            return Err(StoreError::OutOfSequence);
        }
        let entry = self.entry(id)?;
        let aligned = offset.is_multiple_of(PAGE_SIZE as u64) && len.is_multiple_of(PAGE_SIZE);
        let end = offset.checked_add(len as u64);
        let within = aligned && end.is_some_and(|end| end <= entry.image_len);
        if within { Ok(entry) } else { Err(StoreError::OutOfRange) }
    }

    fn check_room(&mut self, needed: u64, area: &Area) -> Result<(), Error<M>> {
        if needed > 0 && self.medium.usable_bytes(area, needed)? >= needed {
            return Ok(());
        }
        Err(self.does_not_fit(needed, area)?)
    }

    /// The error of an image of `needed` bytes for a slot of `area`.
    fn does_not_fit(&mut self, needed: u64, area: &Area) -> Result<Error<M>, Error<M>> {
        let slot = self.medium.usable_bytes(area, u64::MAX)?;
        let single = self.medium.usable_bytes(&self.area(Slots::One, 0), u64::MAX)?;
        Ok(StoreError::DoesNotFit { needed, slot, single })
    }

    /// Reads an image back, in pieces as long as `piece`, and compares its checksum.
    fn verify(&mut self, entry: &SlotEntry, piece: &mut [u8]) -> Result<(), Error<M>> {
        let mut back = Crc32c::new();
        let mut at = 0;
        while at < entry.image_len {
            let len = (entry.image_len - at).min(piece.len() as u64);
            let piece = piece.get_mut(..len as usize).filter(|piece| !piece.is_empty());
            let piece = piece.ok_or(StoreError::OutOfSequence)?;
            self.medium.read(entry, piece, at)?;
            back.update(piece);
            at += len;
        }
        if back.finish() == entry.image_crc { Ok(()) } else { Err(StoreError::Verify) }
    }
}

/// Whether an entry's image lies within `room`, in units of `unit_bytes`.
fn lies_within(entry: &SlotEntry, room: &Area, unit_bytes: u64) -> bool {
    entry.first >= room.start
        && entry.first.checked_add(entry.span).is_some_and(|end| end <= room.end)
        && entry.image_len <= entry.span.saturating_mul(unit_bytes)
}

impl<M: SlotMedium, A> Medium for SlotStore<M, A> {
    type Error = Error<M>;
}

impl<M: SlotMedium, A: AttemptRegister> PrepareSnapshot for SlotStore<M, A> {
    /// Chooses the slot that holds the least, forgets what is in it, and gets ready the units that the image
    /// will take. A cut leaves the slot's images forgotten or not.
    fn prepare_snapshot(&mut self, len: u64, policy: BootPolicy) -> Result<Prepared, Self::Error> {
        self.writing = None;
        let slots = self.catalog.settings.slots;
        let areas: [Area; SLOTS] = core::array::from_fn(|slot| self.area(slots, slot as u64));
        let areas = if slots == Slots::One { &areas[..1] } else { &areas[..] };
        // Before the log is touched.
        if let Some(area) = areas.first().filter(|_| len == 0 || len > self.slot_bytes(slots)) {
            self.check_room(len, area)?;
        }
        let slot = self.catalog.choose(&mut self.medium, areas)?;
        let area = areas.get(slot).ok_or(StoreError::OutOfSequence)?;
        self.check_room(len, area)?;
        let id = self.catalog.reserve(&mut self.medium, slot, area)?;
        let span = len.div_ceil(self.medium.unit_bytes().max(1));
        let place = self.medium.begin(area, span)?;
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
        self.writing = Some(Writing { slot, entry, place, written: 0, crc: Crc32c::new() });
        Ok(Prepared { id, slot: slot as u8 })
    }
}

impl<M: SlotMedium, A: AttemptRegister> WriteSnapshot for SlotStore<M, A> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Self::Error> {
        let Some(writing) = &mut self.writing else { return Err(StoreError::OutOfSequence) };
        let end = offset.saturating_add(data.len() as u64);
        let in_order = offset == writing.written && end <= writing.entry.image_len;
        if !in_order || !data.len().is_multiple_of(PAGE_SIZE) {
            return Err(StoreError::OutOfSequence);
        }
        if let Err(error) = self.medium.append(&mut writing.place, &writing.entry, data, offset) {
            // What failed is not written again: it was written, perhaps in part.
            self.writing = None;
            return Err(error);
        }
        writing.crc.update(data);
        writing.written = end;
        Ok(())
    }

    fn finish_snapshot(&mut self, scratch: &mut [u8]) -> Result<(), Self::Error> {
        let Some(Writing { slot, mut entry, place, written, crc }) = self.writing.take() else {
            return Err(StoreError::OutOfSequence);
        };
        let step = scratch.len() - scratch.len() % PAGE_SIZE;
        if written != entry.image_len || step == 0 {
            return Err(StoreError::OutOfSequence);
        }
        entry.image_crc = crc.finish();
        self.medium.finish(place, &mut entry)?;
        self.verify(&entry, scratch.get_mut(..step).unwrap_or_default())?;
        self.catalog.commit(&mut self.medium, slot, entry)
    }
}

impl<M: SlotMedium, A: AttemptRegister> SelectSnapshot for SlotStore<M, A> {
    fn select(&mut self) -> Result<Selection, Reason> {
        self.medium.forget();
        let (room, unit_bytes) = (self.medium.room(), self.medium.unit_bytes());
        self.catalog.select(&mut self.medium, |entry| lies_within(entry, &room, unit_bytes))
    }

    /// A cut leaves the attempt counted or not; the image is not touched.
    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Self::Error> {
        self.catalog.count_attempt(&mut self.medium, id)
    }

    fn refused(&mut self, id: ImageId) {
        self.catalog.refuse(id);
    }

    /// A cut leaves all of them consumed or none.
    fn consume(&mut self) -> Result<(), Self::Error> {
        self.catalog.consume(&mut self.medium)
    }

    /// A cut leaves the image confirmed or not.
    fn confirm(&mut self, id: ImageId) -> Result<(), Self::Error> {
        self.catalog.confirm(&mut self.medium, id)
    }
}

impl<M: SlotMedium, A: AttemptRegister> ReadSnapshot for SlotStore<M, A> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error> {
        let entry = self.entry_with(id, buf.len(), offset)?;
        self.medium.read(&entry, buf, offset)
    }

    fn reads_in_background(&self) -> bool {
        self.medium.reads_in_background()
    }

    fn read_snapshot_while(
        &mut self,
        id: ImageId,
        buf: &mut [u8],
        offset: u64,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Self::Error> {
        let entry = self.entry_with(id, buf.len(), offset)?;
        self.medium.read_while(&entry, buf, offset, meanwhile)
    }

    /// Of an image that a selection offered, if the medium is memory.
    fn mapped_snapshot(&self, id: ImageId) -> Option<&[u8]> {
        let entry = self.catalog.known(id).filter(|entry| self.lies_within(entry))?;
        self.medium.mapped(&entry)
    }
}

impl<M: SlotMedium, A: AttemptRegister> Store for SlotStore<M, A> {
    type DeviceError = M::Error;

    fn settings(&self) -> &StoreSettings {
        &self.catalog.settings
    }

    fn settings_mut(&mut self) -> &mut StoreSettings {
        &mut self.catalog.settings
    }

    fn slot_bytes(&self, slots: Slots) -> u64 {
        let area = self.area(slots, 0);
        (area.end - area.start).saturating_mul(self.medium.unit_bytes())
    }

    fn record(&mut self) -> Result<Record, Error<M>> {
        Ok(self.catalog.state(&mut self.medium)?.record)
    }

    fn invalidate(&mut self) -> Result<(), Error<M>> {
        self.catalog.invalidate(&mut self.medium)
    }

    fn refresh_due(&self) -> Option<ImageId> {
        self.medium.worn()
    }

    fn refresh(&mut self, id: ImageId) -> Result<(), Error<M>> {
        self.writing = None;
        let old = self.entry(id)?;
        if !M::WEARS {
            return Ok(());
        }
        let areas: [Area; SLOTS] = core::array::from_fn(|slot| self.area(Slots::Two, slot as u64));
        let is_elsewhere =
            |area: &Area| old.first >= area.end || area.start >= old.first.saturating_add(old.span);
        let Some(slot) = areas.iter().position(is_elsewhere) else {
            let half = areas.first().cloned().unwrap_or_default();
            return Err(self.does_not_fit(old.image_len, &half)?);
        };
        let area = areas.get(slot).cloned().unwrap_or_default();
        self.check_room(old.image_len, &area)?;
        self.catalog.reserve(&mut self.medium, slot, &area)?;
        let mut place = self.medium.begin(&area, old.span)?;
        let image_crc = self.medium.copy(&old, &mut place)?;
        let mut entry = SlotEntry { first: area.start, image_crc, ..old };
        self.medium.finish(place, &mut entry)?;
        self.verify(&entry, &mut [0; 512])?;
        if image_crc != old.image_crc {
            return Err(StoreError::Verify);
        }
        self.catalog.append(&mut self.medium, core::array::from_fn(|i| (i == slot).then_some(entry)))
    }

    fn blocks(&mut self) -> Result<Option<Blocks>, Error<M>> {
        self.medium.blocks()
    }

    fn flush(&mut self) -> Result<(), Error<M>> {
        self.medium.flush()
    }
}
