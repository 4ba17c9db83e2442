//! The names that a firmware needs to take snapshots and boot from them: `use oal_snapshot::prelude::*`.

pub use crate::boot::{Boot, BootEnd, BootReport};
pub use crate::codec::Lz4;
pub use crate::frame::{FrameRange, Pfn, RamRegion};
pub use crate::hooks::{
    BootPolicy, GetSnapshotRegions, PrepareSnapshot, ReadSnapshot, RestoreCpu, SelectSnapshot,
    SnapshotResume, TakeCpuSnapshot, WriteSnapshot,
};
pub use crate::image::{Identity, ImageId};
pub use crate::mem::{Memory, PhysicalMemory};
pub use crate::memory_map::MemoryLayout;
pub use crate::power::{DriverFailed, DriverList, PowerManaged, PowerUp};
pub use crate::progress::{Observer, Progress};
pub use crate::refusal::ColdBoot;
pub use crate::state::{SnapshotState, StateCell};
pub use crate::store::nand::{NandFlash, NandStore};
pub use crate::store::nor::{NorFlash, NorStore};
pub use crate::store::{BlockDevice, BlockStore, StoreError, StoreSettings};
pub use crate::system::{PageClass, Resume, SuspendFailed, System};
pub use crate::take::{Settings, Snapshot, TakeError, TakeReport, Timeline};
pub use crate::workspace::{Workspace, chunks_for};
