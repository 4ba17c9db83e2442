//! What is printed.

use serde_json::{Value, json};

use crate::explorer::Row;
use crate::mutant::Caught;
use crate::wear::{Snapshot, Wear};

/// The rows, and their sum.
pub fn rows(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<16} {:<16} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>5}\n",
        "medium", "scenario", "steps", "cases", "cuts", "old image", "new image", "cold boot", "lost"
    );
    let mut sum = Row { medium: "total", ..Row::default() };
    for row in rows {
        text += &line(row);
        sum.add(row.clone());
    }
    text + &line(&sum)
}

fn line(row: &Row) -> String {
    let Row { medium, scenario, operations, cases, points, old, new, cold, lost, .. } = row;
    let steps = if *operations == 0 { String::new() } else { operations.to_string() };
    format!(
        "{medium:<16} {scenario:<16} {steps:>7} {cases:>9} {points:>9} {old:>9} {new:>9} {cold:>9} {lost:>5}\n"
    )
}

/// What caught each mutant.
pub fn mutants(caught: &[Caught]) -> String {
    let mut text =
        format!("{:<32} {:>8} {:>9}  the first case that caught it\n", "wrong store", "cases", "caught by");
    for Caught { mutant, cases, by, first } in caught {
        let first = first.as_ref().map_or("NOT CAUGHT", |(name, _)| name);
        text += &format!("{:<32} {cases:>8} {by:>9}  {first}\n", mutant.name());
    }
    text
}

/// What boots and snapshots cost.
pub fn wear(list: &[Wear]) -> String {
    let mut text = format!(
        "{:<6} {:<42} {:>9} {:>9}\n",
        "medium", "changes of the medium in a boot", "ordinary", "at most"
    );
    for Wear { medium, what, ordinary, most } in list {
        text += &format!("{medium:<6} {what:<42} {ordinary:>9} {most:>9}\n");
    }
    text
}

/// What snapshots cost.
pub fn snapshots(list: &[Snapshot]) -> String {
    let mut text = String::new();
    for Snapshot { medium, count } in list {
        text += &format!(
            "a snapshot on {medium}: {} writes of {} bytes in all, {} erases\n",
            count.writes, count.bytes, count.erases
        );
    }
    text
}

/// All of it, for a program to read.
pub fn json(rows: &[Row], caught: &[Caught], wear: &[Wear]) -> Value {
    let row = |row: &Row| {
        json!({
            "medium": row.medium, "scenario": row.scenario, "steps": row.operations, "changes": row.changes,
            "cases": row.cases, "cuts": row.points, "old": row.old, "new": row.new, "cold": row.cold,
            "lost": row.lost, "most_changes_in_a_boot": row.most,
            "failures": row.failures.iter().map(|(name, error)| json!({ "case": name, "error": error })).collect::<Vec<_>>(),
        })
    };
    let mutant = |caught: &Caught| json!({ "mutant": caught.mutant.name(), "cases": caught.cases, "caught_by": caught.by });
    let wear_of = |wear: &Wear| json!({ "medium": wear.medium, "boot": wear.what, "ordinary": wear.ordinary, "most": wear.most });
    json!({
        "cases": rows.iter().map(|row| row.cases).sum::<u64>(),
        "lost": rows.iter().map(|row| row.lost).sum::<u64>(),
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
        "mutants": caught.iter().map(mutant).collect::<Vec<_>>(),
        "wear": wear.iter().map(wear_of).collect::<Vec<_>>(),
    })
}
