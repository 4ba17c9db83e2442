//! NAND flash: drivers of the chips, knowing nothing of what is stored on them.
//!
//! ```text
//!   raw        parallel NAND                  RawNand<B: RawBus, D>    no ECC: GuardedNand adds one
//!    ├ bus       how its pins are reached     ├ chip   what a chip is like, and its addresses
//!    └ onfi, ids what kind of chip it is      └ marker where a factory marks its bad blocks
//!   onenand    Samsung OneNAND                OneNand<R: Registers16, D>
//!   spi        SPI NAND                       SpiNand<S: SpiDevice, D>
//! ```
//!
//! All of them, [`GuardedNand`](raw::GuardedNand) included, are used as a [`NandDevice`]; those with ECC are
//! an `oal_media::NandFlash` too, for a store. What is true of each:
//!
//! * A **page** is the unit of reading and programming: [`Geometry::page_bytes`] of data and
//!   [`Geometry::spare_bytes`] of spare area. Either may be left out of a call by an empty slice.
//! * Programming clears bits; only erasing a **block** sets them. The pages of a block are programmed in
//!   order, each once: the drivers pass on what they are asked to do, so the caller keeps to that.
//! * **A power cut** while a page is programmed or a block erased leaves anything in that page or block, even
//!   contents that read differently each time; other pages and blocks keep theirs.
//! * **Blocks go bad.** The factory marks those that are bad already; one that fails to program or erase is
//!   for the caller to retire with `mark_bad`.
//! * Every wait ends: time-outs are sums of the delays asked of an [`embedded_hal::delay::DelayNs`].
#![forbid(unsafe_code)]

pub mod bus;
pub mod chip;
mod device;
pub mod ecc;
mod error;
mod flash;
mod geometry;
pub mod ids;
pub mod marker;
pub mod onenand;
pub mod onfi;
pub mod raw;
pub mod spi;

pub use device::NandDevice;
pub use error::{Error, Wait};
pub use geometry::{EccStatus, Geometry, Region};
