//! [`SnapshotState`]: how far a snapshot, or a boot from one, has come, for drivers to ask.

#[cfg(target_has_atomic = "32")]
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
#[cfg(not(target_has_atomic = "32"))]
use portable_atomic::{AtomicU32, Ordering::Relaxed};

/// The answer of `GetSnapshotState` (`TSnapState`).
#[doc(alias = "TSnapState")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u32)]
pub enum SnapshotState {
    /// No capture in progress (`eSnapNone`).
    #[doc(alias = "eSnapNone")]
    None = 0,
    /// First pass: memory is reclaimed, the device suspended and resumed (`eSnapPass1`).
    #[doc(alias = "eSnapPass1")]
    Pass1 = 1,
    /// Second pass: a pause in which programs become resident, then suspend, write, resume (`eSnapPass2`).
    /// A driver that powers up in this state needs no re-initialisation.
    #[doc(alias = "eSnapPass2")]
    Pass2 = 2,
    /// Within the second pass: the device is suspended, the capture comes next (`eSnapPrepared`).
    #[doc(alias = "eSnapPrepared")]
    Prepared = 3,
    /// The snapshot is written (`eSnapTaken`).
    #[doc(alias = "eSnapTaken")]
    Taken = 4,
    /// The device boots from a snapshot (`eSnapBoot`): the hardware was off, drivers re-initialise it.
    #[doc(alias = "eSnapBoot")]
    Boot = 5,
}

impl SnapshotState {
    /// The state's name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            SnapshotState::None => "none",
            SnapshotState::Pass1 => "pass1",
            SnapshotState::Pass2 => "pass2",
            SnapshotState::Prepared => "prepared",
            SnapshotState::Taken => "taken",
            SnapshotState::Boot => "boot",
        }
    }
}

/// The one place that holds the state. The firmware keeps it in a static that is **in saved memory**; only
/// who conducts the hooks moves it, which is the engine. Reading is safe in interrupt handlers.
///
/// ```
/// use oal_snapshot::state::{SnapshotState, StateCell};
/// static STATE: StateCell = StateCell::new();
/// assert_eq!(STATE.get(), SnapshotState::None);
/// ```
#[derive(Debug)]
pub struct StateCell {
    state: AtomicU32,
    boots: AtomicU32,
}

impl Default for StateCell {
    fn default() -> Self {
        Self::new()
    }
}

impl StateCell {
    /// A system that was started cold: [`SnapshotState::None`].
    pub const fn new() -> StateCell {
        StateCell { state: AtomicU32::new(SnapshotState::None as u32), boots: AtomicU32::new(0) }
    }

    /// The state now: the equivalent of `GetSnapshotState`.
    #[doc(alias = "GetSnapshotState")]
    pub fn get(&self) -> SnapshotState {
        match self.state.load(Relaxed) {
            1 => SnapshotState::Pass1,
            2 => SnapshotState::Pass2,
            3 => SnapshotState::Prepared,
            4 => SnapshotState::Taken,
            5 => SnapshotState::Boot,
            _ => SnapshotState::None,
        }
    }

    /// How many snapshot boots lie behind this system, counted along its own history: a snapshot of a
    /// system that was itself restored counts on. What it remembers of hardware with another count than
    /// this one is void (see [`RefCount`](crate::power::RefCount)).
    pub fn boots(&self) -> u32 {
        self.boots.load(Relaxed)
    }

    /// Moves to `next`; to [`SnapshotState::Boot`] counts a boot. The engine does this by itself: it is for a
    /// kernel that conducts the hooks without [`take`](crate::take).
    pub fn set(&self, next: SnapshotState) {
        if next == SnapshotState::Boot {
            self.boots.store(self.boots().wrapping_add(1), Relaxed);
        }
        self.state.store(next as u32, Relaxed);
    }

    /// Starts a snapshot: to [`SnapshotState::Pass1`], or the present state if one is under way.
    pub(crate) fn begin(&self) -> Result<(), SnapshotState> {
        match self.get() {
            SnapshotState::None | SnapshotState::Taken => {
                self.set(SnapshotState::Pass1);
                Ok(())
            }
            busy => Err(busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SnapshotState::*;

    #[test]
    fn a_snapshot_begins_only_where_none_is_under_way() {
        for (state, may) in
            [(None, true), (Pass1, false), (Pass2, false), (Prepared, false), (Taken, true), (Boot, false)]
        {
            let cell = StateCell::new();
            cell.set(state);
            assert_eq!(cell.get(), state);
            assert_eq!(cell.begin(), if may { Ok(()) } else { Err(state) });
            assert_eq!(cell.get(), if may { Pass1 } else { state });
        }
    }

    #[test]
    fn every_snapshot_boot_is_counted() {
        let cell = StateCell::new();
        cell.set(Boot);
        cell.set(None);
        cell.set(Boot);
        assert_eq!(cell.boots(), 2);
    }
}
