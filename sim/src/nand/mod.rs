//! NAND chips: their cells, and the commands that real drivers give them.
//!
//! | module | stands for |
//! |---|---|
//! | [`raw`] | a parallel chip, ONFI or older, behind [`RawBus`](oal_drivers::nand::bus::RawBus) |
//! | [`Cells`] | whatever keeps the contents of such a chip; [`Layout`] says where, if that is a NOR flash or a file |
//! | [`array`](Array) | cells in memory: program-once, AND, erase by block, bad blocks, failures, flips, power cuts |
//! | [`onenand`] | a OneNAND behind [`Registers16`](oal_drivers::mmio::Registers16) |
//! | [`spi`] | SPI NAND of four families behind [`SpiDevice`](embedded_hal::spi::SpiDevice) |
//! | [`Shared`] | a chip that the test and the driver both have |
//! | [`Time`] | the time that all of these take |
//!
//! The first two are all there is without the feature `alloc`.

#[cfg(feature = "alloc")]
mod array;
mod cells;
#[cfg(feature = "alloc")]
mod fault;
#[cfg(feature = "alloc")]
mod on_die;
#[cfg(feature = "alloc")]
pub mod onenand;
pub mod raw;
#[cfg(feature = "alloc")]
mod shared;
#[cfg(feature = "alloc")]
pub mod spi;
#[cfg(feature = "alloc")]
mod time;
mod violation;

pub use cells::{CellError, Cells, Layout};
pub use violation::Violation;
#[cfg(feature = "alloc")]
pub use {
    array::Array,
    fault::{Beyond, CellCounters, Change, Cut, Failure, PowerOff, When},
    shared::Shared,
    time::Time,
};
