//! The cases that `qemu-test` runs: each is named for what it proves.

pub mod bench;
pub mod faults;
pub mod media;
pub mod picture;
pub mod policy;
pub mod registers;
pub mod report;
pub mod runner;
pub mod space;

use crate::harness::journal::Journal;
use anyhow::Result;
use bench::Bench;
use std::time::Duration;

/// Longest boot: on a busy machine the newer QEMU's card model moves half a megabyte a second.
pub const BOOT: Duration = Duration::from_secs(180);
/// Longest snapshot, which also reads back what it wrote.
pub const SNAPSHOT: Duration = Duration::from_secs(300);

/// The seed of the text on the media, the same in all cases.
pub const TEXT_SEED: u64 = 2013;
/// Bytes of text on the media of most cases: enough for an index of some size, and quick to read.
pub const TEXT_BYTES: usize = 100_000;

/// What a case does.
pub type Body = Box<dyn Fn(&Bench, &Journal) -> Result<()> + Send + Sync>;

/// A case.
pub struct Case {
    /// Its name, in kebab case.
    pub name: String,
    /// What it does; an error is a failure.
    pub run: Body,
}

impl Case {
    /// A case from a name and what it does.
    pub fn new(
        name: impl Into<String>,
        run: impl Fn(&Bench, &Journal) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// All cases, the longest first, so that the two workers end at about the same time.
pub fn all() -> Vec<Case> {
    let mut cases = picture::cases();
    cases.extend(policy::cases());
    cases.extend(registers::cases());
    cases.extend(space::cases());
    cases.extend(faults::cases());
    cases.extend(media::cases());
    cases
}
