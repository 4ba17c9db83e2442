//! Stores: slots, commit records and boot policy on a medium. They implement the prepare, write, select and
//! read hooks.
//!
//! What lies where is specified in `docs/store-format.md`, with what a power cut at any moment leaves.

mod attempts;
mod block;
mod catalog;
pub mod nand;
pub mod nor;
mod record;
mod settings;

pub use attempts::{AttemptRegister, NoRegister};
pub use block::{
    BlockDevice, BlockStore, LOG_RECORDS, LOG_SECTORS, Partition, PartitionError, RECORD_STRIDE, SECTOR_SIZE,
    SNAPSHOT_PARTITION_TYPE, WindowError,
};
pub use record::{RECORD_LEN, Record, RecordError, SLOTS, SlotEntry, SlotState};
pub use settings::{Slots, StoreError, StoreSettings};
