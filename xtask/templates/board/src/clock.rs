//! The clock of every time-out and of the times that are told, and the time of day.

// FILL clock: a counter that runs from power-on or reset, at a known speed, with interrupts masked, and that no driver stops: it is
// read while a snapshot is written. If it has to be started, the first instructions can: `oal_firmware::early_store!(register, value);`.
// As generated it stands still: time-outs end by counting polls, and times are 0.
/// The board's clock, a reader: it has no state of its own.
pub type Clock = fn() -> u64;

/// The clock. Anybody may read it at any time.
pub fn clock() -> Clock {
    || 0
}

/// Seconds since 1970, or 0 if the board does not know. Read again after a snapshot boot: what saved memory
/// holds is old.
pub fn seconds() -> u32 {
    0
}
// FILL END
