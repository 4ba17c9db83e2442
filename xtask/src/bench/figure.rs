//! A figure, the table of all, and what is kept of them.

use super::corpus::Corpus;
use crate::table;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How far a figure may be over the checked-in one.
const TOLERANCE: f64 = 1.02;

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Reach {
    fn limit(self) -> f64 {
        match self {
            Self::AtMost(limit) | Self::AtLeast(limit) => limit,
        }
    }

    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn describe(self) -> String {
        match self {
            Self::AtMost(limit) => format!("at most {limit}"),
            Self::AtLeast(limit) => format!("at least {limit}"),
        }
    }
}

/// A line of the table.
pub struct Figure {
    /// Its name in JSON.
    pub name: &'static str,
    /// What was measured.
    pub value: f64,
    /// Of the value.
    pub unit: &'static str,
    /// What it must reach.
    pub reach: Reach,
    /// What others, or earlier parts, need.
    pub reference: Option<f64>,
    /// How it was measured.
    pub how: String,
}

/// A figure in JSON.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    reach: f64,
    reference: Option<f64>,
}

/// All figures, with whether they are reached.
pub fn table(figures: &[Figure], markdown: bool) -> String {
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|f| {
            let met = if f.reach.is_met(f.value) { "yes" } else { "NO" };
            let reference = f.reference.map_or("-".to_string(), |r| r.to_string());
            vec![f.name.into(), shown(f), f.reach.describe(), met.into(), reference, f.how.clone()]
        })
        .collect();
    let render = if markdown { table::markdown } else { table::render };
    render(&["name", "value", "reach", "met", "reference", "how it was measured"], &rows)
}

fn shown(figure: &Figure) -> String {
    if figure.unit == "bytes" { format!("{}", figure.value) } else { format!("{:.3}", figure.value) }
}

/// Writes the list.
pub fn write_json(figures: &[Figure], file: &Path) -> Result<()> {
    let line = |f: &Figure| {
        serde_json::to_value(Line {
            name: f.name,
            value: f.value,
            unit: f.unit,
            reach: f.reach.limit(),
            reference: f.reference,
        })
    };
    let lines = figures.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let text = serde_json::to_string_pretty(&lines)? + "\n";
    std::fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))
}

/// The checked-in figures, and the corpus that they are of.
#[derive(Deserialize)]
struct Baseline {
    corpus: String,
    figures: BTreeMap<String, f64>,
}

/// Compares with the checked-in file: every figure in it is a count or a size, of which more is worse.
pub fn check(figures: &[Figure], corpus: &Corpus, file: &Path) -> Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let baseline: Baseline = serde_json::from_str(&text)?;
    ensure!(
        baseline.corpus == corpus.name,
        "`{}` holds figures of the corpus {}, and this run used {}",
        file.display(),
        baseline.corpus,
        corpus.name
    );
    let over = over(&baseline.figures, figures)?;
    ensure!(over.is_empty(), "more than 2 % over `{}`:\n  {}", file.display(), over.join("\n  "));
    println!("Nothing is more than 2 % over `benches/baseline.json`.");
    Ok(())
}

fn over(baseline: &BTreeMap<String, f64>, figures: &[Figure]) -> Result<Vec<String>> {
    let mut over = Vec::new();
    for (name, kept) in baseline {
        let figure = figures.iter().find(|f| f.name == name);
        let value = figure.with_context(|| format!("no figure is called {name}"))?.value;
        if value > kept * TOLERANCE {
            over.push(format!("{name} is {value:.3}, and was {kept:.3}"));
        }
    }
    Ok(over)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64) -> Figure {
        let reach = Reach::AtMost(3.0);
        Figure { name: "a", value, unit: "ratio", reach, reference: None, how: String::new() }
    }

    #[test]
    fn two_per_cent_more_is_over_and_less_never_is() {
        let kept = BTreeMap::from([("a".to_string(), 100.0)]);
        assert!(over(&kept, &[figure(101.9)]).unwrap().is_empty());
        assert_eq!(over(&kept, &[figure(102.1)]).unwrap().len(), 1);
        assert!(over(&kept, &[figure(1.0)]).unwrap().is_empty());
        assert!(over(&kept, &[]).is_err(), "a figure that went missing");
    }

    #[test]
    fn the_table_says_what_is_not_reached() {
        assert!(table(&[figure(3.0)], true).contains("| a | 3.000 | at most 3 | yes | - |"));
        assert!(table(&[figure(3.1)], true).contains("| NO |"));
        assert!(Reach::AtLeast(20.0).is_met(20.0) && !Reach::AtLeast(20.0).is_met(19.9));
    }
}
