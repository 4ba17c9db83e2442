//! The timers' clock gate, as a chip with gated clocks would have it.
//!
//! None of the boards here has gates that matter in QEMU, so [`Gates`] counts what it would have written.
//! What matters is the count of users: it came back with the saved memory and says "in use", but the gate of
//! a board that was off is shut. A
//! [`RefCount`] knows that.

use oal_snapshot::power::{Hold, RefCount};
use oal_snapshot::state::StateCell;

use crate::history::GateUse;

/// The gate and its users.
pub struct Gates {
    users: RefCount,
    /// The actions on it.
    pub done: GateUse,
}

impl Gates {
    /// A gate that is shut.
    pub const fn new() -> Gates {
        Gates { users: RefCount::new(), done: GateUse { opened: 0, shut: 0 } }
    }

    /// Opens the gate for its first user.
    pub fn acquire(&mut self, state: &StateCell) -> Hold {
        let opened = &mut self.done.opened;
        self.users.acquire(state, || *opened += 1)
    }

    /// Shuts the gate behind its last user.
    pub fn release(&mut self, state: &StateCell, hold: Hold) {
        let shut = &mut self.done.shut;
        self.users.release(state, hold, || *shut += 1);
    }
}
