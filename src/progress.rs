//! The progress observer: how far a snapshot or a boot is, for a bar, a light or a marker.

use crate::image::id::ImageId;
use crate::refusal::Refusal;

/// A step of a snapshot or a boot, with how much of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Progress {
    /// Take: the CPU was captured. From here to [`Progress::Written`] no saved memory changes.
    Captured,
    /// Take: pages looked at, of all pages that may be saved.
    Scan {
        /// Pages so far.
        done: u64,
        /// All pages.
        total: u64,
    },
    /// Take: chunks compressed, of all.
    Compress {
        /// Chunks so far.
        done: u64,
        /// All chunks.
        total: u64,
    },
    /// Take: bytes of the image written, of all.
    Write {
        /// Bytes so far.
        done: u64,
        /// All bytes.
        total: u64,
    },
    /// Take: the image is committed; saved memory may change again.
    Written,
    /// Boot: an image, or the store's record of one, was looked at and not entered.
    Refused(Refusal),
    /// Boot: the image was checked as far as its index and will be loaded.
    Chosen {
        /// The image.
        id: ImageId,
        /// Its slot.
        slot: u8,
        /// The number of this attempt at it, from 1.
        attempt: u8,
        /// Pages that it holds, zero pages included.
        pages: u64,
    },
    /// Boot: pages in place, of all.
    Load {
        /// Pages so far.
        done: u64,
        /// All pages.
        total: u64,
    },
    /// Boot: every page is in place; the registers come next.
    Loaded,
}

/// Watches a snapshot or a boot. `()` does not look.
///
/// Between [`Progress::Captured`] and [`Progress::Written`], and during a boot, an observer must touch
/// hardware and nosave memory only: the rest is being saved, or overwritten.
pub trait Observer {
    /// Called at each step. Must return soon.
    fn observe(&mut self, progress: Progress);

    /// Boot: the medium failed with this error, of which [`Progress::Refused`] next gives only the reason.
    /// Must return soon.
    fn medium_failed(&mut self, error: &dyn core::fmt::Debug) {
        let _ = error;
    }
}

impl Observer for () {
    fn observe(&mut self, _progress: Progress) {}
}

impl<F: FnMut(Progress)> Observer for F {
    fn observe(&mut self, progress: Progress) {
        self(progress);
    }
}
