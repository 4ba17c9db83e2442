//! [`RawChip`]: a parallel NAND chip at the level of its bus.
//!
//! It needs neither memory to allocate nor a host: firmware can have one, over cells in a flash of another
//! kind.

mod address;
mod bench;
mod bus;
mod chip;
mod model;
#[cfg(feature = "alloc")]
mod test_bench;

pub use bench::{Bench, Cycle};
#[cfg(not(feature = "alloc"))]
pub use chip::RawChip;
pub use model::{Model, parameter_page, seal};
#[cfg(feature = "alloc")]
pub use test_bench::{BusCounters, TestBench};

/// The chip, by default that of the host tests.
#[cfg(feature = "alloc")]
pub type RawChip<C = super::Array, R = alloc::vec::Vec<u8>, W = TestBench> = chip::RawChip<C, R, W>;
