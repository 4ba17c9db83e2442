//! All benches, on all cores.

use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bench::{Bench, Case, Effort, Explored, Outcome, Verdict};
use crate::media::{Disk, Family, Kind, Medium, Nand, Nor, Rig};
use crate::mutant::Mutant;
use crate::scenario::{CHAIN_SETUP, CHAINS, SCENARIOS, Scenario};

/// What became of a bench's cases: a row of the table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The medium.
    pub medium: &'static str,
    /// The scenario.
    pub scenario: &'static str,
    /// Operations that change the medium, in the scenario's act.
    pub changes: u64,
    /// Operations of any kind in it.
    pub operations: u64,
    /// Cases tried.
    pub cases: u64,
    /// Cuts and faults in them.
    pub points: u64,
    /// Cases after which an older image booted.
    pub old: u64,
    /// Cases after which the new image booted.
    pub new: u64,
    /// Cases after which nothing booted, and nothing was to.
    pub cold: u64,
    /// Changes that one boot made to the medium, at most.
    pub most: u64,
    /// Cases that went wrong.
    pub lost: u64,
    /// The first few of them: the case's name, and what went wrong.
    pub failures: Vec<(String, String)>,
}

impl Row {
    fn hear(&mut self, case: &Case, verdict: Verdict) {
        self.cases += 1;
        self.points += case.points.len() as u64;
        self.most = self.most.max(verdict.most);
        match verdict.result {
            Ok(Outcome::Old) => self.old += 1,
            Ok(Outcome::New) => self.new += 1,
            Ok(Outcome::Cold) => self.cold += 1,
            Err(error) => {
                self.lost += 1;
                if self.failures.len() < 3 {
                    self.failures.push((name(self.medium, self.scenario, case), error));
                }
            }
        }
    }

    pub(crate) fn add(&mut self, other: Row) {
        self.cases += other.cases;
        self.points += other.points;
        self.old += other.old;
        self.new += other.new;
        self.cold += other.cold;
        self.most = self.most.max(other.most);
        self.lost += other.lost;
        self.failures.extend(other.failures);
        self.failures.truncate(3);
    }
}

/// The benches of one kind of medium.
fn benches<M: Medium + 'static>(
    list: &mut Vec<Box<dyn Explored>>,
    name: &'static str,
    blank: &M,
    mutant: Option<Mutant>,
    wanted: &dyn Fn(&str, &str) -> bool,
) {
    if mutant.is_some_and(|mutant| !mutant.concerns(M::FAMILY)) {
        return;
    }
    let mut add = |scenario: Scenario, is_chain| {
        if !wanted(name, scenario.name) {
            return;
        }
        let medium = blank.clone().with_mutant(mutant);
        list.push(Box::new(Bench::new(name, medium, scenario, is_chain)));
    };
    for scenario in SCENARIOS.iter().filter(|scenario| M::FAMILY == Family::Nand || !scenario.is_for_nand()) {
        add(*scenario, false);
    }
    for (name, rules) in CHAINS {
        add(Scenario { name, rules, setup: CHAIN_SETUP, act: &[], again: &[] }, true);
    }
}

/// Every scenario on every medium, under a store as it is, or with something wrong.
pub fn all(mutant: Option<Mutant>) -> Vec<Box<dyn Explored>> {
    some(mutant, &|_, _| true)
}

/// The same, of those media and scenarios that are `wanted` by their names.
pub fn some(mutant: Option<Mutant>, wanted: &dyn Fn(&str, &str) -> bool) -> Vec<Box<dyn Explored>> {
    let mut list = Vec::new();
    let disks = [
        ("disk", Kind::Plain),
        ("disk-cached", Kind::Cached),
        ("disk-emmc", Kind::Emmc),
        ("disk-unreadable", Kind::Unreadable),
        ("disk-noise", Kind::Noise),
        ("disk-dma", Kind::Dma),
    ];
    for (name, kind) in disks {
        benches(&mut list, name, &Disk::new(kind), mutant, wanted);
    }
    for (name, rig) in [("nand", Rig::Good), ("nand-bad-blocks", Rig::BadBlocks)] {
        benches(&mut list, name, &Nand::new(rig), mutant, wanted);
    }
    benches(&mut list, "nor", &Nor::new(), mutant, wanted);
    benches(&mut list, "nor-mapped", &Nor::new().mapped(), mutant, wanted);
    list
}

/// Tries everything, on as many threads as there are cores.
pub fn explore(benches: &[Box<dyn Explored>], effort: &Effort) -> Vec<Row> {
    let row = |bench: &dyn Explored| {
        let steps = bench.steps();
        Row {
            medium: bench.medium(),
            scenario: bench.scenario(),
            changes: steps.changes,
            operations: steps.operations,
            ..Row::default()
        }
    };
    let rows: Vec<Mutex<Row>> = benches.iter().map(|bench| Mutex::new(row(bench.as_ref()))).collect();
    let work: Vec<_> = (0..)
        .zip(benches)
        .flat_map(|(i, bench)| bench.units(effort).into_iter().map(move |unit| (i, unit)))
        .collect();
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((i, unit)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let bench: &dyn Explored = benches[*i as usize].as_ref();
                    let mut part =
                        Row { medium: bench.medium(), scenario: bench.scenario(), ..Row::default() };
                    bench.run_unit(unit, effort, &mut |case, verdict| part.hear(case, verdict));
                    rows[*i as usize].lock().expect("no thread panics while it adds").add(part);
                }
            });
        }
    });
    rows.into_iter().map(|row| row.into_inner().expect("no thread panics while it adds")).collect()
}

/// A case's name.
pub fn name(medium: &str, scenario: &str, case: &Case) -> String {
    let points: Vec<String> = case.points.iter().map(ToString::to_string).collect();
    let points = if points.is_empty() { "-".into() } else { points.join("+") };
    format!("{medium}.{scenario}.{}.{points}", case.seed)
}

/// The bench and the case of a name, under a store as it is, or with something wrong.
///
/// # Errors
/// What is wrong with the name.
pub fn find(mutant: Option<Mutant>, name: &str) -> Result<(Box<dyn Explored>, Case), String> {
    let parts: Vec<&str> = name.split('.').collect();
    let [medium, scenario, seed, points] = parts[..] else {
        return Err(format!("{name}: not MEDIUM.SCENARIO.SEED.POINTS"));
    };
    let bench = some(mutant, &|of, what| of == medium && what == scenario).pop();
    let bench = bench.ok_or_else(|| format!("no scenario {scenario} on {medium}"))?;
    let points = match points {
        "-" => Vec::new(),
        points => points.split('+').map(FromStr::from_str).collect::<Result<_, _>>()?,
    };
    let seed = seed.parse().map_err(|_| format!("{seed}: no seed"))?;
    Ok((bench, Case { seed, points }))
}
