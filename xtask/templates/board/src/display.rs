//! Memory outside RAM that is saved with it: a display's, for instance.

use oal_demo::{Display, FrameBuffer};
use oal_snapshot::frame::RamRegion;

use crate::platform::Board;

// FILL display: nothing, for a board without a display.
/// The application's screen, if there is a display of 16 bits a pixel: it draws there, and it comes back with
/// a snapshot.
const SCREEN: Option<FrameBuffer> = None;

/// Memory outside RAM that is saved: the screen's.
pub const OEM: &[RamRegion] = &[];

/// Memory outside RAM that is mapped without caches: whole MiB.
pub const UNCACHED: &[RamRegion] = &[];
// FILL END

impl Display for Board {
    const SCREEN: Option<FrameBuffer> = SCREEN;
}
