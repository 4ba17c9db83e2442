//! What may go wrong in a chip's cells.

/// An operation that changes cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A page is programmed.
    Program,
    /// A block is erased.
    Erase,
    /// Either.
    Any,
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

/// What a cut operation leaves of the bytes that it had not come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// What was there before.
    Old,
    /// Bits between what was there and what was to be: they read one way, the other, or now this and now
    /// that.
    Unstable,
}

/// A power cut inside a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many changes ([`CellCounters::changes`]) are done before: 0 for a cut in the next one.
    pub after: u64,
    /// Bytes of the change that are done: of what is programmed, or of the block, page after page with their
    /// spare areas. The next byte is done in part. With as many as there are or more, all is done but for the
    /// answer.
    pub bytes: usize,
    /// What the rest holds.
    pub beyond: Beyond,
}

/// The chip does not answer: power is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerOff;

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

impl CellCounters {
    /// Operations that change the chip.
    pub const fn changes(&self) -> u64 {
        self.programs + self.erases
    }
}
