//! The store on a block device: an eMMC or SD card, or a partition of one.

mod log;
mod partition;
mod store;

pub use partition::{Partition, PartitionError, SNAPSHOT_PARTITION_TYPE, WindowError};
pub use store::{BlockMedium, BlockStore};

/// Records that the ring holds.
pub const LOG_RECORDS: u64 = 8;
/// Sectors from one record to the next: a whole 4096-byte block, so that writing one record cannot harm
/// another on a device that works in such blocks.
pub const RECORD_STRIDE: u64 = 8;
/// Sectors of the log, at the store's start.
pub const LOG_SECTORS: u64 = LOG_RECORDS * RECORD_STRIDE;
