//! What a store's user may choose, and what may go wrong: the same on every medium.

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
    /// Boots of one image that may go unconfirmed in a row; 0 counts none, and writes nothing at a boot of an
    /// [`BootPolicy::Always`](crate::hooks::BootPolicy::Always) image.
    pub max_attempts: u8,
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings { slots: Slots::Two, max_attempts: 3 }
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
    /// The log's sequence numbers are used up, or no block of it can be written any more.
    LogExhausted,
    /// A page of the image has more wrong bits than can be corrected.
    Uncorrectable,
    /// So many blocks went bad while the image was written that there is no room left for it.
    TooManyBadBlocks,
}
