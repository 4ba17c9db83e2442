//! The size of the log, and its next place.

/// Erase blocks of the log, at the store's start; two good ones are enough.
pub const LOG_BLOCKS: u32 = 8;

/// The next place of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogPosition {
    /// The block that holds the newest record, if one does.
    pub(super) newest: Option<u32>,
    /// The page behind the newest record and its twin, if they were written since power-on.
    pub(super) next_page: Option<u32>,
    /// Whether a page that was read just now had many wrong bits.
    pub(super) worn: bool,
}
