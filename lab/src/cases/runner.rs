//! Running cases, two at a time.

use super::report::{Outcome, Record};
use super::rig::Rig;
use super::{Case, Fit};
use crate::board::{Board, Medium};
use crate::harness::journal::Journal;
use crate::progress;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// QEMU uses one core for the guest; more runs than cores would only meet their time-outs.
const WORKERS: usize = 2;
/// How long a log is silent.
const NEWS: Duration = Duration::from_secs(30);
/// Lines of the transcript that a failure shows.
const TAIL: usize = 40;

/// The cases for one board, medium and QEMU.
pub struct Plan {
    /// The board.
    pub board: &'static Board,
    /// The medium.
    pub medium: &'static Medium,
    /// The QEMU's version, for the report.
    pub qemu: String,
    /// Where they run, or why they cannot.
    pub rig: Result<Rig, String>,
    /// Whether the case of this name is run on the board.
    pub chosen: fn(&Board, &str) -> bool,
    /// The command that runs one of its cases alone, up to the case's name.
    pub again: String,
}

/// Runs the cases and returns one record each, in the order of the plans.
pub fn run(cases: &[&Case], plans: &[Plan]) -> Vec<Record> {
    let wanted = |plan: &Plan, case: &Case| (plan.chosen)(plan.board, &case.name);
    let mut records = Vec::new();
    let mut queue = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        for case in cases.iter().copied().filter(|c| wanted(plan, c)) {
            let not_run = |outcome, why: &str| Some(record(plan, case, outcome, why.to_string(), 0.0));
            match (case.fit(plan.board, plan.medium), &plan.rig) {
                (Fit::Elsewhere, _) => {}
                (Fit::Meaningless(why), _) => records.push(not_run(Outcome::NotApplicable, why)),
                (Fit::Meant, Err(why)) => records.push(not_run(Outcome::Skipped, why)),
                (Fit::Meant, Ok(rig)) => {
                    queue.push((records.len(), number, plan, rig, case));
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
    let (queue, running) = (Mutex::new(queue), Mutex::new(BTreeMap::new()));
    let (sender, done) = channel();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            let (queue, running, sender) = (&queue, &running, sender.clone());
            scope.spawn(move || {
                loop {
                    // A statement of its own: the lock must be gone before the case runs.
                    let next = lock(queue).pop();
                    let Some((place, _, plan, rig, case)) = next else { break };
                    lock(running).insert(place, (Instant::now(), title(plan, case)));
                    let (record, journal) = one(plan, rig, case);
                    lock(running).remove(&place);
                    // If nobody listens any more, this run is over.
                    let _ = sender.send((place, line(&record, &title(plan, case), plan, &journal), record));
                }
            });
        }
        drop(sender);
        loop {
            match done.recv_timeout(NEWS) {
                Ok((place, text, record)) => {
                    bar.suspend(|| println!("{text}"));
                    bar.inc(1);
                    if let Some(slot) = records.get_mut(place) {
                        *slot = Some(record);
                    }
                }
                // On a terminal the bar moves; a log is told what takes so long.
                Err(RecvTimeoutError::Timeout) if bar.is_hidden() => {
                    for (start, title) in lock(&running).values() {
                        println!("{:7.1} s  {title}  ...", start.elapsed().as_secs_f64());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    bar.finish_and_clear();
    records.into_iter().flatten().collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn one(plan: &Plan, rig: &Rig, case: &Case) -> (Record, Journal) {
    let journal = Journal::default();
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| (case.run)(rig, &journal)));
    let (outcome, reason) = match result {
        Ok(Ok(())) => (Outcome::Passed, journal.notes().join("; ")),
        Ok(Err(error)) => (Outcome::Failed, format!("{error:#}")),
        Err(_) => (Outcome::Failed, "the case itself panicked".to_string()),
    };
    (record(plan, case, outcome, reason, start.elapsed().as_secs_f64()), journal)
}

fn record(plan: &Plan, case: &Case, outcome: Outcome, reason: String, seconds: f64) -> Record {
    Record {
        board: plan.board.name.clone(),
        medium: plan.medium.name().into(),
        qemu: plan.qemu.clone(),
        case: case.name.clone(),
        outcome,
        reason,
        // A tenth of a second is as exact as it gets on a busy machine.
        seconds: (seconds * 10.0).round() / 10.0,
    }
}

/// Where a case runs and what it is, in columns.
fn title(plan: &Plan, case: &Case) -> String {
    let (board, medium, qemu) = (&plan.board.name, plan.medium.name(), &plan.qemu);
    format!("{board:<14} {medium:<7} {qemu:<4} {}", case.name)
}

/// What is printed when a case is done; for one that failed with its transcript and the command that runs it
/// again.
fn line(record: &Record, title: &str, plan: &Plan, journal: &Journal) -> String {
    let start = format!("{:7.1} s  {title}", record.seconds);
    match record.outcome {
        Outcome::Failed => {
            let again = format!("{} {}", plan.again, record.case);
            format!(
                "{start}  FAILED: {}\n{}\n      again: {again}\n",
                record.reason,
                indent(&journal.tail(TAIL))
            )
        }
        _ => format!("{start}  ok"),
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|l| format!("      | {l}")).collect::<Vec<_>>().join("\n")
}
