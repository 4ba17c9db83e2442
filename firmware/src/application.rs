//! [`Application`]: what a port runs on the firmware.

use core::fmt;

use oal_snapshot::frame::RamRegion;
use oal_snapshot::progress::Observer;

use crate::heap::PageHeap;
use crate::platform::Platform;
use crate::storage::Sectors;
use crate::terminal::Terminal;

/// The way in which the system was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeline {
    /// From a cold boot.
    Cold,
    /// From a cold boot, and a snapshot was taken.
    Live,
    /// From a snapshot.
    Restored,
}

impl Timeline {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Timeline::Cold => "cold",
            Timeline::Live => "live",
            Timeline::Restored => "restored",
        }
    }
}

/// The application of a port. All of it is saved, but for its [`Application::Observer`]. `()` is none.
pub trait Application<P: Platform>: Sized + 'static {
    /// Observes snapshots and boots: hardware and nosave memory only.
    type Observer: Observer;

    /// Memory that the observer writes to, outside the nosave sections: not saved, and mapped without caches.
    const OBSERVER_MEMORY: &'static [RamRegion] = &[];

    /// The observer, at power-on: in the boot stage, before any driver.
    fn observer() -> Self::Observer;

    /// Starts after a cold boot: the drivers are up, and interrupts are let in. `text` is the medium with
    /// text files, if there is one.
    fn start(text: Option<&mut dyn Sectors>, heap: &mut PageHeap, terminal: &mut Terminal<P::Uart>) -> Self;

    /// Commands are taken: after a cold boot, and after the system was restored.
    fn ready(&mut self, _timeline: Timeline) {}

    /// Does a little of its work; called again and again, also in the pause before a capture.
    fn work(&mut self) {}

    /// Called between two looks at the console.
    fn turn(&mut self, _timeline: Timeline) {}

    /// Gives back what it does not need: the first step of a snapshot.
    fn reclaim(&mut self, _heap: &mut PageHeap) {}

    /// The address to which [`Application::reclaim`] would trim the heap's low end.
    fn reclaimable_from(&self) -> Option<usize> {
        None
    }

    /// A sum over memory that a snapshot must bring back.
    fn digest(&self) -> u32 {
        0
    }

    /// Whether what follows from its own state is what its memory and its registers hold.
    fn is_consistent(&self) -> bool {
        true
    }

    /// Its part of the line `@status`: `key=value` pairs, each with a blank before it.
    ///
    /// # Errors
    /// Of the formatter.
    fn status(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl<P: Platform> Application<P> for () {
    type Observer = ();

    fn observer() {}

    fn start(_: Option<&mut dyn Sectors>, _: &mut PageHeap, _: &mut Terminal<P::Uart>) {}
}
