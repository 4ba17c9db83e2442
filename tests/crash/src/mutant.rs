//! [`Mutant`]: stores with something wrong, to prove that the explorer can fail.
//!
//! The library has no switch for any of them: what a wrong store would do to its medium is done by what
//! stands between the store and the medium ([`crate::media`]).

use crate::bench::Effort;
use crate::explorer;
use crate::media::Family;

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The commit record is on the medium before the image is.
    CommitBeforeData,
    /// The medium's cache is never flushed.
    NoFlush,
    /// A record is written to the medium's cache, and not through it.
    CommitNotDurable,
    /// The log's old records are erased before the next one is written.
    LogErasedFirst,
    /// A boot does not count its attempt.
    AttemptNotCounted,
    /// An image to be booted once is not marked as used.
    OnceNotConsumed,
    /// A record's checksum is not compared.
    RecordChecksumIgnored,
    /// A record is read again after its checksum was compared, and what came then is used.
    RecordReadAgain,
    /// An image that was written is not compared with what is read back.
    ReadBackIgnored,
    /// A block that fails goes on being used.
    BadBlockNotSkipped,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Mutant; 10] = [
        Mutant::CommitBeforeData,
        Mutant::NoFlush,
        Mutant::CommitNotDurable,
        Mutant::LogErasedFirst,
        Mutant::AttemptNotCounted,
        Mutant::OnceNotConsumed,
        Mutant::RecordChecksumIgnored,
        Mutant::RecordReadAgain,
        Mutant::ReadBackIgnored,
        Mutant::BadBlockNotSkipped,
    ];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Mutant::CommitBeforeData => "commit before data",
            Mutant::NoFlush => "no flush",
            Mutant::CommitNotDurable => "commit not durable",
            Mutant::LogErasedFirst => "log erased before its successor",
            Mutant::AttemptNotCounted => "attempt not counted",
            Mutant::OnceNotConsumed => "once not consumed",
            Mutant::RecordChecksumIgnored => "checksum not compared",
            Mutant::RecordReadAgain => "record read again unchecked",
            Mutant::ReadBackIgnored => "image not read back",
            Mutant::BadBlockNotSkipped => "bad block not skipped",
        }
    }

    /// Whether a store on such a medium can be wrong in this way.
    pub fn concerns(self, family: Family) -> bool {
        match self {
            Mutant::NoFlush | Mutant::CommitNotDurable => family == Family::Disk,
            Mutant::RecordChecksumIgnored | Mutant::RecordReadAgain => family == Family::Disk,
            Mutant::ReadBackIgnored => family == Family::Disk,
            Mutant::BadBlockNotSkipped => family == Family::Nand,
            Mutant::LogErasedFirst => family != Family::Nor,
            Mutant::CommitBeforeData | Mutant::AttemptNotCounted | Mutant::OnceNotConsumed => true,
        }
    }
}

/// What caught a mutant.
#[derive(Clone, Debug)]
pub struct Caught {
    /// Which.
    pub mutant: Mutant,
    /// Cases tried.
    pub cases: u64,
    /// Cases in which something went wrong.
    pub by: u64,
    /// One of them: its name, and what went wrong.
    pub first: Option<(String, String)>,
}

/// Tries every mutant on every medium that it concerns.
pub fn catch_all(effort: &Effort) -> Vec<Caught> {
    let catch = |mutant| {
        let rows = explorer::explore(&explorer::all(Some(mutant)), effort);
        Caught {
            mutant,
            cases: rows.iter().map(|row| row.cases).sum(),
            by: rows.iter().map(|row| row.lost).sum(),
            first: rows.into_iter().flat_map(|row| row.failures).next(),
        }
    };
    Mutant::ALL.map(catch).into()
}
