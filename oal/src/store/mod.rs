//! Stores over the devices that the C side hands over: one kind for each medium, so that a program links only
//! its own.

mod block;
mod devices;
mod kind;
mod nand;
mod nor;

pub use block::{oal_snapshot_block, oal_snapshot_partition};
pub use devices::{
    OAL_NAND_FAILED, OAL_NAND_UNCORRECTABLE, OAL_NAND_WORN, OalAttemptRegister, OalBlockDevice, OalNandFlash,
    OalNorFlash,
};
pub use kind::OalStore;
pub(crate) use kind::{AnyStore, Devices, StorePlace};
pub use nand::{
    oal_snapshot_nand_512, oal_snapshot_nand_2048, oal_snapshot_nand_4096, oal_snapshot_nand_8192,
};
pub use nor::oal_snapshot_nor;
