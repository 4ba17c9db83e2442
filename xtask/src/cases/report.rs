//! What the cases came to: a table for people, JSON for programs.

use crate::table;
use anyhow::{Context, Result};
use serde::Serialize;
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
    /// Why, unless it passed.
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

/// Skipped cases of these media become failures.
pub fn require(records: &mut [Record], media: &[String]) {
    let required = |r: &&mut Record| r.outcome == Outcome::Skipped && media.contains(&r.medium);
    for record in records.iter_mut().filter(required) {
        record.outcome = Outcome::Failed;
        record.reason = format!("required, and cannot run: {}", record.reason);
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

/// Writes the JSON list.
pub fn save(records: &[Record], path: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(records)?;
    std::fs::write(path, text + "\n").with_context(|| format!("cannot write the report `{}`", path.display()))
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
        let mut records =
            [record("sd", Outcome::Passed), record("emmc", Outcome::Skipped), record("x", Outcome::Skipped)];
        assert_eq!(Summary::of(&records).to_string(), "1 passed, 0 failed, 2 skipped");
        require(&mut records, &["sd".into(), "emmc".into()]);
        assert_eq!(Summary::of(&records), Summary { passed: 1, failed: 1, skipped: 1 });
        assert_eq!(records[1].reason, "required, and cannot run: why");
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
