//! A new board from the template: as generated it says what is to be filled; filled with the examples of
//! `docs/porting.md`, and nothing else, it takes a snapshot and boots from it. Both are built for and run on
//! the reference board's machine.

use super::rig::Rig;
use super::{BOOT, Case, SNAPSHOT};
use crate::board::{self, Board, Medium};
use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::elf::Firmware;
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::media::Kind;
use crate::toolchain::cargo;
use crate::{firmware, guide, paths, shell};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The cases of this file. The examples of the guide are for the reference board's machine with a card.
pub fn cases() -> Vec<Case> {
    let case = |name, run: fn(&Rig, &Journal) -> Result<()>| {
        let here = |board: &Board, medium: &Medium| {
            board::reference().is_ok_and(|reference| reference == board) && medium.kind() == Kind::Sd
        };
        Case::new(name, run).only(here)
    };
    vec![
        case("new-board-as-the-guide-says", as_the_guide_says),
        case("new-board-as-generated-says-what-is-to-be-filled", as_generated),
        case("new-board-outside-this-workspace-is-tested-by-its-folder", by_its_folder),
    ]
}

/// A board from the template in a folder that has nothing to do with this workspace.
struct New {
    folder: PathBuf,
    _dir: TempDir,
}

impl New {
    fn make(name: &str) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("oal-new-board-").tempdir()?;
        let folder = dir.path().join("board");
        xtask(&["new-board", name, "--folder"], &folder, &[])?;
        // The versions of this workspace: they are here, and nothing has to be fetched.
        std::fs::copy(paths::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder, _dir: dir })
    }

    /// The board and the programs' folder, and what the compiler said.
    fn build(&self) -> Result<(&'static Board, Firmware, String)> {
        let board = board::at(&self.folder)?;
        let (programs, said) = firmware::compile(board, None)?;
        Ok((board, Firmware::open(&programs.join(&board.name))?, said))
    }
}

/// Runs a task as a person does, in a process of its own.
fn xtask(task: &[&str], path: &Path, rest: &[&str]) -> Result<String> {
    let mut command = cargo("run");
    command.args(["--quiet", "--package", "xtask", "--"]).args(task).arg(path).args(rest);
    shell::read(&mut command)
}

/// The board of the guide, described by its `board.toml`: RAM of every size that this names is compared byte
/// for byte.
fn by_its_folder(_: &Rig, journal: &Journal) -> Result<()> {
    let new = New::make("guide-board")?;
    guide::apply(&new.folder)?;
    let report = new.folder.join("report.json");
    let shown = report.to_str().context("a temporary folder has no name in plain text")?;
    let filter = "ram-byte-for-byte";
    xtask(&["qemu-test", "--board-dir"], &new.folder, &["--filter", filter, "--json", shown])?;
    let records: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(&report)?)?;
    let board = board::at(&new.folder)?;
    for mib in &board.ram_mib {
        let name = format!("{filter}-{mib}-mib");
        let passed = |r: &&serde_json::Value| r["case"] == name.as_str() && r["outcome"] == "passed";
        ensure!(records.iter().any(|r| passed(&r)), "{name} did not pass: {records:?}");
    }
    journal.note(format!("RAM of {:?} MiB", board.ram_mib));
    Ok(())
}

fn as_generated(rig: &Rig, journal: &Journal) -> Result<()> {
    let new = New::make("as-generated")?;
    let (_, firmware, warnings) = new.build()?;
    let places = oal_board_build::places(&new.folder);
    ensure!(!places.is_empty(), "the board has no place to fill");
    for place in &places {
        ensure!(warnings.contains(place), "the build does not warn of {place}:\n{warnings}");
    }
    // It has no console: what it says comes by semihosting.
    let machine = rig.start(&firmware, rig.board.ram(), None, &[], journal)?;
    let end = Instant::now() + BOOT;
    while !machine.emulator_said().contains("@ready us=0\r\n") {
        ensure!(Instant::now() < end, "the firmware was not ready within {BOOT:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let said: Vec<Event> = machine.emulator_said().lines().filter_map(Event::parse).collect();
    let unfilled: Vec<&Event> = said.iter().filter(|event| event.word == "unfilled").collect();
    for place in &places {
        let (file, section) = place.split_once('#').context("a place has a section")?;
        let see = format!("docs/porting.md#{section}");
        let told = |e: &&&Event| e.get("file") == Some(file) && e.get("see") == Some(see.as_str());
        ensure!(unfilled.iter().filter(told).count() == 1, "not told once: {file}, {see}");
    }
    ensure!(unfilled.len() == places.len(), "more is told than there is: {unfilled:?}");
    let cold = said.iter().find(|event| event.word == "cold").context("there is no line `@cold`")?;
    ensure!(cold.text("reason")? == "no-medium", "expected a boot without a medium: {cold}");
    journal.note(format!("{} places", places.len()));
    Ok(())
}

fn as_the_guide_says(rig: &Rig, journal: &Journal) -> Result<()> {
    let name = "guide-board";
    let new = New::make(name)?;
    guide::apply(&new.folder)?;
    let (_, firmware, warnings) = new.build()?;
    let ours = |line: &str| line.starts_with("warning") && line.contains(name);
    ensure!(!warnings.lines().any(ours), "the guide's examples are compiled with warnings:\n{warnings}");

    let [first, entry] = [firmware.symbol("__oal_code_start")?, firmware.symbol("_start")?];
    ensure!(first == entry, "the guide says that the code is entered at its first byte; it is at {entry:#x}");

    let (medium, mib) = (rig.fresh()?, rig.board.ram());
    // The self test measures clock and tick: on a busy host they agree if time is the number of instructions.
    let mut machine = Machine::start(
        &Power {
            board: rig.board,
            emulator: &rig.emulator,
            firmware: &firmware,
            ram_mib: mib,
            medium: Some(&medium),
            noise: 1,
            stops: &[],
            counted: true,
        },
        journal,
    )?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    boot.expect_cold("no-image")?;
    let reset = &boot.reset;
    ensure!(
        (reset.text("board")?, reset.text("medium")?, reset.number("ram_mib")?) == (name, "sd", mib.into()),
        "this is {name} with {mib} MiB and an SD card, and the firmware says: {reset}"
    );
    ensure!(boot.after.is_empty(), "more was said than a cold boot has to say: {:?}", boot.after);
    let index = machine.command("status", QUICK)?.event("status")?.text("index_digest")?.to_string();
    rig.check_life(&mut machine, 0, &index)?;

    // The self test resets the board by itself; its second half is the restored system's.
    let first = machine.command("selftest reboot", 2 * SNAPSHOT)?;
    let half = first.all("selftest").find(|e| e.get("passed").is_some());
    passed(half.context("the self test did not get as far as a snapshot")?, first.all("selftest"))?;
    let boot = Boot::watch(&mut machine.console, BOOT).context("after the self test's reset")?;
    boot.expect_restored(first.event("taken")?.number("seq")?)?;
    let told = || boot.after.iter().filter(|e| e.word == "selftest");
    let end = told().find(|e| e.get("passed").is_some()).context("the self test has no end")?;
    passed(end, told())?;
    journal.note(format!("self test: {} checks", end.number("passed")?));
    rig.check_life(&mut machine, 1, &index)?;

    let taken = machine.command("snapshot regs", SNAPSHOT)?;
    intact(taken.event("regs")?).context("on the live timeline")?;
    let seq = taken.event("taken")?.number("seq")?;
    machine.power_off()?;

    let mut machine = rig.start(&firmware, mib, Some(&medium), &[], journal)?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    boot.expect_restored(seq)?;
    let regs = boot.after.iter().find(|event| event.word == "regs");
    intact(regs.context("the restored system printed no `@regs`")?).context("on the restored timeline")?;
    rig.check_life(&mut machine, 2, &index)?;
    // Every driver came up, and the tick ticks again.
    let status = machine.command("status", QUICK)?;
    let drivers: Vec<&str> = status.all("driver").filter_map(|driver| driver.get("name")).collect();
    ensure!(drivers == ["gic", "timer", "uart"], "these drivers came up: {drivers:?}");
    for driver in status.all("driver") {
        ensure!(driver.text("last_state")? == "boot", "it was not told of the boot: {driver}");
    }
    let ticks = status.event("status")?.number("ticks")?;
    let end = Instant::now() + QUICK;
    while machine.command("status", QUICK)?.event("status")?.number("ticks")? == ticks {
        ensure!(Instant::now() < end, "the tick does not tick after the snapshot boot");
    }
    machine.power_off()
}

/// Checks the self test's counts: nothing failed, nothing was skipped, and as much was done as it counts.
fn passed<'a>(counts: &Event, told: impl Iterator<Item = &'a Event>) -> Result<()> {
    let told: Vec<&Event> = told.filter(|e| e.get("check").is_some()).collect();
    let bad: Vec<String> =
        told.iter().filter(|e| e.get("result") != Some("ok")).map(|e| e.to_string()).collect();
    ensure!(bad.is_empty(), "the self test says: {}", bad.join(", "));
    let [passed, failed, skipped] = ["passed", "failed", "skipped"].map(|key| counts.number(key));
    ensure!(failed? == 0 && skipped? == 0 && passed? >= told.len() as u64 && !told.is_empty(), "{counts}");
    Ok(())
}

fn intact(regs: &Event) -> Result<()> {
    ensure!(regs.number("checked")? > 0 && regs.number("wrong")? == 0, "registers are wrong: {regs}");
    Ok(())
}
