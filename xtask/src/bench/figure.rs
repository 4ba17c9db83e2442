//! A figure, the table of all, and what is kept of them.

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
    /// What it must reach, if anything.
    pub reach: Option<Reach>,
    /// What others, or earlier parts, need.
    pub reference: Option<f64>,
    /// How it was measured.
    pub how: String,
}

/// A figure in JSON.
#[derive(Serialize)]
struct Line {
    name: &'static str,
    value: f64,
    unit: &'static str,
    reach: Option<f64>,
    reference: Option<f64>,
}

impl Figure {
    /// The value, to four decimals.
    fn rounded(&self) -> f64 {
        (self.value * 1e4).round() / 1e4
    }

    /// Whether it is a count or a size of which more is worse: what is compared with the checked-in file.
    fn is_kept(&self) -> bool {
        matches!(self.reach, Some(Reach::AtMost(_)))
    }
}

/// All figures, with whether they are reached.
pub fn table(figures: &[Figure], markdown: bool) -> String {
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|f| {
            let met = f.reach.map_or("-", |reach| if reach.is_met(f.value) { "yes" } else { "NO" });
            let reach = f.reach.map_or("-".to_string(), Reach::describe);
            let reference = f.reference.map_or("-".to_string(), |r| r.to_string());
            vec![f.name.into(), shown(f), reach, met.into(), reference, f.how.clone()]
        })
        .collect();
    let render = if markdown { table::markdown } else { table::render };
    render(&["name", "value", "reach", "met", "reference", "how it was measured"], &rows)
}

fn shown(figure: &Figure) -> String {
    if figure.unit == "bytes" { format!("{}", figure.value) } else { format!("{:.4}", figure.value) }
}

/// Writes the list.
pub fn write_json(figures: &[Figure], file: &Path) -> Result<()> {
    let line = |f: &Figure| Line {
        name: f.name,
        value: f.rounded(),
        unit: f.unit,
        reach: f.reach.map(Reach::limit),
        reference: f.reference,
    };
    let lines: Vec<Line> = figures.iter().map(line).collect();
    let text = serde_json::to_string_pretty(&lines)? + "\n";
    std::fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))
}

/// The checked-in figures of one corpus.
#[derive(Serialize, Deserialize, Clone, Default)]
struct Baseline {
    /// The compiler of the code that was measured: another one makes other code.
    compiler: String,
    figures: BTreeMap<String, f64>,
}

/// The checked-in file: figures by corpus.
type Baselines = BTreeMap<String, Baseline>;

fn read(file: &Path) -> Result<Baselines> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not as it should be", file.display()))
}

/// Stores the counts and sizes among the figures as those of the corpus; what was not measured stays.
pub fn keep(figures: &[Figure], corpus: &str, compiler: &str, file: &Path) -> Result<()> {
    let mut baselines = if file.exists() { read(file)? } else { Baselines::new() };
    let baseline = baselines.entry(corpus.into()).or_default();
    baseline.compiler = compiler.into();
    baseline.figures.extend(figures.iter().filter(|f| f.is_kept()).map(|f| (f.name.into(), f.rounded())));
    std::fs::write(file, serde_json::to_string_pretty(&baselines)? + "\n")
        .with_context(|| format!("cannot write `{}`", file.display()))
}

/// Compares with the checked-in file, in which every figure must be among `figures`, but those named in
/// `left_out`.
pub fn check(figures: &[Figure], left_out: &[&str], corpus: &str, compiler: &str, file: &Path) -> Result<()> {
    let baselines = read(file)?;
    let shown = file.display();
    let kept = baselines
        .get(corpus)
        .with_context(|| format!("`{shown}` holds no figures of the corpus {corpus}"))?;
    let expected = kept.figures.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
    let (mut over, mut count) = (Vec::new(), 0);
    for (name, kept) in expected {
        let figure = figures.iter().find(|f| f.name == name);
        let value = figure.with_context(|| format!("no figure is called {name}"))?.value;
        if value > kept * TOLERANCE {
            over.push(format!("{name} is {value:.4}, and was {kept:.4}"));
        }
        count += 1;
    }
    let compilers = match kept.compiler == compiler {
        true => String::new(),
        false => format!(" (of {}; this is {compiler})", kept.compiler),
    };
    ensure!(over.is_empty(), "more than 2 % over `{shown}`{compilers}:\n  {}", over.join("\n  "));
    ensure!(count > 0, "`{shown}` holds no figures to compare with");
    println!("None of {count} figures is more than 2 % over `benches/baseline.json`{compilers}.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64) -> Figure {
        let reach = Some(Reach::AtMost(3.0));
        Figure { name: "a", value, unit: "ratio", reach, reference: None, how: String::new() }
    }

    #[test]
    fn two_per_cent_more_fails_and_less_never_does() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::remove_file(file.path()).unwrap();
        keep(&[figure(100.0)], "c", "rustc 1", file.path()).unwrap();
        let check = |figures: &[Figure], corpus: &str| check(figures, &[], corpus, "rustc 2", file.path());
        check(&[figure(101.9)], "c").unwrap();
        check(&[figure(1.0)], "c").unwrap();
        let error = check(&[figure(102.1)], "c").unwrap_err().to_string();
        assert!(error.contains("a is 102.1000, and was 100.0000"), "{error}");
        assert!(error.contains("rustc 1") && error.contains("rustc 2"), "{error}");
        assert!(check(&[], "c").is_err(), "a figure that went missing");
        assert!(check(&[figure(1.0)], "d").is_err(), "a corpus without figures");
    }

    #[test]
    fn figures_of_one_corpus_do_not_touch_those_of_another() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{}").unwrap();
        keep(&[figure(1.0)], "c", "rustc 1", file.path()).unwrap();
        keep(&[figure(50.0)], "d", "rustc 1", file.path()).unwrap();
        let check = |corpus: &str| check(&[figure(2.0)], &[], corpus, "rustc 1", file.path());
        assert!(check("c").is_err());
        check("d").unwrap();
        let left_out = super::check(&[figure(2.0)], &["a"], "c", "rustc 1", file.path());
        assert!(left_out.is_err(), "nothing was compared");
    }

    #[test]
    fn figures_of_which_more_is_better_and_times_are_not_kept() {
        let ratio = Figure { reach: Some(Reach::AtLeast(20.0)), ..figure(30.0) };
        assert!(figure(1.0).is_kept() && !ratio.is_kept());
        assert!(!Figure { reach: None, ..figure(1.0) }.is_kept());
        assert_eq!(figure(1.234_56).rounded(), 1.2346);
    }

    #[test]
    fn the_table_says_what_is_not_reached() {
        assert!(table(&[figure(3.0)], true).contains("| a | 3.0000 | at most 3 | yes | - |"));
        assert!(table(&[figure(3.1)], true).contains("| NO |"));
        assert!(table(&[Figure { reach: None, ..figure(3.1) }], true).contains("| a | 3.1000 | - | - | - |"));
        assert!(Reach::AtLeast(20.0).is_met(20.0) && !Reach::AtLeast(20.0).is_met(19.9));
    }
}
