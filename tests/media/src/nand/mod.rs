//! NAND chips: their cells, and the commands that real drivers give them.
//!
//! | module | stands for |
//! |---|---|
//! | [`array`](Array) | the cells: program-once, AND, erase by block, bad blocks, failures, flips, power cuts |
//! | [`raw`] | a parallel chip, ONFI or older, behind [`RawBus`](oal_parts::nand::bus::RawBus) |
//! | [`onenand`] | a OneNAND behind [`Registers16`](oal_parts::mmio::Registers16) |
//! | [`spi`] | SPI NAND of four families behind [`SpiDevice`](embedded_hal::spi::SpiDevice) |
//! | [`Shared`] | a chip that the test and the driver both have |
//! | [`Time`] | the time that all of these take |

mod array;
mod fault;
mod on_die;
pub mod onenand;
pub mod raw;
mod shared;
pub mod spi;
mod time;

pub use array::Array;
pub use fault::{CellCounters, Change, Failure, Violation, When};
pub use shared::Shared;
pub use time::Time;
