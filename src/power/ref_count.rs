//! [`RefCount`]: how many users a piece of hardware has, void after a snapshot boot.

use crate::state::StateCell;

/// A reference count of hardware, a clock gate for instance.
///
/// All memory comes back with a snapshot, a plain count of users too: it says "in use, so initialised" of
/// hardware that was off. This count belongs to one power-on: after a snapshot boot it is 0 by itself, and
/// the first user switches the hardware on again. What a user got before the boot is worth nothing after it.
///
/// ```
/// use oal_snapshot::power::RefCount;
/// use oal_snapshot::state::StateCell;
///
/// static STATE: StateCell = StateCell::new();
/// let mut uart_clock = RefCount::new();
/// let mut enabled = 0;
/// let first = uart_clock.acquire(&STATE, || enabled += 1);
/// let second = uart_clock.acquire(&STATE, || enabled += 1);
/// assert_eq!((uart_clock.users(&STATE), enabled), (2, 1));
/// uart_clock.release(&STATE, first, || enabled -= 1);
/// uart_clock.release(&STATE, second, || enabled -= 1);
/// assert_eq!(enabled, 0);
/// ```
#[derive(Debug, Default)]
pub struct RefCount {
    users: u32,
    boots: u32,
}

/// One user's share in a [`RefCount`]. Dropping it gives nothing back: hand it to [`RefCount::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "without it the hardware cannot be released"]
pub struct Hold {
    boots: u32,
}

impl RefCount {
    /// No users.
    pub const fn new() -> RefCount {
        RefCount { users: 0, boots: 0 }
    }

    /// Users since the hardware was last powered.
    pub fn users(&self, state: &StateCell) -> u32 {
        if self.boots == state.boots() { self.users } else { 0 }
    }

    /// One user more; calls `enable` for the first one.
    pub fn acquire(&mut self, state: &StateCell, enable: impl FnOnce()) -> Hold {
        let users = self.users(state);
        if users == 0 {
            enable();
        }
        self.users = users.saturating_add(1);
        self.boots = state.boots();
        Hold { boots: self.boots }
    }

    /// One user less; calls `disable` after the last one. A hold from before a snapshot boot counts no more:
    /// nothing happens, whoever else uses the hardware by now.
    pub fn release(&mut self, state: &StateCell, hold: Hold, disable: impl FnOnce()) {
        let users = self.users(state);
        if hold.boots != state.boots() || users == 0 {
            return;
        }
        if users == 1 {
            disable();
        }
        self.users = users - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::SnapshotState;

    #[test]
    fn a_snapshot_boot_voids_the_count_and_every_hold() {
        let state = StateCell::new();
        let mut count = RefCount::new();
        let a = count.acquire(&state, || ());
        let b = count.acquire(&state, || ());
        state.set(SnapshotState::Boot);
        state.set(SnapshotState::None);
        assert_eq!(count.users(&state), 0);
        count.release(&state, a, || panic!("a user from before the boot switches nothing off"));
        let mut enabled = false;
        let again = count.acquire(&state, || enabled = true);
        assert!(enabled);
        count.release(&state, b, || panic!("nor does one while another uses the hardware again"));
        assert_eq!(count.users(&state), 1);
        count.release(&state, again, || enabled = false);
        assert!(!enabled);
    }
}
