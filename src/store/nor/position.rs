//! The size of the log, and its next place.

/// Erase blocks of the log, at the store's start.
pub const LOG_BLOCKS: u32 = 4;

/// The next place of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogPosition {
    /// The block in use, if there is one.
    pub(super) block: Option<u32>,
    /// The block of the newest record that this version can read: the last one to be erased.
    pub(super) keep: Option<u32>,
    /// The first place behind the newest record of the block in use.
    pub(super) behind: u32,
    /// The first place of the block in use that can be programmed; those from `behind` on have to be made
    /// void before.
    pub(super) next: u32,
}
