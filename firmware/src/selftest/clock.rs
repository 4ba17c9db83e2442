//! Clock, tick and date: each runs, and they agree on how long a while is.

use oal_drivers::clock::{Clock, Deadline};

use super::devices::wait;
use super::report::{Findings, Guide};
use crate::application::Application;
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::drivers::{self, TICKS_PER_SECOND};
use crate::platform::Platform;

/// Reads of the clock that must not go back.
const READS: u32 = 10_000;
/// A tick, in microseconds.
const TICK_US: u64 = 1_000_000 / TICKS_PER_SECOND as u64;
/// Ticks of a measurement.
const TICKS: u32 = 3;
/// Measurements.
const TRIES: usize = 24;
/// The largest difference between tick and clock in a measurement, in parts of a hundred.
const TICK_TOLERANCE: u64 = 25;
/// The largest difference between measurements that are alike, in parts of a hundred.
const ALIKE: u64 = 10;
/// The largest difference between clock and date, in parts of a hundred.
const DATE_TOLERANCE: u64 = 25;
/// The time-out that is tried, in microseconds.
const TIMEOUT_US: u64 = 20_000;

/// The check.
pub fn check<P: Platform, A: Application<P>>(_: &mut BootStage<P, A>, _: &mut Board<P, A>) -> Findings {
    let mut findings = Findings::new("clock", Guide::Clock);
    let mut clock = P::clock();
    let first = clock.now_us();
    let mut last = first;
    let mut back = None;
    for _ in 0..READS {
        let now = clock.now_us();
        if now < last {
            back = Some((last, now));
        }
        last = now;
    }
    if let Some((before, after)) = back {
        findings.fault(
            "clock-goes-back",
            format_args!("before={before} after={after}"),
            "Two reads of the clock in a row went backwards: is a wide counter read in halves?",
        );
    }
    if last == first {
        findings.fault(
            "clock-stands-still",
            format_args!("us={first} reads={READS}"),
            "The clock does not count: oal_early_init must start it.",
        );
        return findings;
    }
    timeout(&mut clock, &mut findings);
    rates::<P>(&mut findings);
    findings
}

/// A wait for something that never comes ends, and not before its time.
fn timeout<C: Clock>(clock: &mut C, findings: &mut Findings) {
    let start = clock.now_us();
    let mut deadline = Deadline::new(start, TIMEOUT_US);
    let mut polls = 0_u32;
    while !deadline.passed(clock.now_us()) {
        polls += 1;
    }
    let took = clock.now_us().saturating_sub(start);
    if took < TIMEOUT_US {
        findings.fault(
            "time-out-too-early",
            format_args!("wanted_us={TIMEOUT_US} took_us={took} polls={polls}"),
            "A time-out ended before its time: the clock counts in steps that are far too long, or too slowly.",
        );
    }
    findings.fact(format_args!("time_out_us={took}"));
}

fn is_near(a: u64, b: u64, percent: u64) -> bool {
    a.abs_diff(b) * 100 <= b * percent
}

/// Microseconds of the clock that [`TICKS`] ticks take.
fn time_ticks<P: Platform>() -> Option<u64> {
    let mut clock = P::clock();
    let start = drivers::ticks();
    if !wait::<P>(20 * TICK_US, || drivers::ticks() != start) {
        return None;
    }
    let (start, start_us) = (drivers::ticks(), clock.now_us());
    let all = || drivers::ticks().wrapping_sub(start) >= TICKS;
    wait::<P>(20 * u64::from(TICKS) * TICK_US, all).then(|| clock.now_us() - start_us)
}

/// The result of many measurements of the tick.
struct Rate {
    /// Microseconds of a tick, by the measurement in the middle.
    tick_us: u64,
    /// Whether that is what it should be, or cannot be decided. An emulator on a busy machine loses ticks,
    /// which makes measurements longer; a tick that is seen late makes one shorter. So long ones say nothing
    /// as long as more are right than too short; and a rate that is wrong shows by measurements that are
    /// wrong alike.
    is_right: bool,
}

/// Measures the tick; `None` if it does not come.
fn measure<P: Platform>() -> Option<Rate> {
    let wanted = u64::from(TICKS) * TICK_US;
    let mut all = [0; TRIES];
    for one in &mut all {
        *one = time_ticks::<P>()?;
    }
    let right = all.iter().filter(|us| is_near(**us, wanted, TICK_TOLERANCE)).count();
    let short = all.iter().filter(|us| **us < wanted && !is_near(**us, wanted, TICK_TOLERANCE)).count();
    all.sort_unstable();
    let middle = all.get(TRIES / 2).copied().unwrap_or(0);
    let alike = all.iter().filter(|us| is_near(**us, middle, ALIKE)).count();
    Some(Rate { tick_us: middle / u64::from(TICKS), is_right: right > short || alike < TRIES / 2 })
}

/// Microseconds of the clock in a second of the date, if that moves.
fn time_second<P: Platform>() -> Option<u64> {
    let mut clock = P::clock();
    let mut edge = || {
        let start = P::seconds();
        wait::<P>(2_200_000, || P::seconds() != start).then(|| clock.now_us())
    };
    let first = edge()?;
    Some(edge()? - first)
}

fn rates<P: Platform>(findings: &mut Findings) {
    let Some(Rate { tick_us, is_right }) = measure::<P>() else {
        findings.fault(
            "no-tick",
            format_args!("ticks={}", drivers::ticks()),
            "No interrupt of the timer arrives: follow it from the timer's enable bit through the interrupt controller to \
             Platform::interrupt() and the core's mask.",
        );
        return;
    };
    findings.fact(format_args!("tick_us={tick_us}"));
    let second = time_second::<P>();
    match second {
        Some(us) => findings.fact(format_args!("second_us={us}")),
        None => findings.fact(format_args!("second_us=-")),
    }
    let date_agrees = second.map(|us| is_near(us, 1_000_000, DATE_TOLERANCE));
    match (is_right, date_agrees) {
        (true, None | Some(true)) => {}
        (true, Some(false)) => findings.fault(
            "clock-and-date-differ",
            format_args!("second_us={}", second.unwrap_or_default()),
            "Clock and tick agree, the date does not: the frequency that both are derived from, or Platform::seconds().",
        ),
        (false, Some(true)) => findings.fault(
            "tick-rate",
            format_args!("tick_us={tick_us} wanted_us={TICK_US}"),
            "Clock and date agree, the tick does not: the timer's frequency or its reload value.",
        ),
        (false, Some(false)) => findings.fault(
            "clock-rate",
            format_args!("tick_us={tick_us} wanted_us={TICK_US}"),
            "The clock agrees neither with the tick nor with the date: the frequency that it is told.",
        ),
        (false, None) => findings.fault(
            "clock-and-tick-differ",
            format_args!("tick_us={tick_us} wanted_us={TICK_US}"),
            "Clock and tick do not agree: the frequency that one of them is told.",
        ),
    }
}
