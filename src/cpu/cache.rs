//! [`OuterCache`]: a cache beyond those that the core itself maintains.

/// A cache outside the core, such as an L2C-310.
pub trait OuterCache {
    /// Cleans and invalidates all of the cache, and waits until that is done.
    fn clean_invalidate(&mut self);
}

/// No cache outside the core.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOuterCache;

impl OuterCache for NoOuterCache {
    fn clean_invalidate(&mut self) {}
}
