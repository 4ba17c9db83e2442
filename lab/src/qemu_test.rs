//! `cargo xtask qemu-test`: the firmware on emulated hardware.

use crate::board::{self, BOARDS, Board};
use crate::cases::bench::Bench;
use crate::cases::report::{self, Summary};
use crate::cases::runner::{self, Plan};
use crate::cases::{Fit, all};
use crate::firmware;
use crate::media::Kind;
use crate::table;
use anyhow::{Context, Result, anyhow, ensure};
use oal_lab_host::emulator::Emulator;
use oal_lab_host::found::Found;
use std::path::PathBuf;

/// Cases that are run once more on the newer QEMU, which is stricter about alignment than the old one.
const ALSO_ON_NEWER: [&str; 3] = ["picture-byte-for-byte-64", "registers-survive", "once-is-consumed"];

/// What is run and how it is reported.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// Only this board
    #[arg(long, value_name = "B", value_parser = board::names())]
    pub board: Option<String>,
    /// Only this medium
    #[arg(long, value_name = "M", value_parser = board::media())]
    pub medium: Option<String>,
    /// The QEMU to use for every medium, instead of those that `setup` found
    #[arg(long, value_name = "PATH")]
    pub qemu: Option<PathBuf>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "S")]
    pub filter: Option<String>,
    /// Cut the power at every place that was chosen, instead of an eighth of them
    #[arg(long)]
    pub sweep: bool,
    /// Boards, media and cases that must run and must not be skipped, such as `n800,sd`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the cases, prints the table and returns the counts, and what was wrong with the run as a whole.
pub fn run(options: &Options) -> Result<(Summary, Result<()>)> {
    let cases = all();
    report::check_required(&options.require, &cases)?;
    let filter = options.filter.as_deref();
    ensure!(
        filter.is_none_or(|f| cases.iter().any(|c| c.name.contains(f))),
        "no case has a name that contains `{}`",
        filter.unwrap_or_default()
    );
    let media = chosen(options)?;
    let emulators = Emulators::choose(options)?;
    let mut file = options.json.as_deref().map(report::create).transpose()?;
    let wanted = |(board, kind): &(&'static Board, Kind)| {
        let here = |c: &&crate::cases::Case| c.fit(board, *kind) != Fit::Elsewhere;
        cases.iter().filter(here).any(|c| filter.is_none_or(|f| c.name.contains(f)))
    };
    let mut plans = Vec::new();
    for (board, kind) in media.into_iter().filter(wanted) {
        plans.extend(plan(board, kind, &emulators, options.sweep)?);
    }
    let mut records = runner::run(&plans, filter);
    report::require(&mut records, &options.require);
    println!("\n{}\n", report::render(&records));
    let summary = Summary::of(&records);
    let mut sound = file.as_mut().map_or(Ok(()), |file| report::save(&records, file));
    if summary.passed + summary.failed == 0 {
        sound = sound.and(Err(anyhow!("nothing was proved, for no case could run")));
    }
    Ok((summary, sound))
}

/// `run`, as a task of its own: failed cases are an error.
pub fn main(options: &Options) -> Result<()> {
    let (summary, sound) = run(options)?;
    println!("{summary}");
    ensure!(summary.failed == 0, "{} failed", table::count(summary.failed, "case"));
    sound
}

/// The boards and media that the options leave.
fn chosen(options: &Options) -> Result<Vec<(&'static Board, Kind)>> {
    let boards = BOARDS.into_iter().filter(|b| options.board.as_deref().is_none_or(|name| name == b.name));
    let all = boards.flat_map(|board| board.media.iter().map(move |kind| (board, *kind)));
    let media: Vec<_> =
        all.filter(|(_, kind)| options.medium.as_deref().is_none_or(|name| name == kind.name())).collect();
    ensure!(!media.is_empty(), "the board has no such medium");
    Ok(media)
}

/// The QEMUs that can be used.
struct Emulators {
    /// For all that does not need the newer one.
    usual: Option<Emulator>,
    /// For eMMC, and a second one for media of boards that it has.
    newer: Option<Emulator>,
}

impl Emulators {
    fn choose(options: &Options) -> Result<Self> {
        if let Some(path) = &options.qemu {
            let emulator = Emulator::plain(path)
                .with_context(|| format!("`--qemu {}` cannot be used", path.display()))?;
            return Ok(Self { newer: Some(emulator.clone()), usual: Some(emulator) });
        }
        let found = Found::look()?;
        Ok(Self { usual: found.any_qemu().cloned(), newer: found.newer })
    }

    /// The first is the one for all cases, or why there is none; the second, if any, for some of them once more.
    fn of(&self, board: &Board, kind: Kind) -> (Result<&Emulator, String>, Option<&Emulator>) {
        let none = || "no QEMU was found; `cargo xtask setup` installs it".to_string();
        if kind == Kind::Emmc {
            let found = self.newer.as_ref().or(self.usual.as_ref()).ok_or_else(none);
            return (found.and_then(|e| if e.has_emmc() { Ok(e) } else { Err(no_emmc(e)) }), None);
        }
        let usual = self.usual.as_ref().ok_or_else(none);
        let usual =
            usual.and_then(|e| if e.has(board.last_qemu) { Ok(e) } else { Err(no_machine(e, board)) });
        let differs = |e: &&Emulator| usual.as_ref().is_ok_and(|u| u.version != e.version);
        let second = self.newer.as_ref().filter(|e| e.has(board.last_qemu)).filter(differs);
        (usual, second)
    }
}

/// The plans of a medium. A firmware that does not build is an error; one that nothing here can compile is skipped.
fn plan(board: &'static Board, kind: Kind, emulators: &Emulators, sweep: bool) -> Result<Vec<Plan>> {
    let (first, second) = emulators.of(board, kind);
    let compiler = firmware::require(board).map_err(|e| format!("{e:#}"));
    let first = first.and_then(|e| compiler.map(|()| e));
    let firmware = if first.is_ok() { Some(firmware::build(board, kind)?) } else { None };
    let make = |emulator: Result<&Emulator, String>, only: &[&'static str]| {
        let qemu = emulator.as_ref().map_or("-".to_string(), |e| e.label());
        let bench = emulator.and_then(|emulator| {
            let firmware = firmware.clone().ok_or("there is no firmware")?;
            let bench = Bench::new(emulator.clone(), firmware, board, kind).map_err(|e| format!("{e:#}"))?;
            Ok(bench.sweeping(sweep))
        });
        Plan { board, kind, qemu, bench, only: only.to_vec() }
    };
    let mut plans = vec![make(first, &[])];
    plans.extend(second.map(|emulator| make(Ok(emulator), &ALSO_ON_NEWER)));
    Ok(plans)
}

fn no_emmc(qemu: &Emulator) -> String {
    format!("QEMU {} has no eMMC device; `cargo xtask setup` fetches one that has", qemu.label())
}

fn no_machine(qemu: &Emulator, board: &Board) -> String {
    let last = board
        .last_qemu
        .map(|(major, minor)| format!("; {major}.{minor} was the last that had"))
        .unwrap_or_default();
    format!("QEMU {} has no machine `{}`{last}", qemu.label(), board.name)
}
