//! What may go wrong in a chip's cells, and what must not be done to them.

/// An operation that changes cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A page is programmed.
    Program,
    /// A block is erased.
    Erase,
}

/// When an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Once, after so many more of its kind.
    After(u64),
    /// Always, in this block.
    Block(u32),
}

/// An operation that the chip will report as failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which kind.
    pub change: Change,
    /// When.
    pub when: When,
}

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
    /// An address that the chip does not have.
    Address,
    /// A command while the chip was busy, or one that does not fit what went before.
    Command(u8),
    /// Address or data cycles that no command asked for, or too many of them.
    Cycles,
}

/// How often what was done to a chip's cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellCounters {
    /// Pages read from the cells.
    pub reads: u64,
    /// Pages programmed, or tried to.
    pub programs: u64,
    /// Blocks erased, or tried to.
    pub erases: u64,
}
