//! The commit record: all that the store remembers, in one sector. The newest valid one is the truth.

use crate::bytes::{get, get_u32, get_u64, put};
use crate::crc32c::crc32c;
use crate::hooks::BootPolicy;
use crate::image::id::ImageId;

/// Bytes of a record: one sector.
pub const RECORD_LEN: usize = 512;
/// Slots that a record describes.
pub const SLOTS: usize = 2;

const MAGIC: [u8; 8] = *b"OALCOMIT";
const VERSION: u32 = 1;

/// Offsets of the fields. Magic, version, sequence number and CRC stay where they are in every version, so
/// that a record of a newer version is known for what it is.
mod at {
    pub const MAGIC: usize = 0;
    pub const VERSION: usize = 8;
    pub const SLOTS: usize = 12;
    pub const SEQUENCE: usize = 16;
    pub const OPEN: usize = 24;
    pub const SLOT: usize = 32;
    pub const CRC: usize = 508;
}

/// Offsets of the fields of a slot.
mod slot_at {
    pub const STATE: usize = 0;
    pub const POLICY: usize = 1;
    pub const ATTEMPTS: usize = 2;
    pub const CONFIRMED: usize = 3;
    pub const IMAGE_CRC: usize = 4;
    pub const ID: usize = 8;
    pub const FIRST: usize = 16;
    pub const SPAN: usize = 24;
    pub const IMAGE_LEN: usize = 32;
    pub const LEN: usize = 40;
}

/// The content of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SlotState {
    /// A committed image.
    Committed,
    /// An image to be booted once that was.
    Consumed,
}

/// An image in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SlotEntry {
    /// Whether it may boot.
    pub state: SlotState,
    /// Its boot policy.
    pub policy: BootPolicy,
    /// Boots so far that nobody confirmed.
    pub attempts: u8,
    /// Whether a boot of it was ever confirmed.
    pub confirmed: bool,
    /// Its name: the sequence number of the record that first committed it.
    pub id: ImageId,
    /// The image's first unit, counted from the store's start: a sector, or on NAND and NOR an erase block.
    pub first: u64,
    /// Units from the first to the last that holds a part of the image.
    pub span: u64,
    /// The image's length in bytes.
    pub image_len: u64,
    /// CRC-32C of the whole image.
    pub image_crc: u32,
}

/// A record in words. `docs/store-format.md` gives the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Record {
    /// Higher than that of every record before it.
    pub sequence: u64,
    /// Whether the next record was to commit an image: if this one is found to be the newest, that did not
    /// happen.
    pub open: bool,
    /// The slots.
    pub slots: [Option<SlotEntry>; SLOTS],
}

/// The content of a sector without a valid record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordError {
    /// Only 0x00, or only 0xff.
    Blank,
    /// A whole record, of a later version than this software's.
    Newer {
        /// Its sequence number.
        sequence: u64,
    },
    /// Anything else: torn or corrupt, or never a record.
    Corrupt,
}

impl Record {
    /// The record's bytes.
    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut bytes = [0; RECORD_LEN];
        put(&mut bytes, at::MAGIC, &MAGIC);
        put(&mut bytes, at::VERSION, &VERSION.to_le_bytes());
        put(&mut bytes, at::SLOTS, &(SLOTS as u32).to_le_bytes());
        put(&mut bytes, at::SEQUENCE, &self.sequence.to_le_bytes());
        put(&mut bytes, at::OPEN, &u32::from(self.open).to_le_bytes());
        for (i, slot) in self.slots.iter().enumerate() {
            if let Some(slot) = slot {
                put(&mut bytes, at::SLOT + i * slot_at::LEN, &slot.encode());
            }
        }
        let crc = crc32c(&bytes[..at::CRC]);
        put(&mut bytes, at::CRC, &crc.to_le_bytes());
        bytes
    }

    /// Reads a sector of any origin.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn decode(bytes: &[u8; RECORD_LEN]) -> Result<Record, RecordError> {
        if bytes.iter().all(|b| *b == 0) || bytes.iter().all(|b| *b == 0xff) {
            return Err(RecordError::Blank);
        }
        if get(bytes, at::MAGIC) != MAGIC || get_u32(bytes, at::CRC) != crc32c(&bytes[..at::CRC]) {
            return Err(RecordError::Corrupt);
        }
        let sequence = get_u64(bytes, at::SEQUENCE);
        let version = get_u32(bytes, at::VERSION);
        if version > VERSION {
            return Err(RecordError::Newer { sequence });
        }
        if version != VERSION || get_u32(bytes, at::SLOTS) != SLOTS as u32 {
            return Err(RecordError::Corrupt);
        }
        let open = match get_u32(bytes, at::OPEN) {
            0 => false,
            1 => true,
            _ => return Err(RecordError::Corrupt),
        };
        let mut record = Record { sequence, open, slots: [None; SLOTS] };
        for (i, slot) in record.slots.iter_mut().enumerate() {
            *slot = SlotEntry::decode(&get(bytes, at::SLOT + i * slot_at::LEN))?;
        }
        // An image has the number of the record that first committed it: not a higher one, and no two have the same. Else
        // an image to come could be taken for the one here.
        let [first, second] = record.slots.map(|slot| slot.map(|entry| entry.id.0));
        if first.max(second) > Some(sequence) || (first.is_some() && first == second) {
            return Err(RecordError::Corrupt);
        }
        Ok(record)
    }
}

impl SlotEntry {
    fn encode(&self) -> [u8; slot_at::LEN] {
        let mut bytes = [0; slot_at::LEN];
        let state = match self.state {
            SlotState::Committed => 1,
            SlotState::Consumed => 2,
        };
        let policy = match self.policy {
            BootPolicy::Always => 1,
            BootPolicy::Once => 2,
        };
        put(&mut bytes, slot_at::STATE, &[state]);
        put(&mut bytes, slot_at::POLICY, &[policy]);
        put(&mut bytes, slot_at::ATTEMPTS, &[self.attempts]);
        put(&mut bytes, slot_at::CONFIRMED, &[u8::from(self.confirmed)]);
        put(&mut bytes, slot_at::IMAGE_CRC, &self.image_crc.to_le_bytes());
        put(&mut bytes, slot_at::ID, &self.id.0.to_le_bytes());
        put(&mut bytes, slot_at::FIRST, &self.first.to_le_bytes());
        put(&mut bytes, slot_at::SPAN, &self.span.to_le_bytes());
        put(&mut bytes, slot_at::IMAGE_LEN, &self.image_len.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; slot_at::LEN]) -> Result<Option<SlotEntry>, RecordError> {
        let state = match bytes[slot_at::STATE] {
            0 if bytes.iter().all(|b| *b == 0) => return Ok(None),
            1 => SlotState::Committed,
            2 => SlotState::Consumed,
            _ => return Err(RecordError::Corrupt),
        };
        let policy = match bytes[slot_at::POLICY] {
            1 => BootPolicy::Always,
            2 => BootPolicy::Once,
            _ => return Err(RecordError::Corrupt),
        };
        let confirmed = match bytes[slot_at::CONFIRMED] {
            0 => false,
            1 => true,
            _ => return Err(RecordError::Corrupt),
        };
        Ok(Some(SlotEntry {
            state,
            policy,
            attempts: bytes[slot_at::ATTEMPTS],
            confirmed,
            id: ImageId(get_u64(bytes, slot_at::ID)),
            first: get_u64(bytes, slot_at::FIRST),
            span: get_u64(bytes, slot_at::SPAN),
            image_len: get_u64(bytes, slot_at::IMAGE_LEN),
            image_crc: get_u32(bytes, slot_at::IMAGE_CRC),
        }))
    }
}
