//! The cache outside the core. Those inside it are the library's and the firmware's affair.

// FILL caches: as generated there is none, or it is off, as a reset leaves it.
/// The registers of the outer cache's controller, an L2C-310, if the board has one, be it on or
/// off: the self test looks.
pub const OUTER_CACHE: Option<usize> = None;

/// What cleans and invalidates the outer cache, and waits until that is done: needed if the board switches it
/// on. It uses nosave memory only, and is called after the last page of an image was loaded.
pub fn outer_cache() -> Option<fn()> {
    None
}
// FILL END
