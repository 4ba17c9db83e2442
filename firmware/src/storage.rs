//! [`Storage`]: the medium of a board, as the firmware uses it: a store, and text files.

use core::fmt::Display;

use oal_snapshot::refusal::ColdBoot;
use oal_snapshot::store::Store;

/// The medium for images. Its state must follow the medium, so it lives in nosave memory.
pub trait Storage {
    /// The store.
    type Store: Store<DeviceError: Display>;

    /// The store, or why there is none.
    fn store(&mut self) -> Result<&mut Self::Store, ColdBoot>;

    /// The medium with the text files, if there is one.
    fn text(&mut self) -> Option<&mut dyn Sectors>;

    /// Name of the medium's kind, and its capacity in MiB.
    fn describe(&mut self) -> (&'static str, u64);
}

/// A sector could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadFailed;

impl core::fmt::Display for ReadFailed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a sector could not be read")
    }
}

impl core::error::Error for ReadFailed {}

/// Sectors of 512 bytes that can be read.
pub trait Sectors {
    /// Their number.
    fn sectors(&self) -> u64;

    /// Reads one.
    ///
    /// # Errors
    /// If the medium fails.
    fn read(&mut self, sector: u64, into: &mut [u8; 512]) -> Result<(), ReadFailed>;
}
