//! The store on a block device: an eMMC or SD card, or a partition of one.

mod log;
mod partition;
mod store;

pub use log::{LOG_RECORDS, LOG_SECTORS, RECORD_STRIDE};
pub use partition::{Partition, PartitionError, SNAPSHOT_PARTITION_TYPE, WindowError};
pub use store::{BlockMedium, BlockStore};
