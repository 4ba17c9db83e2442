//! `cargo xtask qemu-test`: the firmware on emulated hardware.

use crate::cases::all;
use crate::cases::bench::{Bench, OtherBuild};
use crate::cases::report::{self, Summary};
use crate::cases::runner::{self, Plan};
use crate::firmware::{self, BOARD};
use crate::harness::elf::Firmware;
use crate::harness::emulator::Emulator;
use crate::media::Kind;
use crate::setup::Found;
use crate::table;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::path::PathBuf;
use std::sync::Arc;

/// Cases that are run once more with an SD card on the newer QEMU, which is stricter about alignment than the old one.
const ALSO_ON_NEWER: [&str; 3] = ["picture-byte-for-byte-64", "registers-survive", "once-is-consumed"];

/// What is run and how it is reported.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// The board (there is one so far)
    #[arg(long, value_name = "B")]
    pub board: Option<String>,
    /// Only this medium
    #[arg(long)]
    pub medium: Option<Kind>,
    /// The QEMU to use for every medium, instead of those that `setup` found
    #[arg(long, value_name = "PATH")]
    pub qemu: Option<PathBuf>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "S")]
    pub filter: Option<String>,
    /// Media and cases that must run and must not be skipped, such as `sd,emmc`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the cases, prints the table and returns the counts, and what was wrong with the run as a whole.
pub fn run(options: &Options) -> Result<(Summary, Result<()>)> {
    if let Some(board) = options.board.as_deref().filter(|b| *b != BOARD) {
        bail!("there is no board `{board}`; the boards are: {BOARD}");
    }
    let cases = all();
    report::check_required(&options.require, &cases)?;
    let filter = options.filter.as_deref();
    ensure!(
        filter.is_none_or(|f| cases.iter().any(|c| c.name.contains(f))),
        "no case has a name that contains `{}`",
        filter.unwrap_or_default()
    );
    let emulators = Emulators::choose(options)?;
    let mut file = options.json.as_deref().map(report::create).transpose()?;
    let firmware = firmware::build()?;
    let plans = plan(options, emulators, &firmware);
    let mut records = runner::run(&plans, filter);
    report::require(&mut records, BOARD, &options.require);
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

/// The QEMU of each medium, or why there is none.
struct Emulators {
    sd: Result<Emulator, String>,
    emmc: Result<Emulator, String>,
    /// A second one for SD cards.
    newer: Option<Emulator>,
}

impl Emulators {
    fn choose(options: &Options) -> Result<Self> {
        if let Some(path) = &options.qemu {
            let emulator = Emulator::plain(path)
                .with_context(|| format!("`--qemu {}` cannot be used", path.display()))?;
            let emmc = if emulator.has_emmc() { Ok(emulator.clone()) } else { Err(no_emmc(&emulator)) };
            return Ok(Self { sd: Ok(emulator), emmc, newer: None });
        }
        let found = Found::look()?;
        let none = || "no QEMU was found; `cargo xtask setup` installs it".to_string();
        let emmc = found.newer.clone().ok_or_else(|| found.qemu.as_ref().map_or_else(none, no_emmc));
        let sd = found.any_qemu().cloned().ok_or_else(none);
        let usual = sd.as_ref().ok().map(|e| e.version);
        Ok(Self { sd, emmc, newer: found.newer.filter(|n| Some(n.version) != usual) })
    }
}

fn plan(options: &Options, emulators: Emulators, firmware: &Firmware) -> Vec<Plan> {
    let wanted = |kind| options.medium.is_none_or(|m| m == kind);
    let other = Arc::new(OtherBuild::default());
    let make = |name: &str, kind: Kind, emulator: Result<Emulator, String>, only: &[&'static str]| {
        let bench = emulator.and_then(|e| {
            Bench::new(e, firmware.clone(), kind, name.to_string(), other.clone())
                .map_err(|e| format!("{e:#}"))
        });
        Plan { medium: name.to_string(), bench, only: only.to_vec() }
    };
    let mut plans = Vec::new();
    if wanted(Kind::Emmc) {
        plans.push(make("emmc", Kind::Emmc, emulators.emmc, &[]));
    }
    if wanted(Kind::Sd) {
        plans.push(make("sd", Kind::Sd, emulators.sd, &[]));
        if let Some(newer) = emulators.newer {
            plans.push(make(&format!("sd@{}", newer.label()), Kind::Sd, Ok(newer), &ALSO_ON_NEWER));
        }
    }
    plans
}

fn no_emmc(qemu: &Emulator) -> String {
    format!("QEMU {} has no eMMC device; `cargo xtask setup` fetches one that has", qemu.label())
}
