//! Stores: slots, commit records and boot policy on a medium. They implement the prepare, write, select and
//! read hooks.
//!
//! What lies where is specified in `docs/store-format.md`, with what a power cut at any moment leaves.

mod attempts;
mod block_device;
mod block_store;
mod catalog;
mod log;
pub mod nand;
pub mod nor;
mod partition;
mod record;
mod settings;

pub use attempts::{AttemptRegister, NoRegister};
pub use block_device::{BlockDevice, SECTOR_SIZE};
pub use block_store::BlockStore;
pub use log::{LOG_RECORDS, LOG_SECTORS, RECORD_STRIDE};
pub use partition::{Partition, PartitionError, SNAPSHOT_PARTITION_TYPE, WindowError};
pub use record::{RECORD_LEN, Record, RecordError, SLOTS, SlotEntry, SlotState};
pub use settings::{Slots, StoreError, StoreSettings};
