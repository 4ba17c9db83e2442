//! The reasons why no snapshot was taken.

use crate::memory_map::MapError;
use crate::state::SnapshotState;
use crate::system::SuspendFailed;

/// The reason why no snapshot was taken. The system goes on; the previous image is unchanged, unless the
/// error is [`TakeError::Write`], on a medium with room for one image only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TakeError<E> {
    /// A snapshot, or a boot, is under way: try again when the state is `None` or `Taken`.
    WrongState(SnapshotState),
    /// The system could not be suspended in the given pass: see what `who` waits for.
    Suspend {
        /// 1 or 2.
        pass: u8,
        /// The driver that did not stop, and why.
        failed: SuspendFailed,
    },
    /// The board's regions are wrong: correct them in the board's code.
    Regions(MapError),
    /// The memory map names pages that [`Memory`](crate::mem::Memory) cannot reach: correct one of the two.
    Unreachable,
    /// The staging area is not free memory of the system throughout.
    StagingNotFree,
    /// The memory areas alone are more extents than the workspace holds: make `EXTENTS` larger.
    TooManyExtents,
    /// RAM has more chunks than the workspace holds: make `CHUNKS` larger.
    TooManyChunks,
    /// Memory changed between two looks at it after the capture: some interrupt, core, DMA or nosave
    /// object is not at rest or not in nosave memory.
    MemoryChanged,
    /// Step 4: the store has no room, or failed. Nothing was written to a slot.
    Prepare(E),
    /// Step 5: the store failed to write, to verify or to commit.
    Write(E),
}

impl<E> From<ScanError> for TakeError<E> {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Unreachable => TakeError::Unreachable,
            ScanError::TooManyExtents => TakeError::TooManyExtents,
        }
    }
}

/// The reason why there is no page map.
pub(crate) enum ScanError {
    /// The memory map names a frame that cannot be reached.
    Unreachable,
    /// The areas alone are more than the workspace has extents.
    TooManyExtents,
}

/// Saved memory cannot be read, or does not fit the workspace.
pub(crate) enum PackError<E> {
    /// Pages that the memory map names cannot be reached.
    Unreachable,
    /// More chunks than the workspace has entries for.
    TooManyChunks,
    /// A chunk is not the same as when it was measured.
    MemoryChanged,
    /// The medium.
    Medium(E),
}

impl<E> From<PackError<E>> for TakeError<E> {
    fn from(error: PackError<E>) -> Self {
        match error {
            PackError::Unreachable => TakeError::Unreachable,
            PackError::TooManyChunks => TakeError::TooManyChunks,
            PackError::MemoryChanged => TakeError::MemoryChanged,
            PackError::Medium(e) => TakeError::Write(e),
        }
    }
}
