//! The engine's requests to the system, which on Compact 2013 is the kernel: the RAM there is, which of
//! its pages matter, and how to come to rest and go on.

use crate::frame::{FrameRange, Pfn};
use crate::memory_map::MemoryLayout;

/// Whether a page's contents matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PageClass {
    /// In use: is saved.
    Used,
    /// Nobody's: not in the image, and anything after a boot.
    Free,
}

/// The reason for resuming the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Resume {
    /// The device was only at rest: after pass 1, and on the live timeline of pass 2.
    Live,
    /// The device was off, and this is the first the system knows of it: hardware must be re-initialised.
    Restored,
}

/// The system could not come to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SuspendFailed {
    /// The part that could not be suspended: a driver's name, for instance.
    pub who: &'static str,
}

/// The system around the engine.
///
/// Between the capture of the CPU and the last write only `page_class` and `staging` are called. They
/// must not change memory that is saved: no counters, no locks, no log.
///
/// ```
/// use oal_snapshot::frame::{Pfn, RamRegion};
/// use oal_snapshot::memory_map::MemoryLayout;
/// use oal_snapshot::system::{PageClass, Resume, SuspendFailed, System};
///
/// const LAYOUT: MemoryLayout<'static> = MemoryLayout {
///     ram: &[RamRegion::new(0x6000_0000, 64 << 20)],
///     oem: &[],
///     nosave: &[RamRegion::new(0x6000_0000, 1 << 20)],
/// };
///
/// struct Firmware {
///     heap_end: Pfn,
/// }
///
/// impl System for Firmware {
///     fn layout(&self) -> MemoryLayout<'_> {
///         LAYOUT
///     }
///     fn page_class(&self, frame: Pfn) -> PageClass {
///         if frame < self.heap_end { PageClass::Used } else { PageClass::Free }
///     }
///     fn suspend(&mut self) -> Result<(), SuspendFailed> {
///         // Power down the drivers, in reverse order, then mask interrupts.
///         Ok(())
///     }
///     fn resume(&mut self, why: Resume) {
///         // Power the drivers up with `why`, then unmask interrupts.
///     }
///     fn pause(&mut self, milliseconds: u32) {
///         // Run what must answer at once after a boot.
///     }
/// }
/// ```
pub trait System {
    /// The board's memory. The same at every call, and the same that the boot stage gives to
    /// [`Boot`](crate::boot::Boot).
    fn layout(&self) -> MemoryLayout<'_>;

    /// Whether the contents of a frame of the layout's `ram` matter.
    fn page_class(&self, frame: Pfn) -> PageClass;

    /// Pass 1: gives back memory that can be had again, caches for instance, so that the image is small.
    fn reclaim(&mut self) {}

    /// Comes to rest: drivers powered down, other cores parked, **interrupts masked** on return.
    ///
    /// # Errors
    /// [`SuspendFailed`]; the system must then be running as if it had not been asked.
    fn suspend(&mut self) -> Result<(), SuspendFailed>;

    /// Goes on after [`suspend`](System::suspend), with interrupts unmasked on return. Called with interrupts
    /// masked.
    fn resume(&mut self, why: Resume);

    /// Pass 2: runs the system for `milliseconds`, so that what must answer at once is resident.
    fn pause(&mut self, milliseconds: u32);

    /// Free frames, physically contiguous, that the engine may fill between capture and last write, so that
    /// chunks need not be compressed twice. Every one of them must be [`PageClass::Free`]. `None`: there are
    /// none.
    fn staging(&self) -> Option<FrameRange> {
        None
    }
}
