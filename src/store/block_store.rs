//! [`BlockStore`]: images on a block device.

use heapless::Vec;

use crate::frame::PAGE_SIZE;
use crate::hooks::{
    BootPolicy, Candidate, ImageId, Medium, PrepareSnapshot, ReadSnapshot, SelectSnapshot, Selection,
    WriteSnapshot,
};
use crate::image::checksum::Crc32c;
use crate::refusal::{Reason, Refusal, Stage};
use crate::store::log::{self, AppendError, LogState};
use crate::store::record::{Record, SLOTS, SlotEntry, SlotState};
use crate::store::{AttemptRegister, BlockDevice, LOG_SECTORS, NoRegister, SECTOR_SIZE, attempts};

/// Sectors in a page; slots start and end on multiples of it.
const PAGE_SECTORS: u64 = (PAGE_SIZE / SECTOR_SIZE) as u64;

/// How many images the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Slots {
    /// Two halves: the old image stays good until the new one is committed.
    Two,
    /// All of the device for one image: **while a snapshot is written there is none to boot**.
    One,
}

/// What the store's user may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StoreSettings {
    /// How many images the next snapshots leave.
    pub slots: Slots,
    /// How often the next snapshots may be booted.
    pub policy: BootPolicy,
    /// Boots of one image that may go unconfirmed in a row; 0 counts none, and writes nothing at a boot of an
    /// [`BootPolicy::Always`] image.
    pub max_attempts: u8,
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings { slots: Slots::Two, policy: BootPolicy::Always, max_attempts: 3 }
    }
}

/// What went wrong in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StoreError<E> {
    /// The image does not fit its slot. Nothing on the medium was changed.
    DoesNotFit {
        /// Bytes of the image.
        needed: u64,
        /// Bytes of a slot as the settings have it.
        slot: u64,
        /// Bytes of a slot if the store kept one image only ([`Slots::One`]).
        single: u64,
    },
    /// The device failed.
    Device(E),
    /// What was read back is not what was written: the device is failing.
    Verify,
    /// More was written than was prepared, in another order, or not in whole pages.
    OutOfSequence,
    /// No such image in the store.
    NoSuchImage,
    /// The range is not in the image.
    OutOfRange,
    /// The log's sequence numbers are used up.
    LogExhausted,
}

impl<E> From<AppendError<E>> for StoreError<E> {
    fn from(error: AppendError<E>) -> Self {
        match error {
            AppendError::Device(e) => StoreError::Device(e),
            AppendError::Verify => StoreError::Verify,
            AppendError::Exhausted => StoreError::LogExhausted,
        }
    }
}

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
    register: A,
    settings: StoreSettings,
    log: Option<LogState>,
    writing: Option<Writing>,
    /// Images that the last boot found wrong.
    refused: Vec<ImageId, SLOTS>,
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
        BlockStore { device, register, settings, log: None, writing: None, refused: Vec::new() }
    }

    /// The settings, to look at and to change between snapshots.
    pub fn settings_mut(&mut self) -> &mut StoreSettings {
        &mut self.settings
    }

    /// The device.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// Bytes of the largest image that fits a slot of a store with `slots`.
    pub fn slot_bytes(&self, slots: Slots) -> u64 {
        self.area(slots, 0).1.saturating_mul(SECTOR_SIZE as u64)
    }

    /// The newest record: what the store remembers. Reads the log if that was not done yet.
    ///
    /// # Errors
    /// [`StoreError::Device`].
    pub fn record(&mut self) -> Result<Record, StoreError<D::Error>> {
        Ok(self.log()?.record)
    }

    /// Forgets every image: the next boot is a cold one. A cut leaves all of them or none.
    ///
    /// # Errors
    /// Of the device.
    pub fn invalidate(&mut self) -> Result<(), StoreError<D::Error>> {
        self.append([None; SLOTS])
    }

    fn log(&mut self) -> Result<LogState, StoreError<D::Error>> {
        match self.log {
            Some(state) => Ok(state),
            None => {
                let state = log::read(&mut self.device).map_err(StoreError::Device)?;
                self.log = Some(state);
                Ok(state)
            }
        }
    }

    fn append(&mut self, slots: [Option<SlotEntry>; SLOTS]) -> Result<(), StoreError<D::Error>> {
        let mut state = self.log()?;
        let appended = log::append(&mut self.device, &mut state, Record { sequence: 0, slots });
        // If it failed, what is on the device is not known: it is read again when it is next asked for.
        self.log = appended.is_ok().then_some(state);
        Ok(appended?)
    }

    /// Appends a record in which the entry of `id` is changed, unless the change is none.
    fn update(
        &mut self,
        id: ImageId,
        change: impl FnOnce(&mut SlotEntry),
    ) -> Result<(), StoreError<D::Error>> {
        let before = self.log()?.record.slots;
        let mut slots = before;
        change(slots.iter_mut().flatten().find(|entry| entry.id == id).ok_or(StoreError::NoSuchImage)?);
        if slots == before { Ok(()) } else { self.append(slots) }
    }

    /// First sector and sectors of slot `slot`.
    fn area(&self, slots: Slots, slot: u64) -> (u64, u64) {
        let room = self.device.sectors().saturating_sub(LOG_SECTORS) / PAGE_SECTORS;
        let sectors = match slots {
            Slots::One => room,
            Slots::Two => room / 2,
        } * PAGE_SECTORS;
        (LOG_SECTORS + slot * sectors, sectors)
    }

    /// Attempts at an image so far, wherever they are counted.
    fn attempts(&mut self, entry: &SlotEntry) -> u8 {
        let told = self.register.get().map_or(0, |value| attempts::decode(entry.id, value));
        told.max(entry.attempts)
    }

    /// Saves what the register, whose value is `value`, tells of another image than `id`: it counts for one
    /// image at a time, and two images that fail by turns would else be tried for ever.
    fn save_attempts(&mut self, id: ImageId, value: u32) -> Result<(), StoreError<D::Error>> {
        let before = self.log()?.record.slots;
        let mut slots = before;
        for entry in slots.iter_mut().flatten().filter(|entry| entry.id != id) {
            entry.attempts = entry.attempts.max(attempts::decode(entry.id, value));
        }
        if slots == before { Ok(()) } else { self.append(slots) }
    }

    /// How much an image is worth keeping; the slot that holds the least is written next.
    fn worth(&mut self, entry: &SlotEntry) -> (u8, u64) {
        let exhausted = self.settings.max_attempts > 0 && self.attempts(entry) >= self.settings.max_attempts;
        let class = match entry.state {
            SlotState::Consumed => 1,
            SlotState::Committed if exhausted || self.refused.contains(&entry.id) => 2,
            SlotState::Committed => 3,
        };
        (class, entry.id.0)
    }

    /// The entry of `id`, if it lies within the device and the image within it.
    fn entry(&mut self, id: ImageId) -> Result<SlotEntry, StoreError<D::Error>> {
        let slots = self.log()?.record.slots;
        slots.into_iter().flatten().find(|entry| entry.id == id).ok_or(StoreError::NoSuchImage)
    }

    /// Whether the image lies within its slot, and the slot within the device and behind the log.
    fn lies_within(&self, entry: &SlotEntry) -> bool {
        entry.first_sector >= LOG_SECTORS
            && entry.first_sector.checked_add(entry.sectors).is_some_and(|end| end <= self.device.sectors())
            && entry.image_len.div_ceil(SECTOR_SIZE as u64) <= entry.sectors
    }
}

impl<D: BlockDevice, A> Medium for BlockStore<D, A> {
    type Error = StoreError<D::Error>;
}

impl<D: BlockDevice, A: AttemptRegister> PrepareSnapshot for BlockStore<D, A> {
    /// Chooses the slot that holds the least, and forgets what is in it. A cut leaves it forgotten or not.
    fn prepare_snapshot(&mut self, len: u64) -> Result<ImageId, Self::Error> {
        self.writing = None;
        let slots = self.settings.slots;
        let (_, sectors) = self.area(slots, 0);
        let needed = len.div_ceil(SECTOR_SIZE as u64);
        if needed > sectors || needed == 0 {
            let (slot, single) = (self.slot_bytes(slots), self.slot_bytes(Slots::One));
            return Err(StoreError::DoesNotFit { needed: len, slot, single });
        }
        let entries = self.log()?.record.slots;
        let count = if slots == Slots::One { 1 } else { SLOTS };
        let mut best = (0, (u8::MAX, u64::MAX));
        for slot in 0..count {
            let (first, sectors) = self.area(slots, slot as u64);
            let in_it = entries.iter().flatten().filter(|entry| overlap(entry, first, sectors));
            let worth = in_it.map(|entry| self.worth(entry)).max().unwrap_or((0, 0));
            if worth < best.1 {
                best = (slot, worth);
            }
        }
        let slot = best.0;
        let (first_sector, sectors) = self.area(slots, slot as u64);
        let mut kept = entries.map(|entry| entry.filter(|entry| !overlap(entry, first_sector, sectors)));
        // An image kept under the slot's own number (the number or the size of slots was changed) moves to the
        // other one, unless that holds a better one.
        if let Some(image) = kept.get_mut(slot).and_then(Option::take) {
            let other = kept.iter().flatten().next().map_or((0, 0), |other| self.worth(other));
            if self.worth(&image) > other {
                kept = core::array::from_fn(|i| (i != slot).then_some(image));
            }
        }
        if kept != entries || !self.log()?.is_valid() {
            self.append(kept)?;
        }
        // A hint: a device that cannot follow it, or fails, shows that when it is written to.
        let _ = self.device.discard(first_sector, needed);
        let id = ImageId(self.log()?.highest.checked_add(1).ok_or(StoreError::LogExhausted)?);
        let entry = SlotEntry {
            state: SlotState::Committed,
            policy: self.settings.policy,
            attempts: 0,
            confirmed: false,
            id,
            first_sector,
            sectors,
            image_len: len,
            image_crc: 0,
        };
        self.writing = Some(Writing { slot, entry, written: 0, crc: Crc32c::new() });
        Ok(id)
    }
}

/// Whether an entry's image shares a sector with the given ones.
fn overlap(entry: &SlotEntry, first: u64, sectors: u64) -> bool {
    let image = entry.image_len.div_ceil(SECTOR_SIZE as u64);
    entry.first_sector < first.saturating_add(sectors) && first < entry.first_sector.saturating_add(image)
}

impl<D: BlockDevice, A: AttemptRegister> WriteSnapshot for BlockStore<D, A> {
    fn write_snapshot(&mut self, data: &[u8], offset: u64) -> Result<(), Self::Error> {
        let Some(writing) = &mut self.writing else { return Err(StoreError::OutOfSequence) };
        let end = offset.saturating_add(data.len() as u64);
        if offset != writing.written || !data.len().is_multiple_of(PAGE_SIZE) || end > writing.entry.image_len
        {
            return Err(StoreError::OutOfSequence);
        }
        let first = writing.entry.first_sector + offset / SECTOR_SIZE as u64;
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
            let first = entry.first_sector + at / SECTOR_SIZE as u64;
            self.device.read(first, piece).map_err(StoreError::Device)?;
            back.update(piece);
            at += len;
        }
        if back.finish() != entry.image_crc {
            return Err(StoreError::Verify);
        }
        let mut slots = self.log()?.record.slots;
        *slots.get_mut(slot).ok_or(StoreError::OutOfSequence)? = Some(entry);
        self.append(slots)
    }
}

impl<D: BlockDevice, A: AttemptRegister> SelectSnapshot for BlockStore<D, A> {
    fn select(&mut self) -> Result<Selection, Reason> {
        self.log = None;
        self.refused.clear();
        let log = self.log().map_err(|_| Reason::MediumError)?;
        let mut selection = Selection::default();
        if log.newest_is_future() {
            let id = log.future.map(ImageId);
            let refusal = Refusal { id, slot: None, stage: Stage::Select, reason: Reason::FutureRecord };
            let _ = selection.refused.push(refusal);
        } else if !log.is_valid() {
            return Err(if log.corrupt { Reason::LogCorrupt } else { Reason::NoImage });
        }
        let mut entries: Vec<(u8, SlotEntry), SLOTS> = Vec::new();
        for (slot, entry) in log.record.slots.iter().enumerate() {
            if let Some(entry) = entry {
                let _ = entries.push((slot as u8, *entry));
            }
        }
        entries.sort_unstable_by_key(|(_, entry)| core::cmp::Reverse(entry.id));
        for (slot, entry) in entries {
            let attempts = self.attempts(&entry);
            let reason = if entry.state == SlotState::Consumed {
                Some(Reason::Consumed)
            } else if !self.lies_within(&entry) {
                Some(Reason::Truncated)
            } else if self.settings.max_attempts > 0 && attempts >= self.settings.max_attempts {
                Some(Reason::AttemptsExhausted)
            } else {
                None
            };
            // A record has two slots, and a selection room for four of each.
            let _ = match reason {
                Some(reason) => selection
                    .refused
                    .push(Refusal { id: Some(entry.id), slot: Some(slot), stage: Stage::Select, reason })
                    .map_err(|_| ()),
                None => selection
                    .candidates
                    .push(Candidate {
                        id: entry.id,
                        slot,
                        len: entry.image_len,
                        policy: entry.policy,
                        attempts,
                    })
                    .map_err(|_| ()),
            };
        }
        Ok(selection)
    }

    /// A cut leaves the attempt counted or not; the image is not touched.
    fn count_attempt(&mut self, id: ImageId) -> Result<u8, Self::Error> {
        let entry = self.entry(id)?;
        let attempt = self.attempts(&entry).saturating_add(1);
        if self.settings.max_attempts > 0 {
            if let Some(value) = self.register.get() {
                self.save_attempts(id, value)?;
                self.register.set(attempts::encode(id, attempt));
            } else {
                self.update(id, |entry| entry.attempts = attempt)?;
            }
        }
        Ok(attempt)
    }

    /// A cut leaves the image confirmed or not.
    fn confirm(&mut self, id: ImageId) -> Result<(), Self::Error> {
        if self.register.get().is_some() {
            self.register.set(attempts::encode(id, 0));
        }
        self.update(id, |entry| {
            entry.attempts = 0;
            entry.confirmed = true;
        })
    }

    fn refused(&mut self, id: ImageId) {
        // One place for each slot, so there is room.
        let _ = self.refused.push(id);
    }

    /// A cut leaves all of them consumed or none.
    fn consume(&mut self) -> Result<(), Self::Error> {
        let before = self.log()?.record.slots;
        let mut slots = before;
        for entry in slots.iter_mut().flatten().filter(|entry| entry.policy == BootPolicy::Once) {
            entry.state = SlotState::Consumed;
        }
        if slots == before { Ok(()) } else { self.append(slots) }
    }
}

impl<D: BlockDevice, A: AttemptRegister> ReadSnapshot for BlockStore<D, A> {
    fn read_snapshot(&mut self, id: ImageId, buf: &mut [u8], offset: u64) -> Result<(), Self::Error> {
        let entry = self.entry(id)?;
        let aligned = offset.is_multiple_of(PAGE_SIZE as u64) && buf.len().is_multiple_of(PAGE_SIZE);
        let end = offset.checked_add(buf.len() as u64);
        if !aligned || !self.lies_within(&entry) || end.is_none_or(|end| end > entry.image_len) {
            return Err(StoreError::OutOfRange);
        }
        self.device.read(entry.first_sector + offset / SECTOR_SIZE as u64, buf).map_err(StoreError::Device)
    }
}
