//! [`PowerHistory`]: what a driver records of its power transitions.

use portable_atomic::{AtomicU32, Ordering::Relaxed};

use oal_snapshot::power::PowerUp;
use oal_snapshot::state::{SnapshotState, StateCell};

/// The system's snapshot state, in the saved memory.
pub static STATE: StateCell = StateCell::new();

/// A driver's power transitions, for `status`.
#[derive(Clone, Copy, Debug)]
pub struct PowerHistory {
    /// Times it was powered up after rest.
    pub resumes: u32,
    /// Times it was powered up after a snapshot boot.
    pub boots: u32,
    /// The snapshot state when it was last powered up.
    pub last_state: SnapshotState,
    /// Its place among all drivers at that time, from 1.
    pub order: u32,
}

/// The place of the driver that comes up next.
static NEXT_PLACE: AtomicU32 = AtomicU32::new(1);

impl PowerHistory {
    /// A driver that was initialised at a cold boot.
    #[expect(clippy::new_without_default, reason = "each new one takes the next place")]
    pub fn new() -> PowerHistory {
        PowerHistory { resumes: 0, boots: 0, last_state: SnapshotState::None, order: next_place() }
    }

    /// The driver comes up.
    pub fn up(&mut self, why: PowerUp) {
        match why {
            PowerUp::Resume => self.resumes += 1,
            PowerUp::SnapshotBoot => self.boots += 1,
        }
        self.last_state = STATE.get();
        self.order = next_place();
    }
}

fn next_place() -> u32 {
    let place = NEXT_PLACE.load(Relaxed);
    NEXT_PLACE.store(place + 1, Relaxed);
    place
}

/// Starts to count the places anew: all drivers come up.
pub fn begin_power_up() {
    NEXT_PLACE.store(1, Relaxed);
}

/// The actions on a gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateUse {
    /// Times it was opened.
    pub opened: u32,
    /// Times it was shut.
    pub shut: u32,
}
