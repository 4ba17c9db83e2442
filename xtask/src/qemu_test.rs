//! `cargo xtask qemu-test`: the firmware on emulated hardware.

use crate::cases::bench::{Bench, OtherBuild};
use crate::cases::report::{self, Summary};
use crate::cases::runner::{self, Plan};
use crate::firmware::{self, BOARD};
use crate::harness::elf::Firmware;
use crate::harness::emulator::Emulator;
use crate::media::Kind;
use crate::setup::Found;
use anyhow::{Result, bail, ensure};
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
    /// Media whose cases must not be skipped, such as `sd,emmc`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the cases, prints the table and returns the counts.
pub fn run(options: &Options) -> Result<Summary> {
    if let Some(board) = options.board.as_deref().filter(|b| *b != BOARD) {
        bail!("there is no board `{board}`; the boards are: {BOARD}");
    }
    let firmware = firmware::build()?;
    let plans = plan(options, &firmware)?;
    let mut records = runner::run(&plans, options.filter.as_deref());
    ensure!(
        !records.is_empty(),
        "no case has a name that contains `{}`",
        options.filter.as_deref().unwrap_or_default()
    );
    report::require(&mut records, &options.require);
    println!("\n{}\n", report::render(&records));
    if let Some(path) = &options.json {
        report::save(&records, path)?;
    }
    Ok(Summary::of(&records))
}

/// `run`, as a task of its own: failed cases are an error.
pub fn main(options: &Options) -> Result<()> {
    let summary = run(options)?;
    println!("{summary}");
    ensure!(summary.failed == 0, "{} cases failed", summary.failed);
    Ok(())
}

fn plan(options: &Options, firmware: &Firmware) -> Result<Vec<Plan>> {
    let wanted = |kind| options.medium.is_none_or(|m| m == kind);
    let other = Arc::new(OtherBuild::default());
    let make = |name: &str, kind: Kind, emulator: Result<Emulator, String>, only: &[&'static str]| {
        let bench = emulator.and_then(|e| {
            Bench::new(e, firmware.clone(), kind, name.to_string(), other.clone())
                .map_err(|e| format!("{e:#}"))
        });
        Plan { medium: name.to_string(), bench, only: only.to_vec() }
    };
    if let Some(path) = &options.qemu {
        let emulator = Emulator::plain(path)?;
        let for_emmc = if emulator.has_emmc() { Ok(emulator.clone()) } else { Err(no_emmc(&emulator)) };
        let both = [(Kind::Sd, Ok(emulator)), (Kind::Emmc, for_emmc)];
        let both = both.into_iter().filter(|(kind, _)| wanted(*kind));
        return Ok(both.map(|(kind, emulator)| make(kind.name(), kind, emulator, &[])).collect());
    }
    let found = Found::look();
    let mut plans = Vec::new();
    if wanted(Kind::Emmc) {
        let emulator = found.newer.clone().ok_or_else(|| match &found.qemu {
            Some(qemu) => no_emmc(qemu),
            None => "no QEMU was found; `cargo xtask setup` installs it".to_string(),
        });
        plans.push(make("emmc", Kind::Emmc, emulator, &[]));
    }
    if wanted(Kind::Sd) {
        let emulator = found.any_qemu().cloned();
        let usual = emulator.as_ref().map(|e| e.version);
        let emulator = emulator.ok_or("no QEMU was found; `cargo xtask setup` installs it".to_string());
        plans.push(make("sd", Kind::Sd, emulator, &[]));
        if let Some(newer) = found.newer.filter(|n| Some(n.version) != usual) {
            plans.push(make(&format!("sd@{}", newer.label()), Kind::Sd, Ok(newer), &ALSO_ON_NEWER));
        }
    }
    Ok(plans)
}

fn no_emmc(qemu: &Emulator) -> String {
    format!("QEMU {} has no eMMC device; `cargo xtask setup` fetches one that has", qemu.label())
}
