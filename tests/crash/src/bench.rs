//! [`Bench`]: one scenario on one medium: its cases, and what becomes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use oal_sim::{Beyond, Effect, Operation, Rng};
use oal_snapshot::hooks::BootPolicy;

use crate::media::{Abilities, Count, Medium, Sort, Step};
use crate::point::Point;
use crate::run::{self, Run};
use crate::scenario::{SESSIONS, Scenario};

/// What a case ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An image from before the scenario's act booted.
    Old,
    /// An image that the act took booted.
    New,
    /// Neither, and none was to.
    Cold,
}

/// How thoroughly to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Bytes at which a long write is cut at random, besides its first and last ones.
    pub sampled_bytes: u64,
    /// Bytes at which every write is cut without a sample, from its start and its end.
    pub edge_bytes: usize,
    /// Numbers tried for a tear that is no matter of bytes.
    pub outcomes: usize,
    /// The same, for each of two cuts in a row. If it is 1, each change of a long session is cut in two ways
    /// only.
    pub outcomes_of_two: usize,
    /// Whether two cuts in a row are tried at all.
    pub pairs: bool,
    /// Random chains.
    pub chains: u64,
    /// Of single cuts and faults, every so many are tried.
    pub every: usize,
}

impl Effort {
    /// Some seconds in a debug build.
    pub const TEST: Effort = Effort {
        sampled_bytes: 1,
        edge_bytes: 2,
        outcomes: 2,
        outcomes_of_two: 1,
        pairs: false,
        chains: 4,
        every: 60,
    };
    /// For stores with something wrong.
    pub const MUTANTS: Effort = Effort {
        sampled_bytes: 8,
        edge_bytes: 8,
        outcomes: 4,
        outcomes_of_two: 1,
        pairs: false,
        chains: 100,
        every: 1,
    };
    /// For CI: some minutes on two cores.
    pub const QUICK: Effort = Effort {
        sampled_bytes: 64,
        edge_bytes: 64,
        outcomes: 12,
        outcomes_of_two: 1,
        pairs: true,
        chains: 2_000,
        every: 1,
    };
    /// All night.
    pub const FULL: Effort = Effort {
        sampled_bytes: 1024,
        edge_bytes: 64,
        outcomes: 64,
        outcomes_of_two: 6,
        pairs: true,
        chains: 100_000,
        every: 1,
    };
}

/// A case of a bench: a seed, and what happens in each session. Without points it is a random chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Decides what is left open, and in a chain everything.
    pub seed: u64,
    /// What happens in the act, and in each session behind it.
    pub points: Vec<Point>,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What it ended in, or what went wrong.
    pub result: Result<Outcome, String>,
    /// Changes that one of its boots made to the medium, at most.
    pub most: u64,
}

/// Cases that belong together.
#[derive(Clone, Debug)]
pub enum Unit {
    /// The setup went wrong already.
    Broken(String),
    /// One point each, in the act.
    Single(Vec<Point>),
    /// Two cuts: this one, and then every one in the session behind it.
    Pairs(Point),
    /// Random chains of these seeds.
    Chains(core::ops::Range<u64>),
}

/// A scenario on a medium.
pub struct Bench<M> {
    medium: &'static str,
    scenario: Scenario,
    is_chain: bool,
    base: Run<M>,
    broken: Option<String>,
}

/// A [`Bench`] of whatever medium.
pub trait Explored: Sync {
    /// The medium's name.
    fn medium(&self) -> &'static str;
    /// The scenario's name.
    fn scenario(&self) -> &'static str;
    /// How many operations that change the medium, and operations in all, the act has.
    fn steps(&self) -> Count;
    /// All that is to be tried.
    fn units(&self, effort: &Effort) -> Vec<Unit>;
    /// Tries a unit. `judge` hears of every case.
    fn run_unit(&self, unit: &Unit, effort: &Effort, judge: &mut dyn FnMut(&Case, Verdict));
    /// Runs one case; gives what was told, step by step, and what it ended in.
    fn replay(&self, case: &Case) -> (Vec<String>, Result<Outcome, String>);
}

impl<M: Medium> Bench<M> {
    /// The scenario on a medium that was never used.
    pub fn new(medium: &'static str, blank: M, scenario: Scenario, is_chain: bool) -> Bench<M> {
        let mut base = Run::new(blank, scenario.rules);
        let mut broken = None;
        for (steps, seed) in scenario.setup.iter().zip(1..) {
            broken = broken.or(base.session(steps, None).err());
            base.power_cycle(seed);
        }
        Bench { medium, scenario, is_chain, base, broken }
    }

    /// The operations of a session, with nothing happening.
    fn dry_run(run: &Run<M>, steps: &[run::Step]) -> Vec<Step> {
        let mut run = run.clone();
        run.medium.start_journal();
        // What this ends in is looked at in the cases.
        let _ = run.session(steps, None);
        run.medium.take_journal()
    }

    fn execute(&self, case: &Case, run: &mut Run<M>) -> Result<Outcome, String> {
        let before = run.taken();
        let mut rng = Rng::new(case.seed);
        if self.is_chain {
            self.chain(run, &mut rng)?;
        }
        for (i, point) in case.points.iter().enumerate() {
            let steps = if i == 0 { self.scenario.act } else { self.scenario.again };
            run.session(steps, Some(*point))?;
            run.power_cycle(rng.bits());
        }
        let acted = if self.is_chain { before } else { run.taken() };
        self.aftermath(run, before, acted, &mut rng)
    }

    /// Up to eight sessions, each with a cut or a fault somewhere, or without.
    fn chain(&self, run: &mut Run<M>, rng: &mut Rng) -> Result<(), String> {
        let abilities = run.medium.abilities();
        for _ in 0..1 + rng.below(8) {
            let steps = SESSIONS[rng.below(SESSIONS.len() as u64) as usize];
            let point = match rng.below(8) {
                0 => None,
                1 => Some(Point::Between { operations: rng.below(60) }),
                2 if abilities.survives_failures => Some(Point::Fault {
                    operation: Operation::Write,
                    after: rng.below(40),
                    effect: Effect::Error,
                }),
                _ => {
                    let of =
                        [Beyond::Old, Beyond::New, Beyond::Noise, Beyond::NoiseInBlock, Beyond::Unreadable];
                    let beyond = match of[rng.below(5) as usize] {
                        Beyond::Unreadable if !abilities.unreadable => Beyond::Old,
                        other => other,
                    };
                    let bytes = if rng.below(2) == 0 { rng.below(513) } else { rng.below(48 * 1024) };
                    Some(Point::Cut { change: rng.below(abilities.changes), bytes: bytes as usize, beyond })
                }
            };
            run.session(steps, point)?;
            run.power_cycle(rng.bits());
        }
        Ok(())
    }

    /// What must hold after whatever happened: a boot and the next one find what the model says, boots that
    /// nobody confirms come to an end, a snapshot works, and boots.
    fn aftermath(&self, run: &mut Run<M>, before: u32, acted: u32, rng: &mut Rng) -> Result<Outcome, String> {
        let mut boot = |run: &mut Run<M>| {
            let ends = run.session(&[run::Step::Boot], None)?;
            run.power_cycle(rng.bits());
            Ok::<_, String>(ends.first().copied().flatten())
        };
        let first = boot(run)?;
        boot(run)?;
        if self.scenario.rules.max_attempts > 0 {
            let limit = 2 * u32::from(self.scenario.rules.max_attempts);
            let mut boots = 0;
            while boot(run)?.is_some() {
                boots += 1;
                if boots > limit {
                    return Err(format!("{boots} boots that nobody confirmed, and no end"));
                }
            }
        }
        run.session(&[run::Step::Take(BootPolicy::Always)], None)?;
        run.power_cycle(0);
        let next = run.session(&[run::Step::Boot], None)?;
        if next.first().copied().flatten() != Some(run.taken()) {
            return Err("the snapshot behind it does not boot".into());
        }
        Ok(match first {
            None => Outcome::Cold,
            Some(snapshot) if snapshot > before && snapshot <= acted => Outcome::New,
            Some(_) => Outcome::Old,
        })
    }

    /// Runs a case; a panic is an error like any other.
    fn attempt(&self, case: &Case, run: &mut Run<M>) -> Verdict {
        let result = catch_unwind(AssertUnwindSafe(|| self.execute(case, run))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("of an unknown kind");
            Err(format!("panic: {text}"))
        });
        Verdict { result, most: run.most() }
    }

    /// Every cut of a session.
    fn cuts(&self, steps: &[Step], effort: &Effort, rng: &mut Rng) -> Vec<Point> {
        let abilities = self.base.medium.abilities();
        let mut points = Vec::new();
        for (change, step) in (0..).zip(steps.iter().filter(|step| step.changes())) {
            let mut cut = |bytes, beyond| points.push(Point::Cut { change, bytes, beyond });
            if step.bytes == 0 {
                let outcomes = if abilities.outcomes > 0 { effort.outcomes } else { 8 };
                (0..outcomes).for_each(|number| cut(number, Beyond::Old));
                cut(0, Beyond::New);
                continue;
            }
            for bytes in offsets(step.bytes, effort, rng) {
                cut(bytes, Beyond::Old);
                if abilities.noise {
                    cut(bytes, Beyond::Noise);
                }
                if abilities.blocks {
                    cut(bytes, Beyond::NoiseInBlock);
                }
                if abilities.unreadable {
                    cut(bytes, Beyond::Unreadable);
                }
            }
            cut(0, Beyond::New);
        }
        points
    }

    /// The cuts of which each of two in a row is tried with each of the other.
    fn coarse_cuts(&self, steps: &[Step], effort: &Effort) -> Vec<Point> {
        let abilities = self.base.medium.abilities();
        let mut points = Vec::new();
        for (change, step) in (0..).zip(steps.iter().filter(|step| step.changes())) {
            let mut cut = |bytes, beyond| points.push(Point::Cut { change, bytes, beyond });
            cut(0, Beyond::New);
            if step.bytes == 0 {
                // Other numbers than those of single cuts.
                let outcomes = if abilities.outcomes > 0 { effort.outcomes_of_two } else { 1 };
                (0..outcomes).for_each(|number| cut(1000 + number, Beyond::Old));
                continue;
            }
            let worst = match abilities {
                Abilities { blocks: true, .. } => Beyond::NoiseInBlock,
                Abilities { noise: true, .. } => Beyond::Noise,
                _ => Beyond::Old,
            };
            let (middle, end) = (step.bytes / 2 - 156, step.bytes - 4);
            cut(middle, worst);
            if abilities.changes > 20 && effort.outcomes_of_two == 1 {
                continue;
            }
            cut(0, Beyond::Old);
            cut(middle, Beyond::Old);
            cut(end, Beyond::Old);
            cut(end, worst);
            if abilities.unreadable {
                cut(middle, Beyond::Unreadable);
            }
        }
        points
    }

    /// Everything else that can happen once in the act: resets between two operations, and faults.
    fn others(&self, steps: &[Step]) -> Vec<Point> {
        let abilities = self.base.medium.abilities();
        let number = |what: &dyn Fn(&&Step) -> bool| steps.iter().filter(what).count() as u64;
        let (reads, writes) =
            (number(&|step| step.sort == Sort::Read), number(&|step| step.sort == Sort::Write));
        let mut points: Vec<Point> =
            (0..steps.len() as u64).map(|operations| Point::Between { operations }).collect();
        let mut fault = |operation, after, effect| points.push(Point::Fault { operation, after, effect });
        for after in 0..reads {
            fault(Operation::Read, after, Effect::Error);
            fault(Operation::Read, after, Effect::FlippedBit);
            if abilities.silent_writes {
                fault(Operation::Read, after, Effect::Stale);
            }
        }
        if abilities.survives_failures {
            let changes = number(&|step| step.changes());
            (0..changes).for_each(|after| fault(Operation::Write, after, Effect::Error));
            return points;
        }
        for after in 0..writes {
            fault(Operation::Write, after, Effect::Error);
            if abilities.silent_writes {
                fault(Operation::Write, after, Effect::FlippedBit);
                fault(Operation::Write, after, Effect::Stale);
            }
        }
        points
    }
}

/// The bytes at which an operation of `len` bytes is cut: all of a short one; of a long one the first and the
/// last ones, those at the ends of sectors, and a sample.
fn offsets(len: usize, effort: &Effort, rng: &mut Rng) -> Vec<usize> {
    let edge = effort.edge_bytes;
    if len <= 512 && edge >= 64 {
        return (0..=len).collect();
    }
    let mut offsets: Vec<usize> = (0..edge.min(len)).chain(len.saturating_sub(edge)..=len).collect();
    if edge >= 64 {
        offsets.extend((512..len).step_by(4096));
    }
    offsets.extend((0..effort.sampled_bytes).map(|_| rng.below(len as u64 + 1) as usize));
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

impl<M: Medium> Explored for Bench<M> {
    fn medium(&self) -> &'static str {
        self.medium
    }

    fn scenario(&self) -> &'static str {
        self.scenario.name
    }

    fn steps(&self) -> Count {
        let mut run = self.base.clone();
        let before = run.medium.count();
        let _ = run.session(self.scenario.act, None);
        run.medium.count().since(&before)
    }

    fn units(&self, effort: &Effort) -> Vec<Unit> {
        if let Some(error) = &self.broken {
            return vec![Unit::Broken(error.clone())];
        }
        if self.is_chain {
            let each = 250;
            return (0..effort.chains)
                .step_by(each)
                .map(|at| Unit::Chains(at..effort.chains.min(at + each as u64)))
                .collect();
        }
        let steps = Self::dry_run(&self.base, self.scenario.act);
        let mut rng = Rng::new(5);
        let mut points = self.others(&steps);
        points.extend(self.cuts(&steps, effort, &mut rng));
        let points: Vec<Point> = points.into_iter().step_by(effort.every).collect();
        let mut units: Vec<Unit> = points.chunks(500).map(|chunk| Unit::Single(chunk.into())).collect();
        if effort.pairs {
            units.extend(self.coarse_cuts(&steps, effort).into_iter().map(Unit::Pairs));
        }
        units
    }

    fn run_unit(&self, unit: &Unit, effort: &Effort, judge: &mut dyn FnMut(&Case, Verdict)) {
        let mut attempt = |seed, points: &[Point]| {
            let case = Case { seed, points: points.into() };
            judge(&case, self.attempt(&case, &mut self.base.clone()));
        };
        match unit {
            Unit::Broken(error) => {
                judge(&Case { seed: 0, points: vec![] }, Verdict { result: Err(error.clone()), most: 0 });
            }
            Unit::Single(points) => {
                for (seed, point) in (0..).zip(points) {
                    attempt(seed, &[*point]);
                }
            }
            Unit::Pairs(first) => {
                // What there is to be cut the second time depends on the first.
                let mut run = self.base.clone();
                if run.session(self.scenario.act, Some(*first)).is_err() {
                    return attempt(0, &[*first]);
                }
                run.power_cycle(Rng::new(0).bits());
                let steps = Self::dry_run(&run, self.scenario.again);
                for second in self.coarse_cuts(&steps, effort) {
                    attempt(0, &[*first, second]);
                }
            }
            Unit::Chains(seeds) => seeds.clone().for_each(|seed| attempt(seed, &[])),
        }
    }

    fn replay(&self, case: &Case) -> (Vec<String>, Result<Outcome, String>) {
        let mut run = self.base.clone();
        run.listen();
        let verdict = self.attempt(case, &mut run);
        (run.notes(), verdict.result)
    }
}
