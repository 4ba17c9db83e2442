//! `cargo xtask qemu-test`: the firmware on emulated hardware.

use crate::board::{self, Board, Medium};
use crate::cases::report::{self, Summary};
use crate::cases::rig::Rig;
use crate::cases::runner::{self, Plan};
use crate::cases::{Case, Fit, all};
use crate::firmware;
use crate::media::Kind;
use crate::table;
use anyhow::{Context, Result, anyhow, ensure};
use oal_lab_host::found::Found;
use oal_lab_host::qemu::Emulator;
use std::path::PathBuf;

/// Cases that are run once more on the newer QEMU, which is stricter about alignment than the old one;
/// besides these the one that compares RAM of the board's first size.
const ALSO_ON_NEWER: [&str; 2] = ["registers-survive", "once-is-consumed"];

/// What a quick run takes of every board and medium besides the case that compares RAM: the registers, one
/// fault, the way back to the older image, a power cut at every step in the log, the policy that boots once,
/// the self test.
const REPRESENTATIVE: [&str; 6] = [
    "registers-survive",
    "chunk-bit-boots-older-image",
    "falls-back-to-the-older-image",
    "power-cuts-in-the-log",
    "once-is-consumed",
    "selftest-passes",
];

/// What is run and how it is reported.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// Only this board
    #[arg(long, value_name = "B")]
    pub board: Option<String>,
    /// The board in this folder, which may be outside of this workspace: a crate with a `board.toml`
    #[arg(long, value_name = "PATH", conflicts_with = "board")]
    pub board_dir: Option<PathBuf>,
    /// Only this medium
    #[arg(long, value_name = "M")]
    pub medium: Option<String>,
    /// The QEMU to use for every medium, instead of those that `setup` found
    #[arg(long, value_name = "PATH")]
    pub qemu: Option<PathBuf>,
    /// Only the case of this name, or cases whose name contains this
    #[arg(long, value_name = "S")]
    pub filter: Option<String>,
    /// Only some cases of each board and medium, those that prove most, and no second QEMU
    #[arg(long)]
    pub quick: bool,
    /// Cut the power at every place that was chosen, instead of an eighth of them
    #[arg(long)]
    pub sweep: bool,
    /// Boards, media and cases that must run and must not be skipped, such as `n800,sd`; `all` is every board
    /// and medium
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the cases, prints the table and returns the counts, and what was wrong with the run as a whole.
pub fn run(options: &Options) -> Result<(Summary, Result<()>)> {
    let boards = match &options.board_dir {
        Some(folder) => std::slice::from_ref(board::at(folder)?),
        None => board::all()?,
    };
    let cases = all(boards);
    report::check_required(&options.require, boards, &cases)?;
    let filter = options.filter.as_deref();
    let chosen: Vec<&Case> = match cases.iter().find(|case| Some(case.name.as_str()) == filter) {
        Some(case) => vec![case],
        None => cases.iter().filter(|case| filter.is_none_or(|f| case.name.contains(f))).collect(),
    };
    ensure!(!chosen.is_empty(), "no case has a name that contains `{}`", filter.unwrap_or_default());
    let media = board::choose(boards, options.board.as_deref(), options.medium.as_deref())?;
    let emulators = Emulators::choose(options)?;
    let mut file = options.json.as_deref().map(report::create).transpose()?;
    let mut plans = Vec::new();
    for (board, medium) in media {
        if chosen.iter().any(|case| case.fit(board, medium) != Fit::Elsewhere) {
            plans.extend(plan(board, medium, &emulators, options)?);
        }
    }
    let mut records = runner::run(&chosen, &plans);
    report::require(&mut records, &options.require, boards);
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

    /// The first is the one for all cases, or why there is none; the second, if any, for some of them once
    /// more.
    fn of(&self, board: &Board, medium: &Medium) -> (Result<&Emulator, String>, Option<&Emulator>) {
        let none = || "no QEMU was found; `cargo xtask setup` installs it".to_string();
        if medium.kind() == Kind::Emmc {
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

/// The plans of a medium. A firmware that does not build is an error; one that nothing here can compile is
/// skipped.
fn plan(
    board: &'static Board,
    medium: &'static Medium,
    emulators: &Emulators,
    options: &Options,
) -> Result<Vec<Plan>> {
    let (first, second) = emulators.of(board, medium);
    let compiler = firmware::require(board).map_err(|e| format!("{e:#}"));
    let first = first.and_then(|e| compiler.map(|()| e));
    let firmware = if first.is_ok() { Some(firmware::build(board, medium)?) } else { None };
    let place = match &options.board_dir {
        Some(folder) => format!("--board-dir {}", folder.display()),
        None => format!("--board {}", board.name),
    };
    let qemu = options.qemu.as_ref().map(|path| format!(" --qemu {}", path.display())).unwrap_or_default();
    let make = |emulator: Result<&Emulator, String>, chosen: fn(&Board, &str) -> bool| {
        let label = emulator.as_ref().map_or("-".to_string(), |e| e.label());
        let rig = emulator.and_then(|emulator| {
            let firmware = firmware.clone().ok_or("there is no firmware")?;
            let rig = Rig::new(emulator.clone(), firmware, board, medium).map_err(|e| format!("{e:#}"))?;
            Ok(rig.sweeping(options.sweep))
        });
        let again = format!("cargo xtask qemu-test {place} --medium {}{qemu} --filter", medium.name());
        Plan { board, medium, qemu: label, rig, chosen, again }
    };
    if options.quick {
        return Ok(vec![make(first, is_representative)]);
    }
    let mut plans = vec![make(first, |_, _| true)];
    plans.extend(second.map(|emulator| make(Ok(emulator), is_also_on_newer)));
    Ok(plans)
}

/// Whether the case compares RAM from outside, with as much of it as the board has in most cases.
fn compares_ram(board: &Board, case: &str) -> bool {
    case.ends_with("byte-for-byte") || case.ends_with(&format!("byte-for-byte-{}-mib", board.ram()))
}

fn is_representative(board: &Board, case: &str) -> bool {
    compares_ram(board, case) || REPRESENTATIVE.iter().any(|name| case.contains(name))
}

fn is_also_on_newer(board: &Board, case: &str) -> bool {
    compares_ram(board, case) || ALSO_ON_NEWER.contains(&case)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_run_has_at_least_three_cases_of_every_board_and_medium() -> Result<()> {
        let boards = board::all()?;
        let cases = all(boards);
        for (board, medium) in board::choose(boards, None, None)? {
            let here = cases.iter().filter(|c| c.fit(board, medium) == Fit::Meant);
            let chosen = here.filter(|c| is_representative(board, &c.name)).count();
            assert!((3..=8).contains(&chosen), "{} {}: {chosen}", board.name, medium.name());
        }
        Ok(())
    }
}
