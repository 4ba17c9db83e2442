//! Commands and responses as a controller sees them.
//!
//! Most commands are spelled by the crate `sdio-host`; the few it lacks (or numbers wrongly: its SD
//! erase commands are those of eMMC) are here.
#![forbid(unsafe_code)]

use sdio_host::common_cmd::{Cmd, R1 as TypeR1, R2 as TypeR2, R3 as TypeR3, Rz as TypeNone};
use sdio_host::sd_cmd::{R6 as TypeR6, R7 as TypeR7};

use super::status::R1;

/// The kind of response that a command has (SD 4.9, JESD84-B51 6.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reply {
    /// None.
    None,
    /// Card status.
    R1,
    /// Card status, and then the card may hold DAT0 low while it is busy.
    R1b,
    /// A 128-bit register, CID or CSD.
    R2,
    /// OCR; carries no CRC.
    R3,
    /// SD: the card's address and a part of its status.
    R6,
    /// SD: interface condition.
    R7,
}

/// One command on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Command {
    /// Its number, 0 to 63.
    pub index: u8,
    /// Its argument.
    pub argument: u32,
    /// The card's response.
    pub reply: Reply,
    /// Response bits which mean that the data phase will not happen: the card refused.
    pub no_data_if: u32,
}

impl Command {
    /// A command without data.
    pub const fn new(index: u8, argument: u32, reply: Reply) -> Self {
        Self { index, argument, reply, no_data_if: 0 }
    }

    /// The same command, after which the card may be busy.
    pub(super) const fn busy(mut self) -> Self {
        self.reply = Reply::R1b;
        self
    }

    /// The same command, with a data phase that an error in R1 calls off.
    pub(super) const fn data(mut self) -> Self {
        self.no_data_if = R1::ERRORS | R1::LOCKED;
        self
    }

    /// CMD23 (SD 4.7.4, JESD84-B51 6.6.8): the next multi-block command moves `blocks` blocks. The
    /// reliable-write bit exists on eMMC only.
    pub(super) const fn set_block_count(blocks: u16, reliable: bool) -> Self {
        Self::new(23, blocks as u32 | (reliable as u32) << 31, Reply::R1)
    }

    /// CMD32 (SD 4.7.4): first block to erase.
    pub(super) const fn sd_erase_first(address: u32) -> Self {
        Self::new(32, address, Reply::R1)
    }

    /// CMD33 (SD 4.7.4): last block to erase.
    pub(super) const fn sd_erase_last(address: u32) -> Self {
        Self::new(33, address, Reply::R1)
    }

    /// CMD38: erase what was chosen. For eMMC the argument says how (JESD84-B51 6.6.9, 6.6.10):
    /// 0 erases whole groups, 1 trims.
    pub(super) const fn erase(argument: u32) -> Self {
        Self::new(38, argument, Reply::R1b)
    }
}

macro_rules! from_typed {
    ($($typed:ty => $reply:ident),*) => {$(
        impl From<Cmd<$typed>> for Command {
            fn from(cmd: Cmd<$typed>) -> Self {
                Self::new(cmd.cmd, cmd.arg, Reply::$reply)
            }
        }
    )*};
}
from_typed!(TypeNone => None, TypeR1 => R1, TypeR2 => R2, TypeR3 => R3, TypeR6 => R6, TypeR7 => R7);

/// The words of a response, most significant first. A short response fills the first only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Response(pub [u32; 4]);

impl Response {
    /// A short response.
    pub const fn short(word: u32) -> Self {
        Self([word, 0, 0, 0])
    }

    /// The word of a short response.
    pub const fn word(&self) -> u32 {
        self.0[0]
    }

    /// The 128 bits of a long response.
    pub const fn long(&self) -> u128 {
        let [a, b, c, d] = self.0;
        (a as u128) << 96 | (b as u128) << 64 | (c as u128) << 32 | d as u128
    }

    /// A short response read as card status.
    pub const fn status(&self) -> R1 {
        R1(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_commands_keep_number_argument_and_reply() {
        let command = Command::from(sdio_host::sd_cmd::send_if_cond(1, 0xaa));
        assert_eq!(command, Command::new(8, 0x1aa, Reply::R7));
        assert_eq!(Command::set_block_count(3, true).argument, 0x8000_0003);
    }

    #[test]
    fn long_responses_are_most_significant_word_first() {
        assert_eq!(Response([1, 2, 3, 4]).long(), 0x0000_0001_0000_0002_0000_0003_0000_0004);
    }
}
