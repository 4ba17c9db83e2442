//! `cargo xtask crash-test`: the crash explorer of `tests/crash`, built for speed. See
//! `docs/crash-testing.md`.

use crate::toolchain::cargo;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// Options of the task.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// Some hundred thousand cases: minutes. This is the default
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Several million cases
    #[arg(long)]
    pub full: bool,
    /// Stores with something wrong, each of which must be caught
    #[arg(long)]
    pub mutants: bool,
    /// One case, with every step printed
    #[arg(long, value_name = "ID")]
    pub replay: Option<String>,
    /// With --replay: under a store with this wrong
    #[arg(long, value_name = "NAME", requires = "replay")]
    pub under: Option<String>,
    /// Write all figures to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the explorer.
pub fn main(options: &Options) -> Result<()> {
    let mut command = cargo("run");
    command.args(["--quiet", "--profile", "crash-test", "--package", "oal-crash", "--"]);
    let flags = [("--quick", options.quick), ("--full", options.full), ("--mutants", options.mutants)];
    command.args(flags.iter().filter(|(_, set)| *set).map(|(name, _)| name));
    for (name, value) in [("--replay", &options.replay), ("--under", &options.under)] {
        command.args(value.iter().flat_map(|value| [name, value.as_str()]));
    }
    if let Some(file) = &options.json {
        let file = std::path::absolute(file)?;
        command.arg("--json").arg(file);
    }
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "the explorer found something, or did not run");
    Ok(())
}
