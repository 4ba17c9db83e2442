//! What the cases came to: a table for people, JSON for programs.

use super::Case;
use crate::media::Kind;
use crate::table;
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It proved what it is named for.
    Passed,
    /// It did not.
    Failed,
    /// It cannot run here.
    Skipped,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// The board.
    pub board: String,
    /// The medium.
    pub medium: String,
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

/// Checks that each required name is that of a medium or a case.
pub fn check_required(required: &[String], cases: &[Case]) -> Result<()> {
    let media = [Kind::Sd, Kind::Emmc].map(Kind::name);
    let cases: Vec<&str> = cases.iter().map(|c| c.name.as_str()).collect();
    let known = |name: &str| media.contains(&name) || cases.contains(&name);
    let unknown: Vec<&str> = required.iter().map(String::as_str).filter(|n| !known(n)).collect();
    ensure!(
        unknown.is_empty(),
        "`--require` knows no `{}`; the media are {}; the cases are {}",
        unknown.join("`, `"),
        media.join(", "),
        cases.join(", ")
    );
    Ok(())
}

/// Skipped cases of these media or names become failures, and a name without any case becomes one, too.
pub fn require(records: &mut Vec<Record>, board: &str, required: &[String]) {
    // The medium `sd@11.1` is an SD card on another QEMU.
    let is = |r: &Record, name: &str| r.case == name || r.medium.split('@').next() == Some(name);
    for record in records.iter_mut().filter(|r| r.outcome == Outcome::Skipped) {
        if required.iter().any(|name| is(record, name)) {
            record.outcome = Outcome::Failed;
            record.reason = format!("required, and cannot run: {}", record.reason);
        }
    }
    for name in required {
        if !records.iter().any(|r| is(r, name)) {
            let medium = Kind::from_str(name, false).is_ok();
            let (medium, case) = if medium { (name.as_str(), "-") } else { ("-", name.as_str()) };
            records.push(Record {
                board: board.into(),
                medium: medium.into(),
                case: case.into(),
                outcome: Outcome::Failed,
                reason: "required, and none of its cases was chosen".into(),
                seconds: 0.0,
            });
        }
    }
}

/// The table: one line a case.
pub fn render(records: &[Record]) -> String {
    let row = |r: &Record| {
        let outcome = format!("{:?}", r.outcome).to_lowercase();
        vec![
            r.board.clone(),
            r.medium.clone(),
            r.case.clone(),
            outcome,
            format!("{:.1}", r.seconds),
            r.reason.clone(),
        ]
    };
    let rows: Vec<_> = records.iter().map(row).collect();
    table::render(&["board", "medium", "case", "outcome", "seconds", "reason"], &rows)
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

    fn record(medium: &str, outcome: Outcome) -> Record {
        let text = |s: &str| s.to_string();
        Record {
            board: text("b"),
            medium: text(medium),
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
        ];
        assert_eq!(Summary::of(&records).to_string(), "1 passed, 0 failed, 2 skipped");
        require(&mut records, "b", &["sd".into(), "emmc".into()]);
        assert_eq!(Summary::of(&records), Summary { passed: 1, failed: 1, skipped: 1 });
        assert_eq!(records[1].reason, "required, and cannot run: why");
    }

    #[test]
    fn another_qemu_counts_for_its_medium() {
        let mut records = vec![record("sd@11.1", Outcome::Skipped)];
        require(&mut records, "b", &["sd".into()]);
        assert_eq!(Summary::of(&records), Summary { passed: 0, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_required_case_may_not_be_skipped_and_must_be_there() {
        let mut records = vec![record("sd", Outcome::Passed), record("emmc", Outcome::Skipped)];
        require(&mut records, "b", &["c".into()]);
        assert_eq!(Summary::of(&records), Summary { passed: 1, failed: 1, skipped: 0 });
        let mut records = vec![record("sd", Outcome::Passed)];
        require(&mut records, "b", &["emmc".into(), "d".into()]);
        assert_eq!(Summary::of(&records), Summary { passed: 1, failed: 2, skipped: 0 });
        assert_eq!([&*records[1].medium, &*records[2].case], ["emmc", "d"]);
    }

    #[test]
    fn only_media_and_cases_can_be_required() {
        let cases = [Case::new("c", |_, _| Ok(()))];
        check_required(&["sd".into(), "emmc".into(), "c".into()], &cases).unwrap();
        let error = check_required(&["sd".into(), "ssd".into()], &cases).unwrap_err().to_string();
        assert!(error.contains("`ssd`") && error.contains("sd, emmc") && error.ends_with("are c"), "{error}");
    }

    #[test]
    fn json_has_the_six_keys() {
        let json = serde_json::to_value(record("sd", Outcome::Failed)).unwrap();
        let expected = serde_json::json!({
            "board": "b", "medium": "sd", "case": "c", "outcome": "failed", "reason": "why", "seconds": 1.0
        });
        assert_eq!(json, expected);
    }
}
