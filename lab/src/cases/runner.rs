//! Running cases, two at a time.

use super::bench::Bench;
use super::report::{Outcome, Record};
use super::{Case, Fit, all};
use crate::board::Board;
use crate::harness::journal::Journal;
use crate::media::Kind;
use crate::progress;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// QEMU uses one core for the guest; more runs than cores would only meet their time-outs.
const WORKERS: usize = 2;
/// Lines of the transcript that a failure shows.
const TAIL: usize = 40;

/// The cases for one board, medium and QEMU.
pub struct Plan {
    /// The board.
    pub board: &'static Board,
    /// The medium.
    pub kind: Kind,
    /// The QEMU's version, for the report.
    pub qemu: String,
    /// Where they run, or why they cannot.
    pub bench: Result<Bench, String>,
    /// Names that a case must contain one of to be run; empty for all.
    pub only: Vec<&'static str>,
}

/// Runs all cases whose name contains `filter`, and returns one record each, in the order of the plans.
pub fn run(plans: &[Plan], filter: Option<&str>) -> Vec<Record> {
    let wanted = |plan: &Plan, case: &Case| {
        filter.is_none_or(|f| case.name.contains(f))
            && (plan.only.is_empty() || plan.only.iter().any(|o| case.name.contains(o)))
    };
    let cases = all();
    let mut records = Vec::new();
    let mut queue = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        for case in cases.iter().filter(|c| wanted(plan, c)) {
            let not_run = |outcome, why: &str| Some(record(plan, case, outcome, why.to_string(), 0.0));
            match (case.fit(plan.board, plan.kind), &plan.bench) {
                (Fit::Elsewhere, _) => {}
                (Fit::Meaningless(why), _) => records.push(not_run(Outcome::NotApplicable, why)),
                (Fit::Meant, Err(why)) => records.push(not_run(Outcome::Skipped, why)),
                (Fit::Meant, Ok(bench)) => {
                    queue.push((records.len(), number, plan, bench, case));
                    records.push(None);
                }
            }
        }
    }
    let bar = progress::bar(queue.len() as u64, "cases");
    // In turns over the media, so that two workers seldom wait for the same medium to be prepared; taken from the end.
    let mut turns = BTreeMap::new();
    queue.sort_by_cached_key(|(_, number, ..)| {
        let turn = turns.entry(*number).or_insert(0_usize);
        *turn += 1;
        *turn
    });
    queue.reverse();
    let (queue, records) = (Mutex::new(queue), Mutex::new(records));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    // A statement of its own: the lock must be gone before the case runs.
                    let next = lock(&queue).pop();
                    let Some((place, _, plan, bench, case)) = next else { break };
                    let (done, journal) = one(plan, bench, case);
                    let text = line(&done, &journal);
                    bar.suspend(|| println!("{text}"));
                    bar.inc(1);
                    lock(&records)[place] = Some(done);
                }
            });
        }
    });
    bar.finish_and_clear();
    records.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn one(plan: &Plan, bench: &Bench, case: &Case) -> (Record, Journal) {
    let journal = Journal::default();
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| (case.run)(bench, &journal)));
    let (outcome, reason) = match result {
        Ok(Ok(())) => (Outcome::Passed, journal.notes().join("; ")),
        Ok(Err(error)) => (Outcome::Failed, format!("{error:#}")),
        Err(_) => (Outcome::Failed, "the case itself panicked".to_string()),
    };
    (record(plan, case, outcome, reason, start.elapsed().as_secs_f64()), journal)
}

fn record(plan: &Plan, case: &Case, outcome: Outcome, reason: String, seconds: f64) -> Record {
    Record {
        board: plan.board.name.into(),
        medium: plan.kind.name().into(),
        qemu: plan.qemu.clone(),
        case: case.name.clone(),
        outcome,
        reason,
        // A tenth of a second is as exact as it gets on a busy machine.
        seconds: (seconds * 10.0).round() / 10.0,
    }
}

fn line(record: &Record, journal: &Journal) -> String {
    let Record { board, medium, qemu, case, seconds, .. } = record;
    let start = format!("{seconds:7.1} s  {board:<11} {medium:<7} {qemu:<4} {case}");
    match record.outcome {
        Outcome::Failed => format!("{start}  FAILED: {}\n{}\n", record.reason, indent(&journal.tail(TAIL))),
        _ => format!("{start}  ok"),
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|l| format!("      | {l}")).collect::<Vec<_>>().join("\n")
}
