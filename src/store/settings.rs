//! What a store's user may choose: the same on every medium.

/// The number of images that the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Slots {
    /// Two halves: the old image stays good until the new one is committed.
    Two,
    /// All of the device for one image: **while a snapshot is written there is none to boot**.
    One,
}

/// The settings of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StoreSettings {
    /// The number of images that the next snapshots leave.
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
