//! [`Catalog`]: what a store knows of its images, and which boots: the same on every medium. Where records
//! are kept is the medium's affair ([`RecordLog`]).

use heapless::Vec;

use crate::hooks::{BootPolicy, Candidate, Selection};
use crate::image::id::ImageId;
use crate::refusal::{Reason, Refusal, Stage};
use crate::store::record::{Record, RecordError, SLOTS, SlotEntry, SlotState};
use crate::store::{AttemptRegister, StoreError, StoreSettings, attempts};

/// The state that the log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogState {
    /// The newest valid record; empty if there is none.
    pub record: Record,
    /// The highest sequence number of all, later versions' included.
    pub highest: u64,
    /// The highest sequence number of a record of a later version.
    pub newer_version: Option<u64>,
    /// Whether the log held anything else than records or nothing.
    pub corrupt: bool,
    /// Whether a part of the log could not be read at all.
    pub blind: bool,
    /// Whether the newest record may be one that power went out over, and read otherwise the next time.
    pub unsure: bool,
    /// Whether behind the newest record there may be another one that does not read well now, and may the
    /// next time: a record that is to count more needs a sequence number that the hidden one cannot have.
    pub hidden: bool,
}

impl LogState {
    /// Whether the log holds a valid record.
    pub fn is_valid(&self) -> bool {
        self.record.sequence > 0
    }

    /// Takes in what was found in one place of the log.
    pub fn take_in(&mut self, found: Result<Record, RecordError>) {
        match found {
            Ok(record) => {
                self.highest = self.highest.max(record.sequence);
                if record.sequence > self.record.sequence {
                    self.record = record;
                }
            }
            Err(RecordError::Newer { sequence }) => {
                self.highest = self.highest.max(sequence);
                self.newer_version = self.newer_version.max(Some(sequence));
            }
            Err(RecordError::Blank) => {}
            Err(RecordError::Corrupt) => self.corrupt = true,
        }
    }

    /// Whether the newest record is one of a later version.
    fn later_version_is_newest(&self) -> bool {
        self.newer_version.is_some_and(|sequence| sequence > self.record.sequence)
    }
}

/// The reason why a record was not appended.
#[derive(Debug)]
pub enum AppendError<E> {
    /// The device.
    Device(E),
    /// The bytes that were read back differ from those written.
    Verify,
    /// No part of the log can be written any more.
    Exhausted,
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

/// A log of records.
pub trait RecordLog {
    /// The error of the medium.
    type Error: core::fmt::Debug;

    /// Whether a record that power went out over may read as nothing at one power-on, and as a record at a
    /// later one. What a boot found would not stay so then, if it had nothing to write itself.
    const MAY_APPEAR_LATE: bool = false;

    /// Places that are passed over, one behind the other, before a record counts as one that cannot be
    /// written. What was left there may turn out to be the record; the one behind it says the same, and is
    /// newer.
    const PLACES_PASSED_OVER: u32 = 0;

    /// Reads what there is, in a bounded number of reads.
    fn read_log(&mut self) -> Result<LogState, Self::Error>;

    /// Whether a record would be written over another one, by their sequence numbers.
    fn shares_place(_sequence: u64, _other: u64) -> bool {
        false
    }

    /// Appends `record`, so that it is durable, and reads it back. Its sequence number is higher than all in
    /// the log. A cut leaves it written or not; every other record stays but the oldest ones.
    fn append_record(&mut self, record: &Record) -> Result<(), AppendError<Self::Error>>;

    /// Whether there is room for the records of another image: that it is committed, and its boots.
    fn has_room(&mut self) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// No image is begun behind this sequence number: what is to be remembered of its boots takes numbers too.
/// Only a record that was made up, not counted up to, can have a higher one.
const LAST_NUMBER: u64 = u64::MAX - (1 << 32);

/// An error of the store on the log `L`.
type Error<L> = StoreError<<L as RecordLog>::Error>;

/// A run of a medium's units, sectors or erase blocks.
pub type Area = core::ops::Range<u64>;

/// The store's knowledge of its images.
pub(crate) struct Catalog<A> {
    register: A,
    /// The user's settings.
    pub settings: StoreSettings,
    log: Option<LogState>,
    /// Images that the last boot found wrong.
    refused: Vec<ImageId, SLOTS>,
}

impl<A: AttemptRegister> Catalog<A> {
    /// Nothing is known yet.
    pub fn new(settings: StoreSettings, register: A) -> Catalog<A> {
        Catalog { register, settings, log: None, refused: Vec::new() }
    }

    /// The state that the log holds; reads it if that was not done yet.
    pub fn state<L: RecordLog>(&mut self, log: &mut L) -> Result<LogState, Error<L>> {
        match self.log {
            Some(state) => Ok(state),
            None => {
                let state = log.read_log().map_err(StoreError::Device)?;
                self.log = Some(state);
                // Behind a record of a newer version nothing was torn, and it must not be overtaken before it was told of.
                let unsure = state.unsure && !state.later_version_is_newest();
                if unsure && self.append(log, state.record.slots).is_err() {
                    // What was read is still the best that is known, but the number that was tried is used up.
                    let highest = state.highest.saturating_add(2);
                    self.log = Some(LogState { highest, hidden: true, ..state });
                }
                Ok(self.log.unwrap_or(state))
            }
        }
    }

    /// Appends a record with these slots.
    pub fn append<L: RecordLog>(
        &mut self,
        log: &mut L,
        slots: [Option<SlotEntry>; SLOTS],
    ) -> Result<(), Error<L>> {
        self.append_as(log, slots, false)
    }

    fn append_as<L: RecordLog>(
        &mut self,
        log: &mut L,
        slots: [Option<SlotEntry>; SLOTS],
        open: bool,
    ) -> Result<(), Error<L>> {
        let state = self.state(log)?;
        let mut highest = if state.hidden { state.highest.saturating_add(1) } else { state.highest };
        let mut failure = StoreError::LogExhausted;
        for _ in 0..=L::PLACES_PASSED_OVER {
            let Some(mut sequence) = highest.checked_add(1) else { break };
            if state.is_valid() && L::shares_place(sequence, state.record.sequence) {
                let Some(next) = sequence.checked_add(1) else { break };
                sequence = next;
            }
            let record = Record { sequence, open, slots };
            highest = sequence;
            match log.append_record(&record) {
                Ok(()) => {
                    self.log = Some(LogState { record, highest, unsure: false, hidden: false, ..state });
                    return Ok(());
                }
                Err(error) => failure = error.into(),
            }
        }
        // What is on the medium is not known: it is read again when it is next asked for.
        self.log = None;
        Err(failure)
    }

    /// Appends a record with these slots, behind which there may be nothing more to write for a long time. If
    /// it may appear late, an open one that changes nothing goes before it: a boot that finds that one newest
    /// writes it anew, and so makes void what is behind it.
    fn append_announced<L: RecordLog>(
        &mut self,
        log: &mut L,
        slots: [Option<SlotEntry>; SLOTS],
        open: bool,
    ) -> Result<(), Error<L>> {
        let now = self.state(log)?.record.slots;
        if L::MAY_APPEAR_LATE && slots != now {
            self.append_as(log, now, true)?;
        }
        self.append_as(log, slots, open)
    }

    /// Forgets every image. A cut leaves all of them or none.
    pub fn invalidate<L: RecordLog>(&mut self, log: &mut L) -> Result<(), Error<L>> {
        self.append_announced(log, [None; SLOTS], false)
    }

    /// The slots with the entry of `id` changed, unless the change is none.
    fn changed<L: RecordLog>(
        &mut self,
        log: &mut L,
        id: ImageId,
        change: impl FnOnce(&mut SlotEntry),
    ) -> Result<Option<[Option<SlotEntry>; SLOTS]>, Error<L>> {
        let before = self.state(log)?.record.slots;
        let mut slots = before;
        change(slots.iter_mut().flatten().find(|entry| entry.id == id).ok_or(StoreError::NoSuchImage)?);
        Ok((slots != before).then_some(slots))
    }

    /// The entry of `id`.
    pub fn entry<L: RecordLog>(&mut self, log: &mut L, id: ImageId) -> Result<SlotEntry, Error<L>> {
        let slots = self.state(log)?.record.slots;
        slots.into_iter().flatten().find(|entry| entry.id == id).ok_or(StoreError::NoSuchImage)
    }

    /// The entry of `id`, if the log was read already and has one.
    pub fn known(&self, id: ImageId) -> Option<SlotEntry> {
        self.log?.record.slots.into_iter().flatten().find(|entry| entry.id == id)
    }

    /// Attempts at an image so far, wherever they are counted.
    fn attempts(&mut self, entry: &SlotEntry) -> u8 {
        let told = self.register.get().map_or(0, |value| attempts::decode(entry.id, value));
        told.max(entry.attempts)
    }

    /// Saves what the register, whose value is `value`, tells of another image than `id`: it counts for one
    /// image at a time, and two images that fail by turns would else be tried without end.
    fn save_attempts<L: RecordLog>(&mut self, log: &mut L, id: ImageId, value: u32) -> Result<(), Error<L>> {
        let before = self.state(log)?.record.slots;
        let mut slots = before;
        for entry in slots.iter_mut().flatten().filter(|entry| entry.id != id) {
            entry.attempts = entry.attempts.max(attempts::decode(entry.id, value));
        }
        if slots == before { Ok(()) } else { self.append(log, slots) }
    }

    /// The rank of an image among those to keep; the slot with the lowest is written next.
    fn worth(&mut self, entry: &SlotEntry) -> (u8, u64) {
        let exhausted = self.settings.max_attempts > 0 && self.attempts(entry) >= self.settings.max_attempts;
        let class = match entry.state {
            SlotState::Consumed => 1,
            SlotState::Committed if exhausted || self.refused.contains(&entry.id) => 2,
            SlotState::Committed => 3,
        };
        (class, entry.id.0)
    }

    /// The one of `areas` whose image has the lowest rank.
    pub fn choose<L: RecordLog>(&mut self, log: &mut L, areas: &[Area]) -> Result<usize, Error<L>> {
        let entries = self.state(log)?.record.slots;
        let mut best = (0, (u8::MAX, u64::MAX));
        for (slot, area) in areas.iter().enumerate() {
            let in_it = entries.iter().flatten().filter(|entry| overlap(entry, area));
            let worth = in_it.map(|entry| self.worth(entry)).max().unwrap_or((0, 0));
            if worth < best.1 {
                best = (slot, worth);
            }
        }
        Ok(best.0)
    }

    /// Forgets the images that share a unit with `area`, which slot `slot` is to fill, and names the image
    /// that will be in it. A cut leaves them forgotten or not.
    pub fn reserve<L: RecordLog>(
        &mut self,
        log: &mut L,
        slot: usize,
        area: &Area,
    ) -> Result<ImageId, Error<L>> {
        let state = self.state(log)?;
        // An image whose boots cannot be remembered any more would be acknowledged for nothing.
        if state.highest > LAST_NUMBER || !log.has_room().map_err(StoreError::Device)? {
            return Err(StoreError::LogExhausted);
        }
        let entries = state.record.slots;
        let mut kept = entries.map(|entry| entry.filter(|entry| !overlap(entry, area)));
        // An image kept under the slot's own number (the number or the size of slots was changed) moves to the
        // other one, unless that holds a better one.
        if let Some(image) = kept.get_mut(slot).and_then(Option::take) {
            let other = kept.iter().flatten().next().map_or((0, 0), |other| self.worth(other));
            if self.worth(&image) > other {
                kept = core::array::from_fn(|i| (i != slot).then_some(image));
            }
        }
        self.append_announced(log, kept, true)?;
        Ok(ImageId(self.state(log)?.highest.checked_add(1).ok_or(StoreError::LogExhausted)?))
    }

    /// Appends the record that makes `entry` bootable.
    pub fn commit<L: RecordLog>(
        &mut self,
        log: &mut L,
        slot: usize,
        entry: SlotEntry,
    ) -> Result<(), Error<L>> {
        let mut slots = self.state(log)?.record.slots;
        *slots.get_mut(slot).ok_or(StoreError::OutOfSequence)? = Some(entry);
        self.append(log, slots)
    }

    /// The images that may boot; `lies_within` is true if an entry's image is where the medium can hold one.
    pub fn select<L: RecordLog>(
        &mut self,
        log: &mut L,
        lies_within: impl Fn(&SlotEntry) -> bool,
    ) -> Result<Selection, Reason> {
        self.log = None;
        self.refused.clear();
        let state = self.state(log).map_err(|_| Reason::MediumError)?;
        let mut selection = Selection::default();
        if state.later_version_is_newest() {
            let id = state.newer_version.map(ImageId);
            let refusal =
                Refusal { id, slot: None, stage: Stage::Select, reason: Reason::NewerRecord, at: 0 };
            let _ = selection.refused.push(refusal);
        } else if !state.is_valid() {
            return Err(match state {
                LogState { blind: true, .. } => Reason::MediumError,
                LogState { corrupt: true, .. } => Reason::LogCorrupt,
                _ => Reason::NoImage,
            });
        }
        let mut entries: Vec<(u8, SlotEntry), SLOTS> = Vec::new();
        for (slot, entry) in state.record.slots.iter().enumerate() {
            if let Some(entry) = entry {
                let _ = entries.push((slot as u8, *entry));
            }
        }
        entries.sort_unstable_by_key(|(_, entry)| core::cmp::Reverse(entry.id));
        for (slot, entry) in entries.iter().copied() {
            let attempts = self.attempts(&entry);
            let reason = if entry.state == SlotState::Consumed {
                Some(Reason::Consumed)
            } else if state.later_version_is_newest() && entry.policy == BootPolicy::Once {
                // The later software may have entered it.
                Some(Reason::NewerRecord)
            } else if state.blind && entry.policy == BootPolicy::Once {
                // A part of the log that cannot be read may say that it was entered.
                Some(Reason::MediumError)
            } else if !lies_within(&entry) {
                self.refuse(entry.id);
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
                    .push(Refusal {
                        id: Some(entry.id),
                        slot: Some(slot),
                        stage: Stage::Select,
                        reason,
                        at: 0,
                    })
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

    /// See [`SelectSnapshot::count_attempt`](crate::hooks::SelectSnapshot::count_attempt).
    pub fn count_attempt<L: RecordLog>(&mut self, log: &mut L, id: ImageId) -> Result<u8, Error<L>> {
        let entry = self.entry(log, id)?;
        let attempt = self.attempts(&entry).saturating_add(1);
        if self.settings.max_attempts > 0 {
            if let Some(value) = self.register.get() {
                self.save_attempts(log, id, value)?;
                self.register.set(attempts::encode(id, attempt));
            } else {
                if let Some(slots) = self.changed(log, id, |entry| entry.attempts = attempt)? {
                    self.append(log, slots)?;
                }
            }
        }
        Ok(attempt)
    }

    /// See [`SelectSnapshot::refused`](crate::hooks::SelectSnapshot::refused).
    pub fn refuse(&mut self, id: ImageId) {
        // One place for each slot, so there is room.
        let _ = self.refused.push(id);
    }

    /// See [`SelectSnapshot::consume`](crate::hooks::SelectSnapshot::consume).
    pub fn consume<L: RecordLog>(&mut self, log: &mut L) -> Result<(), Error<L>> {
        let before = self.state(log)?.record.slots;
        let mut slots = before;
        for entry in slots.iter_mut().flatten().filter(|entry| entry.policy == BootPolicy::Once) {
            entry.state = SlotState::Consumed;
        }
        if slots == before { Ok(()) } else { self.append(log, slots) }
    }

    /// See [`SelectSnapshot::confirm`](crate::hooks::SelectSnapshot::confirm).
    pub fn confirm<L: RecordLog>(&mut self, log: &mut L, id: ImageId) -> Result<(), Error<L>> {
        let confirm = |entry: &mut SlotEntry| (entry.attempts, entry.confirmed) = (0, true);
        if let Some(slots) = self.changed(log, id, confirm)? {
            self.append_announced(log, slots, false)?;
        }
        if self.register.get().is_some() {
            self.register.set(attempts::encode(id, 0));
        }
        Ok(())
    }
}

/// Whether an entry's image shares a unit with `area`.
fn overlap(entry: &SlotEntry, area: &Area) -> bool {
    entry.first < area.end && area.start < entry.first.saturating_add(entry.span)
}
