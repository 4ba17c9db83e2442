//! What the cases came to: a table for people, JSON for programs.

use super::Case;
use crate::board::{Board, Medium};
use crate::table;
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It proved what it is named for.
    Passed,
    /// It did not.
    Failed,
    /// It cannot run here.
    Skipped,
    /// It has no meaning on this board or medium.
    NotApplicable,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// The board.
    pub board: String,
    /// The medium.
    pub medium: String,
    /// The QEMU's version; `-` if there is none.
    pub qemu: String,
    /// The case.
    pub case: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, unless it passed; then what it measured, if anything.
    pub reason: String,
    /// How long it took.
    pub seconds: f64,
}

/// Counts of outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cases that passed.
    pub passed: u64,
    /// Cases that failed.
    pub failed: u64,
    /// Cases that could not run.
    pub skipped: u64,
}

impl Summary {
    /// Counts the records.
    pub fn of(records: &[Record]) -> Self {
        let count = |outcome| records.iter().filter(|r| r.outcome == outcome).count() as u64;
        Self {
            passed: count(Outcome::Passed),
            failed: count(Outcome::Failed),
            skipped: count(Outcome::Skipped),
        }
    }

    /// The sum of two.
    pub fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// In place of names: every board and medium that a description names.
pub const ALL: &str = "all";

/// Checks that each required name is that of a board, a medium or a case.
///
/// # Errors
/// If one is not: with the names that there are.
pub fn check_required(required: &[String], boards: &[Board], cases: &[Case]) -> Result<()> {
    let mut media: Vec<&str> = boards.iter().flat_map(|board| &board.media).map(Medium::name).collect();
    media.sort_unstable();
    media.dedup();
    let boards: Vec<&str> = boards.iter().map(|board| board.name.as_str()).collect();
    let cases: Vec<&str> = cases.iter().map(|c| c.name.as_str()).collect();
    let known =
        |name: &&str| *name == ALL || [&boards, &media, &cases].iter().any(|names| names.contains(name));
    let unknown: Vec<&str> = required.iter().map(String::as_str).filter(|name| !known(name)).collect();
    ensure!(
        unknown.is_empty(),
        "`--require` knows no `{}`; the boards are {}; the media are {}; the cases are {}; `{ALL}` is all boards \
         and media",
        unknown.join("`, `"),
        boards.join(", "),
        media.join(", "),
        cases.join(", ")
    );
    Ok(())
}

/// Skipped cases of these boards, media or names become failures, and a name, or for `all` a medium of a
/// board, without any case that ran becomes one, too.
pub fn require(records: &mut Vec<Record>, required: &[String], boards: &[Board]) {
    let is = |r: &Record, name: &str| name == ALL || r.case == name || r.medium == name || r.board == name;
    for record in records.iter_mut().filter(|r| r.outcome == Outcome::Skipped) {
        if required.iter().any(|name| is(record, name)) {
            record.outcome = Outcome::Failed;
            record.reason = format!("required, and cannot run: {}", record.reason);
        }
    }
    let ran = |r: &Record| r.outcome != Outcome::NotApplicable;
    let mut absent: Vec<[&str; 3]> = Vec::new();
    for name in required.iter().map(String::as_str).filter(|name| *name != ALL) {
        if !records.iter().any(|r| is(r, name) && ran(r)) {
            let is_medium = boards.iter().flat_map(|board| &board.media).any(|m| m.name() == name);
            absent.push(match boards.iter().any(|board| board.name == name) {
                true => [name, "-", "-"],
                false if is_medium => ["-", name, "-"],
                false => ["-", "-", name],
            });
        }
    }
    if required.iter().any(|name| name == ALL) {
        for (board, medium) in
            boards.iter().flat_map(|board| board.media.iter().map(move |m| (board, m.name())))
        {
            if !records.iter().any(|r| r.board == board.name && r.medium == medium && ran(r)) {
                absent.push([&board.name, medium, "-"]);
            }
        }
    }
    records.extend(absent.into_iter().map(|[board, medium, case]| Record {
        board: board.into(),
        medium: medium.into(),
        qemu: "-".into(),
        case: case.into(),
        outcome: Outcome::Failed,
        reason: "required, and none of its cases was chosen".into(),
        seconds: 0.0,
    }));
}

/// The table: one line a case.
pub fn render(records: &[Record]) -> String {
    let row = |r: &Record| {
        let outcome = match r.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
            Outcome::NotApplicable => "n/a",
        };
        vec![
            r.board.clone(),
            r.medium.clone(),
            r.qemu.clone(),
            r.case.clone(),
            outcome.into(),
            format!("{:.1}", r.seconds),
            r.reason.clone(),
        ]
    };
    let rows: Vec<_> = records.iter().map(row).collect();
    table::render(&["board", "medium", "QEMU", "case", "outcome", "seconds", "reason"], &rows)
}

/// Opens the file for the JSON list, so that a wrong path comes out before the cases have run.
pub fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot make the report `{}`", path.display()))
}

/// Writes the JSON list.
pub fn save(records: &[Record], file: &mut File) -> Result<()> {
    let text = serde_json::to_string_pretty(records)?;
    writeln!(file, "{text}").context("cannot write the report")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boards() -> &'static [Board] {
        crate::board::all().unwrap()
    }

    fn record(medium: &str, outcome: Outcome) -> Record {
        let text = |s: &str| s.to_string();
        Record {
            board: text("b"),
            medium: text(medium),
            qemu: text("7.2"),
            case: text("c"),
            outcome,
            reason: text("why"),
            seconds: 1.0,
        }
    }

    #[test]
    fn a_required_medium_may_not_be_skipped() {
        let mut records = vec![
            record("sd", Outcome::Passed),
            record("emmc", Outcome::Skipped),
            record("x", Outcome::Skipped),
            record("sd", Outcome::NotApplicable),
        ];
        assert_eq!(Summary::of(&records).to_string(), "1 passed, 0 failed, 2 skipped");
        require(&mut records, &["sd".into(), "emmc".into()], boards());
        assert_eq!(Summary::of(&records), Summary { passed: 1, failed: 1, skipped: 1 });
        assert_eq!(records[1].reason, "required, and cannot run: why");
    }

    #[test]
    fn a_required_board_may_not_be_skipped() {
        let mut records = vec![record("sd", Outcome::Skipped)];
        require(&mut records, &["b".into()], boards());
        assert_eq!(Summary::of(&records), Summary { passed: 0, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_required_case_may_not_be_skipped_and_must_be_there() {
        let mut records = vec![record("sd", Outcome::Passed), record("emmc", Outcome::Skipped)];
        require(&mut records, &["c".into()], boards());
        assert_eq!(Summary::of(&records), Summary { passed: 1, failed: 1, skipped: 0 });
        let mut records = vec![record("sd", Outcome::Passed), record("nor", Outcome::NotApplicable)];
        require(&mut records, &["emmc".into(), "d".into(), "n800".into(), "nor".into()], boards());
        assert_eq!(Summary::of(&records), Summary { passed: 1, failed: 4, skipped: 0 });
        let named = [&*records[2].medium, &*records[3].case, &*records[4].board, &*records[5].medium];
        assert_eq!(named, ["emmc", "d", "n800", "nor"]);
    }

    #[test]
    fn all_requires_every_medium_of_every_board() {
        let boards = boards();
        let media = boards.iter().flat_map(|b| b.media.iter().map(|m| (b.name.clone(), m.name())));
        let ran = |(board, medium): (String, &str)| Record { board, ..record(medium, Outcome::Passed) };
        let mut records: Vec<Record> = media.map(ran).collect();
        let count = records.len() as u64;
        require(&mut records, &["all".into()], boards);
        assert_eq!(Summary::of(&records), Summary { passed: count, failed: 0, skipped: 0 });
        records[0].outcome = Outcome::Skipped;
        records[1].outcome = Outcome::NotApplicable;
        let lost = records.pop().unwrap();
        require(&mut records, &["all".into()], boards);
        assert_eq!(Summary::of(&records), Summary { passed: count - 3, failed: 3, skipped: 0 });
        let last = records.last().unwrap();
        assert_eq!((&last.board, &last.medium), (&lost.board, &lost.medium));
    }

    #[test]
    fn only_boards_media_and_cases_can_be_required() {
        let cases = [Case::new("c", |_, _| Ok(()))];
        check_required(&["sd".into(), "n800".into(), "c".into(), "all".into()], boards(), &cases).unwrap();
        let error = check_required(&["sd".into(), "ssd".into()], boards(), &cases).unwrap_err().to_string();
        assert!(
            error.contains("`ssd`") && error.contains("n800") && error.contains("the cases are c;"),
            "{error}"
        );
    }

    #[test]
    fn json_has_the_seven_keys() {
        let json = serde_json::to_value(record("sd", Outcome::NotApplicable)).unwrap();
        let expected = serde_json::json!({
            "board": "b", "medium": "sd", "qemu": "7.2", "case": "c", "outcome": "not-applicable",
            "reason": "why", "seconds": 1.0
        });
        assert_eq!(json, expected);
    }
}
