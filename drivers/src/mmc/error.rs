//! Errors of a card.
#![forbid(unsafe_code)]

use super::host::HostError;

/// A register of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Register {
    /// Operation conditions.
    Ocr,
    /// Relative card address.
    Rca,
    /// Card-specific data.
    Csd,
    /// eMMC extended card-specific data.
    ExtCsd,
    /// SD configuration.
    Scr,
}

/// The error of an operation on a card. After any of these the next call may be tried: the bus has been
/// brought back to rest where the card allowed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// There is no card, or nothing that answers.
    NoCard,
    /// The card does not work at the voltage offered.
    Voltage,
    /// The card did not finish powering up within a second.
    PowerUp,
    /// The card is locked by a password.
    Locked,
    /// A register holds what it must not hold.
    BadRegister(Register),
    /// The card is of a kind, or lacks a feature, that this operation needs.
    Unsupported,
    /// The eMMC does not give access to its user area.
    NotUserArea,
    /// Command number `command` failed between controller and card.
    Bus {
        /// The command's number.
        command: u8,
        /// The event.
        error: HostError,
    },
    /// The card answered command number `command` with error bits.
    Card {
        /// The command's number.
        command: u8,
        /// The error bits of its status, see [`R1`](super::R1).
        status: u32,
    },
    /// The card stayed busy after command number `command` for longer than allowed.
    Busy {
        /// The command's number.
        command: u8,
    },
    /// The eMMC refused to set byte `index` of its EXT_CSD.
    Switch {
        /// The byte's number.
        index: u8,
    },
    /// The sectors asked for are not all on the card. Nothing was sent.
    OutOfRange,
    /// The buffer is not a whole number of sectors. Nothing was sent.
    BadLength,
}

impl Error {
    /// Whether the card simply did not answer the command.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self, Self::Bus { error: HostError::CommandTimeout, .. })
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoCard => f.write_str("no card"),
            Self::Voltage => f.write_str("card does not work at this voltage"),
            Self::PowerUp => f.write_str("card does not finish powering up"),
            Self::Locked => f.write_str("card is locked by a password"),
            Self::BadRegister(register) => write!(f, "card register {register:?} makes no sense"),
            Self::Unsupported => f.write_str("card cannot do this"),
            Self::NotUserArea => f.write_str("eMMC user area is not selected"),
            Self::Bus { command, error } => write!(f, "CMD{command}: {error:?}"),
            Self::Card { command, status } => {
                write!(f, "CMD{command}: card reports {status:#010x}")
            }
            Self::Busy { command } => write!(f, "card stays busy after CMD{command}"),
            Self::Switch { index } => write!(f, "eMMC refuses to set EXT_CSD byte {index}"),
            Self::OutOfRange => f.write_str("sectors outside the card"),
            Self::BadLength => f.write_str("length is not a whole number of sectors"),
        }
    }
}

impl core::error::Error for Error {}
