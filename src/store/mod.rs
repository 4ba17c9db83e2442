//! Stores: slots, commit records and boot policy on a medium. They implement the prepare, write, select and
//! read hooks.
//!
//! The media's traits, what a power cut may leave on each included, are those of `oal-media`, re-exported
//! here.
//!
//! The layout is specified in `docs/store-format.md`, with what a power cut at any moment leaves.

mod attempts;
mod block;
mod catalog;
mod error;
mod interface;
pub mod nand;
pub mod nor;
mod record;
mod settings;
mod slot_medium;
mod slot_store;

pub use attempts::{AttemptRegister, NoRegister};
pub use block::{
    BlockMedium, BlockStore, LOG_RECORDS, LOG_SECTORS, Partition, PartitionError, RECORD_STRIDE,
    SNAPSHOT_PARTITION_TYPE, WindowError,
};
pub use error::{GeometryError, StoreError};
pub use interface::{Blocks, Store};
pub use oal_media::{BlockDevice, SECTOR_SIZE};
pub use record::{RECORD_LEN, Record, RecordError, SLOTS, SlotEntry, SlotState};
pub use settings::{Slots, StoreSettings};
pub use slot_store::SlotStore;
