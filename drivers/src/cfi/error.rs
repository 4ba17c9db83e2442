//! Errors of a NOR flash.
#![forbid(unsafe_code)]

/// The operation of a chip that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Wait {
    /// Making its write buffer available.
    Buffer,
    /// Programming.
    Program,
    /// Erasing a block.
    Erase,
    /// Unlocking a block.
    Unlock,
}

/// The error of an operation. After any of these the next call may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// No chip answers a CFI query, or not every one does.
    NoChip,
    /// A chip describes itself, but the description makes no sense, or two chips side by side differ.
    BadQuery,
    /// The chip has another command set than Intel's or Sharp's, or no 16 data lines.
    Unsupported,
    /// The chips are larger than the window over them.
    WindowTooSmall,
    /// Outside the chips, or not the start of an erase block. Nothing was sent.
    OutOfRange,
    /// Not a whole number of words on a word's boundary. Nothing was sent.
    Unaligned,
    /// A chip stayed busy for longer than it may. The array cannot be read until it is done.
    Timeout {
        /// With what.
        what: Wait,
    },
    /// A chip reports that it could not program ("SR.4"). The range may hold anything.
    ProgramFailed,
    /// A chip reports that it could not erase ("SR.5"). The block may hold anything.
    EraseFailed,
    /// The block is locked ("SR.1") and stays so. Nothing was changed in the chip that says so.
    Locked,
    /// The programming voltage is too low ("SR.3").
    VppLow,
    /// A chip did not understand a command ("SR.4" and "SR.5").
    BadSequence,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Timeout { what } => return write!(f, "NOR flash stays busy ({what:?})"),
            Self::NoChip => "no NOR flash answers a CFI query",
            Self::BadQuery => "CFI query data makes no sense",
            Self::Unsupported => "kind of NOR flash that cannot be used",
            Self::WindowTooSmall => "NOR flash is larger than its window",
            Self::OutOfRange => "outside the NOR flash or its blocks",
            Self::Unaligned => "not a whole number of NOR flash words",
            Self::ProgramFailed => "NOR flash could not program",
            Self::EraseFailed => "NOR flash could not erase",
            Self::Locked => "NOR flash block is locked",
            Self::VppLow => "programming voltage of the NOR flash is low",
            Self::BadSequence => "NOR flash did not understand a command",
        })
    }
}

impl core::error::Error for Error {}
