//! SD and eMMC cards: the protocol, knowing nothing of the controller.
//!
//! ```text
//!   Card            an `oal_media::BlockDevice`: read, write, reliable write, discard, flush
//!    ├ identify     which card is there            ├ transfer   blocks in and out
//!    ├ sd, emmc     its registers and settings     ├ erase      trim and erase
//!    └ bus          one command at a time, R1 checked, busy waited for, errors recovered from
//!   Host            the controller behind it all: `pl181`, ...
//! ```
//!
//! Documents: "SD" is the SD Physical Layer Simplified Specification, "JESD84-B51" the eMMC 5.1
//! standard, cited by section and, within long sections, by the name of what they define. Register contents
//! are checked before they are used: a card that answers nonsense gives an [`Error`], never a panic, an
//! overflow or a hang.
#![forbid(unsafe_code)]

mod bus;
mod card;
mod cid;
mod command;
mod csd;
mod emmc;
mod erase;
mod error;
mod ext_csd;
mod host;
mod identify;
mod sd;
mod status;
mod transfer;

#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;

pub use card::{Card, Info, Kind, Options};
pub use cid::Cid;
pub use command::{Command, Reply, Response};
pub use error::{Error, Register};
pub use host::{BusWidth, Capabilities, Host, HostError};
pub use status::R1;

/// Bytes in a sector. Both kinds of card are used with this block length only.
pub const SECTOR: usize = oal_media::SECTOR_SIZE;
