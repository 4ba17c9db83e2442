//! Reset, and off.

// FILL power: as generated, `reboot` and `poweroff` end in a panic that says so.
/// Resets the board: all of it, the medium and its controller too if that can be done. May return: the board
/// may need a moment.
///
/// # Safety
/// The last use of anything.
pub unsafe fn reset() {
    panic!("the reset is not filled: src/power.rs, docs/porting.md#power");
}

/// Switches the board off. May return: the board may need a moment.
///
/// # Safety
/// The last use of anything.
pub unsafe fn power_off() {
    panic!("the power switch is not filled: src/power.rs, docs/porting.md#power");
}
// FILL END
