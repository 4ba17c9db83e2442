//! NOR flash: its cells as the store sees them, and chips with the commands that the driver gives.
//!
//! | module | stands for |
//! |---|---|
//! | [`NorCells`] | the array: program-once, AND, erase by block, failures, power cuts and the bits they leave unstable |
//! | [`chip`] | CFI chips of the Intel and Sharp command set, one or two side by side |

mod cells;
pub mod chip;

pub use cells::{NorCells, NorCounters, NorFault};
