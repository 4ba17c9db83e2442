//! The firmware's self test: a good port passes, and of each broken one the fault is named.

use super::rig::{Rig, take};
use super::{BOOT, Case, SNAPSHOT};
use crate::board::{self, Board};
use crate::firmware;
use crate::harness::boot::Boot;
use crate::harness::elf::Firmware;
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::media::Kind;
use crate::media::Medium;
use anyhow::{Context, Result, ensure};

/// The checks of the first half, in their order.
const CHECKS: [&str; 9] =
    ["memory-map", "ram", "clock", "drivers", "cpu", "caches", "nosave", "medium", "snapshot"];

/// A port of `tests/broken-ports`, and what the self test must say of it.
struct Fault {
    /// The port's program.
    port: &'static str,
    /// The check that fails: one of the first half, or `restored`.
    check: &'static str,
    /// What it calls the fault.
    cause: &'static str,
    /// A pair that says more exactly what is wrong; an end of the value that differs from build to build is
    /// left out.
    detail: Option<(&'static str, &'static str)>,
    /// The section of `docs/porting.md` that helps.
    guide: &'static str,
}

const fn fault(
    port: &'static str,
    check: &'static str,
    cause: &'static str,
    detail: Option<(&'static str, &'static str)>,
    guide: &'static str,
) -> Fault {
    Fault { port, check, cause, detail, guide }
}

static FAULTS: [Fault; 14] = [
    fault("overlapping-region", "memory-map", "oem-overlaps-ram", Some(("list", "oem")), "memory-map"),
    fault("drawing-in-saved-memory", "memory-map", "observer-writes-saved-memory", None, "memory-map"),
    fault("missing-ram", "ram", "no-memory-there", Some(("at", "0x64000ffc")), "memory-map"),
    fault("nosave-in-saved-memory", "nosave", "in-saved-memory", Some(("what", "workspace")), "nosave"),
    fault("storage-state-in-saved-memory", "nosave", "memory-changed", Some(("in", "bss")), "nosave"),
    fault("long-transfer-cut", "medium", "read-back-differs", Some(("at", "65536")), "medium"),
    fault("forgotten-register", "cpu", "register-forgotten", Some(("register", "sp_mon")), "cpu"),
    fault(
        "outer-cache-not-cleaned",
        "caches",
        "outer-cache-not-cleaned",
        Some(("controller", "0x1e00a000")),
        "caches",
    ),
    fault("clock-at-half-speed", "clock", "clock-rate", Some(("wanted_us", "10000")), "clock"),
    fault("clock-not-started", "clock", "clock-stands-still", None, "clock"),
    fault("tick-not-told", "clock", "no-tick", None, "clock"),
    fault("power-up-missing", "drivers", "power-up-ignored", Some(("driver", "timer")), "drivers"),
    fault("power-down-missing", "drivers", "tick-stopped-too-late", Some(("by", "gic")), "drivers"),
    fault(
        "driver-not-re-initialised",
        "restored",
        "register-not-restored",
        Some(("register", "LCDUPBASE")),
        "drivers",
    ),
];

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let named = FAULTS.iter().map(|fault| {
        Case::new(format!("selftest-names-{}", fault.port), |b, j| names(fault, b, j)).only(is_reference)
    });
    let passes = Case::new("selftest-passes", passes);
    let reboots = Case::new("selftest-goes-on-after-a-reset", after_a_reset).only(is_reference);
    [passes, reboots].into_iter().chain(named).collect()
}

/// The broken ports are those of the reference board with a card, and one board's reset shows that the self
/// test goes on.
fn is_reference(board: &Board, medium: &board::Medium) -> bool {
    board::reference().is_ok_and(|reference| reference == board) && medium.kind() == Kind::Sd
}

/// The lines of the self test among a console's.
fn lines<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<&'a Event> {
    events.into_iter().filter(|e| e.word == "selftest").collect()
}

/// Checks that every check of the first half went well, each with a line of its own.
fn expect_good(lines: &[&Event]) -> Result<()> {
    let wrong: Vec<String> = lines
        .iter()
        .filter(|e| e.get("result").is_some_and(|r| r != "ok"))
        .map(ToString::to_string)
        .collect();
    ensure!(wrong.is_empty(), "the self test found: {}", wrong.join("; "));
    let checks: Vec<&str> = lines.iter().filter_map(|e| e.get("check")).collect();
    ensure!(checks == CHECKS, "the self test ran {checks:?} instead of {CHECKS:?}");
    let half = lines.last().context("the self test said nothing")?;
    let counts = [half.number("passed")?, half.number("failed")?, half.number("skipped")?];
    ensure!(counts == [CHECKS.len() as u64, 0, 0], "the first half ended with `{half}`");
    Ok(())
}

/// Checks the lines of the restored system: all passed.
fn expect_good_end(boot: &Boot) -> Result<()> {
    let lines = lines(&boot.after);
    let [restored, end] = lines[..] else {
        anyhow::bail!("the restored system said {} lines of the self test instead of two", lines.len());
    };
    ensure!(
        (restored.text("check")?, restored.text("result")?) == ("restored", "ok"),
        "the boot did not bring all back: {restored}"
    );
    let counts = [end.number("passed")?, end.number("failed")?, end.number("skipped")?];
    ensure!(counts == [CHECKS.len() as u64 + 1, 0, 0], "the self test ended with `{end}`");
    Ok(())
}

/// Powers the board on with this firmware. The guest's time is the number of its instructions, so that a busy
/// host loses no tick.
fn boot(rig: &Rig, firmware: &Firmware, medium: &Medium, journal: &Journal) -> Result<(Machine, Boot)> {
    let power = Power {
        board: rig.board,
        emulator: &rig.emulator,
        firmware,
        ram_mib: rig.board.ram(),
        medium: Some(medium),
        noise: 1,
        stops: &[],
        counted: true,
    };
    let mut machine = Machine::start(&power, journal)?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    Ok((machine, boot))
}

/// The medium holds an image before, which boots again after all of it.
fn passes(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = boot(rig, &rig.firmware, &medium, journal)?;
    let seq = take(&mut machine, "snapshot")?;
    let tested = machine.command("selftest", SNAPSHOT)?;
    expect_good(&lines(&tested.events))?;
    let images = tested.event("taken")?.number("seq")?;
    machine.power_off()?;

    let (machine, booted) = boot(rig, &rig.firmware, &medium, journal)?;
    booted.expect_restored(images)?;
    expect_good_end(&booted)?;
    machine.power_off()?;

    let (mut machine, booted) = boot(rig, &rig.firmware, &medium, journal)?;
    booted.expect_restored(seq).context("after the self test")?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

/// With `selftest reboot` the board resets itself, and comes back.
fn after_a_reset(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = boot(rig, &rig.firmware, &medium, journal)?;
    let tested = machine.command("selftest reboot", SNAPSHOT)?;
    expect_good(&lines(&tested.events))?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    boot.expect_restored(tested.event("taken")?.number("seq")?)?;
    expect_good_end(&boot)?;
    machine.power_off()
}

/// Exactly the check that is about the fault fails, and says what it is.
fn names(fault: &Fault, rig: &Rig, journal: &Journal) -> Result<()> {
    let firmware = firmware::build_broken(fault.port)?;
    let medium = rig.fresh()?;
    let (mut machine, _) = boot(rig, &firmware, &medium, journal)?;
    let tested = machine.command("selftest", SNAPSHOT)?;
    let mut events = tested.events;
    if fault.check == "restored" {
        expect_good(&lines(&events)).context("in the first half, which cannot see the fault")?;
        machine.power_off()?;
        let restored;
        (machine, restored) = boot(rig, &firmware, &medium, journal)?;
        events = restored.after;
    }
    let lines = lines(&events);
    let failed: Vec<&Event> = lines.iter().copied().filter(|e| e.get("result") == Some("failed")).collect();
    let others: Vec<&str> =
        failed.iter().filter_map(|e| e.get("check")).filter(|check| *check != fault.check).collect();
    ensure!(others.is_empty(), "the fault is one of {}, and these failed: {others:?}", fault.check);
    let is_it = |e: &&Event| {
        let detail = fault.detail.is_none_or(|(key, value)| e.get(key) == Some(value));
        detail && e.get("cause") == Some(fault.cause)
    };
    let line =
        failed.iter().copied().find(is_it).with_context(|| {
            format!("no line names {} {:?}; there are {failed:?}", fault.cause, fault.detail)
        })?;
    let guide = format!("docs/porting.md#{}", fault.guide);
    ensure!(line.text("guide")? == guide, "another section was expected: {line}");
    let end = lines.last().context("the self test said nothing")?;
    ensure!(end.number("failed")? == 1, "the self test ended with `{end}`");
    machine.power_off()
}
