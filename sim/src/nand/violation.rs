//! What must not be done to a chip.

/// A rule that was broken by whoever drives the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A page was programmed after a later one of its block.
    OutOfOrder {
        /// Its block.
        block: u32,
        /// The page.
        page: u32,
    },
    /// A page was programmed more often than the chip allows.
    TooOften {
        /// Its block.
        block: u32,
        /// The page.
        page: u32,
    },
    /// A block that the factory had marked was erased or programmed.
    FactoryBad {
        /// The block.
        block: u32,
    },
    /// A page was programmed in a block that was not erased before, or not to the end, or that had a power
    /// cut since. Chips do not mind: it is noted only where it is asked for.
    NotErased {
        /// Its block.
        block: u32,
        /// The page.
        page: u32,
    },
    /// An address that the chip does not have.
    Address,
    /// A command while the chip was busy, or one that does not fit what went before.
    Command(u8),
    /// Address or data cycles that no command asked for, or too many of them.
    Cycles,
}
