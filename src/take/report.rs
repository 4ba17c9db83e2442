//! The result of the call that takes a snapshot.

use crate::image::id::ImageId;

/// On which timeline the call that took a snapshot returned.
#[must_use = "after a restore, what the system knew of the world outside is of the past"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Timeline {
    /// The snapshot is committed, and the system that took it goes on.
    Live(TakeReport),
    /// The system was booted from the snapshot: hours or years may have passed, and the hardware was off.
    Restored,
}

/// Figures of a snapshot that was taken.
#[must_use]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TakeReport {
    /// The image's name in its store.
    pub id: ImageId,
    /// The slot that it is in.
    pub slot: u8,
    /// Bytes of the image.
    pub image_len: u64,
    /// Pages in the image, zero pages included.
    pub pages: u64,
    /// Pages of it that are all zero.
    pub zero_pages: u64,
    /// Pages that the system called free: not in the image.
    pub free_pages: u64,
    /// Chunks.
    pub chunks: u32,
    /// Chunks that LZ4 did not shrink.
    pub raw_chunks: u32,
    /// Extents of the page map.
    pub extents: u32,
}
