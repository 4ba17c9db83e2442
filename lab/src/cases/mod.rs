//! The cases that `qemu-test` runs: each is named for what it proves.

pub mod bad_blocks;
pub mod c_firmware;
pub mod c_kernel;
pub mod ecc;
pub mod faults;
pub mod inspect;
pub mod io_errors;
pub mod media;
pub mod new_board;
pub mod policy;
pub mod power_cuts;
pub mod ram;
pub mod reads;
pub mod registers;
pub mod report;
pub mod rig;
pub mod runner;
pub mod sdma;
pub mod selftest;
pub mod space;

use crate::board::{Board, Medium};
use crate::harness::journal::Journal;
use anyhow::Result;
use rig::Rig;
use std::time::Duration;

/// Longest boot: on a busy machine the newer QEMU's card model moves half a megabyte a second.
pub const BOOT: Duration = Duration::from_secs(180);
/// Longest snapshot.
pub const SNAPSHOT: Duration = Duration::from_secs(300);

/// The seed of the text on the media, the same in all cases.
pub const TEXT_SEED: u64 = 2013;
/// Bytes of text on the media of most cases: enough for an index of some size, and quick to read.
pub const TEXT_BYTES: usize = 100_000;

/// What a case does.
pub type Body = Box<dyn Fn(&Rig, &Journal) -> Result<()> + Send + Sync>;
/// A question about a board and one of its media.
pub type Where = Box<dyn Fn(&Board, &Medium) -> bool + Send + Sync>;

/// A case.
pub struct Case {
    /// Its name, in kebab case.
    pub name: String,
    /// What it does; an error is a failure.
    pub run: Body,
    only: Where,
    in_c: bool,
    unless: Option<(Where, &'static str)>,
}

/// Whether a case has a meaning on a board with a medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It has.
    Meant,
    /// It has none, for this reason, which the report shows.
    Meaningless(&'static str),
    /// It is about other boards or media.
    Elsewhere,
}

impl Case {
    /// A case from a name and what it does, for every board that boots from snapshots.
    pub fn new(
        name: impl Into<String>,
        run: impl Fn(&Rig, &Journal) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), run: Box::new(run), only: Box::new(|_, _| true), in_c: false, unless: None }
    }

    /// The same, for the firmware in C, which other cases are not for.
    pub fn in_c(mut self) -> Self {
        self.in_c = true;
        self
    }

    /// The same, for these boards and media only.
    pub fn only(mut self, only: impl Fn(&Board, &Medium) -> bool + Send + Sync + 'static) -> Self {
        self.only = Box::new(only);
        self
    }

    /// The same, but meaningless where this is true.
    pub fn unless(
        mut self,
        there: impl Fn(&Board, &Medium) -> bool + Send + Sync + 'static,
        why: &'static str,
    ) -> Self {
        self.unless = Some((Box::new(there), why));
        self
    }

    /// Whether it has a meaning there.
    pub fn fit(&self, board: &Board, medium: &Medium) -> Fit {
        if board.is_in_c() != self.in_c || !(self.only)(board, medium) {
            return Fit::Elsewhere;
        }
        match &self.unless {
            Some((there, why)) if there(board, medium) => Fit::Meaningless(why),
            _ => Fit::Meant,
        }
    }
}

/// All cases, the longest first, so that the two workers end at about the same time. There is one for each
/// size of RAM that one of the boards can have.
pub fn all(boards: &[Board]) -> Vec<Case> {
    let mut sizes: Vec<u32> = boards.iter().flat_map(|board| board.ram_mib.iter().copied()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    // These build their firmware.
    let mut cases = new_board::cases();
    cases.extend(bad_blocks::cases());
    cases.extend(power_cuts::cases());
    cases.extend(ram::cases(&sizes));
    cases.extend(policy::cases());
    cases.extend(registers::cases());
    cases.extend(selftest::cases());
    cases.extend(space::cases());
    cases.extend(ecc::cases());
    cases.extend(io_errors::cases());
    cases.extend(c_firmware::cases());
    cases.extend(c_kernel::cases());
    cases.extend(inspect::cases());
    cases.extend(reads::cases());
    cases.extend(faults::cases());
    cases.extend(sdma::cases());
    cases.extend(media::cases());
    cases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board;
    use crate::media::Kind;

    #[test]
    fn names_are_those_of_one_case_each_and_every_medium_has_cases() {
        let boards = board::all().unwrap();
        let cases = all(boards);
        let mut names: Vec<&str> = cases.iter().map(|c| c.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
        for (board, medium) in board::choose(boards, None, None).unwrap() {
            let meant = cases.iter().any(|c| c.fit(board, medium) == Fit::Meant);
            assert!(meant, "{} {}", board.name, medium.name());
        }
    }

    #[test]
    fn every_size_of_ram_of_a_description_has_a_case_that_compares_it_byte_for_byte() {
        let boards = board::all().unwrap();
        let cases = all(boards);
        for (board, medium) in board::choose(boards, None, None).unwrap() {
            if board.is_in_c() {
                continue;
            }
            let meant = |c: &&Case| c.fit(board, medium) == Fit::Meant;
            for mib in &board.ram_mib {
                let name = format!("ram-byte-for-byte-{mib}-mib");
                assert!(cases.iter().filter(meant).any(|c| c.name == name), "{} {name}", board.name);
            }
        }
    }

    #[test]
    fn a_case_says_where_it_has_no_meaning() {
        let on = |name: &str, kind| {
            let board = board::named(name).unwrap();
            (board, board.medium(kind).unwrap())
        };
        let (vexpress, sd) = on("vexpress-a9", Kind::Sd);
        let (_, nor) = on("vexpress-a9", Kind::Nor);
        let (n800, onenand) = on("n800", Kind::OneNand);
        let case = Case::new("c", |_, _| Ok(())).unless(|_, medium| medium.kind() == Kind::Nor, "why");
        assert_eq!(case.fit(vexpress, sd), Fit::Meant);
        assert_eq!(case.fit(vexpress, nor), Fit::Meaningless("why"));
        let case = case.only(|board, _| board.name == "n800");
        assert_eq!(case.fit(vexpress, nor), Fit::Elsewhere);
        assert_eq!(case.fit(n800, onenand), Fit::Meant);
    }
}
