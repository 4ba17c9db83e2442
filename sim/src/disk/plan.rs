//! What is done to a disk, and what is to go wrong with it.

/// What is done to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A read.
    Read,
    /// A write, reliable or not.
    Write,
    /// A discard.
    Discard,
    /// A flush.
    Flush,
}

/// One operation, as [`RamDisk::take_journal`](super::RamDisk::take_journal) gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Which kind.
    pub operation: Operation,
    /// Whether it was a reliable write.
    pub reliable: bool,
    /// The first sector; 0 for a flush.
    pub first: u64,
    /// Sectors; 0 for a flush.
    pub sectors: u64,
}

/// How often what was done to a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Reads.
    pub reads: u64,
    /// Writes, reliable ones included.
    pub writes: u64,
    /// Reliable writes.
    pub reliable_writes: u64,
    /// Discards.
    pub discards: u64,
    /// Flushes.
    pub flushes: u64,
    /// Sectors read.
    pub sectors_read: u64,
    /// Sectors written.
    pub sectors_written: u64,
    /// Sectors discarded.
    pub sectors_discarded: u64,
}

impl Counters {
    /// Operations at which a power cut can make a difference: writes, discards and flushes.
    pub fn changes(&self) -> u64 {
        self.writes + self.discards + self.flushes
    }

    /// What came on top of `before`.
    pub fn since(&self, before: &Counters) -> Counters {
        Counters {
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
            reliable_writes: self.reliable_writes - before.reliable_writes,
            discards: self.discards - before.discards,
            flushes: self.flushes - before.flushes,
            sectors_read: self.sectors_read - before.sectors_read,
            sectors_written: self.sectors_written - before.sectors_written,
            sectors_discarded: self.sectors_discarded - before.sectors_discarded,
        }
    }
}

/// What becomes of an operation that is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It ends in [`DiskError::Failed`]; what it should have written, or read, is noise.
    Error,
    /// It seems to succeed, but one bit of what was read, or written, is wrong.
    FlippedBit,
    /// It seems to succeed, but a read gives what each sector held before it was last written, and a write
    /// was lost.
    Stale,
}

/// An operation that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which kind of operation.
    pub operation: Operation,
    /// How many of that kind succeed before: 0 for the next one.
    pub after: u64,
    /// How it fails.
    pub effect: Effect,
}

/// What a cut operation leaves of the bytes that it had not come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// What was there before.
    Old,
    /// What was to be written: the operation was complete but for its answer.
    New,
    /// Noise.
    Noise,
    /// Noise, in all of the 4096-byte block in which the cut fell, written to or not.
    NoiseInBlock,
    /// What was there before; but the sector in which the cut fell cannot be read until it is written again.
    Unreadable,
}

/// A power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many changing operations ([`Counters::changes`]) succeed before: 0 for a cut in the next one.
    pub after: u64,
    /// Bytes of the operation that are done.
    pub bytes: usize,
    /// What the rest of them hold.
    pub beyond: Beyond,
}

/// What discarded sectors read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trim {
    /// Anything.
    #[default]
    Noise,
    /// 0x00.
    Zeroes,
    /// 0xff.
    Ones,
}

/// What a disk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// The range passes the end, or is not whole sectors: a fault of the caller.
    BadRange,
    /// As a [`Fault`] had it, or the sector cannot be read.
    Failed,
    /// The power was cut.
    PowerOff,
}
