//! Errors of a NAND chip.
#![forbid(unsafe_code)]

/// The operation of a chip that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Wait {
    /// A reset.
    Reset,
    /// Reading its parameter page.
    Parameters,
    /// Moving a page from its cells to its buffer.
    Read,
    /// Programming a page.
    Program,
    /// Erasing a block.
    Erase,
    /// Lifting the protection of blocks.
    Unlock,
}

/// The error of an operation on a chip. After any of these the next call may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// The chip stayed busy for longer than it may.
    Timeout {
        /// With what.
        what: Wait,
    },
    /// The chip reports that a page was not programmed. The page may hold anything; the block is to be
    /// retired.
    ProgramFailed,
    /// The chip reports that a block was not erased. The block may hold anything and is to be retired.
    EraseFailed,
    /// The chip, or the block, is protected against writing. Nothing was changed.
    WriteProtected,
    /// There is no chip, or none that is known.
    BadId,
    /// The chip describes itself, but no copy of the description is whole, or it makes no sense.
    BadParameterPage,
    /// The chip is known, but is of a kind that the driver cannot use (16 data lines, several bits in a
    /// cell...).
    Unsupported,
    /// No such block or page. Nothing was sent.
    OutOfRange,
    /// A buffer is neither empty nor of the page's length, or all of them are empty. Nothing was sent.
    BadLength,
    /// The bus to the chip, or the pin that says whether it is ready, failed.
    Bus,
}

impl Error {
    pub(super) const fn timeout(what: Wait) -> Self {
        Self::Timeout { what }
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Timeout { what } => return write!(f, "NAND chip stays busy ({what:?})"),
            Self::ProgramFailed => "NAND page was not programmed",
            Self::EraseFailed => "NAND block was not erased",
            Self::WriteProtected => "NAND chip or block is write-protected",
            Self::BadId => "no known NAND chip",
            Self::BadParameterPage => "NAND parameter page makes no sense",
            Self::Unsupported => "kind of NAND chip that cannot be used",
            Self::OutOfRange => "outside the NAND chip",
            Self::BadLength => "length is not that of a NAND page",
            Self::Bus => "bus to the NAND chip failed",
        })
    }
}

impl core::error::Error for Error {}
