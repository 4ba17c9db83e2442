//! `cargo xtask test`: everything that can be tested, and one line that counts it.

use crate::board;
use crate::cases::all;
use crate::cases::report::{self, Summary};
use crate::setup::Need;
use crate::toolchain::{Target, Toolchain, cargo};
use crate::{bench, crash_test, fuzz, miri, qemu_test, setup, shell};
use anyhow::{Context, Result, ensure};
use oal_lab_host::qemu::PROGRAM;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Install what is missing without asking
    #[arg(long)]
    pub yes: bool,
    /// Boards, media and cases that must run and must not be skipped, such as `n800,sd`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Write the results of the QEMU cases to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<std::path::PathBuf>,
}

/// Sets up, runs the host tests and the QEMU tests, and ends with the sum.
pub fn main(options: &Options) -> Result<()> {
    let boards = board::all()?;
    report::check_required(&options.require, boards, &all(boards))?;
    options.json.as_deref().map(report::create).transpose()?;
    setup::setup(options.yes, Need::All)?;
    println!("\nhost tests");
    let (host, host_ok) = run_tests(cargo("test").arg("--no-fail-fast"))?;
    println!("\nlong host tests");
    let (long, long_ok) = long_tests()?;
    println!("\ncrash tests");
    let crash = [
        crash_test::Options { quick: true, ..Default::default() },
        crash_test::Options { mutants: true, ..Default::default() },
    ];
    let crash = crash.iter().try_for_each(crash_test::main);
    println!("\nfuzzing");
    let fuzzed = fuzz::main(&fuzz::Options::smoke());
    println!("\nMiri");
    let miri = miri::main();
    println!("\nfigures");
    let figures = bench::main(&bench::Options { quick: true, check: true, ..Default::default() });
    println!("\nQEMU tests");
    let qemu = qemu_test::Options {
        require: options.require.clone(),
        json: options.json.clone(),
        ..Default::default()
    };
    let (qemu, sound) = qemu_test::run(&qemu).unwrap_or_else(|error| {
        (Summary { failed: 1, ..Summary::default() }, Err(error.context("the QEMU tests did not run")))
    });
    let (host, host_ok) = (host.plus(long), host_ok && long_ok);
    println!("host: {host}");
    println!("QEMU: {qemu}");
    let sum = host.plus(qemu);
    println!("{sum}");
    crash.context("the crash tests")?;
    fuzzed.context("fuzzing")?;
    miri.context("Miri")?;
    figures.context("the figures")?;
    sound?;
    ensure!(host_ok && sum.failed == 0, "there were failures");
    Ok(())
}

/// What takes too long in a debug build: ten thousand random chips, the codec as an ARM program.
fn long_tests() -> Result<(Summary, bool)> {
    let mut chips = cargo("test");
    chips.args(["--release", "--package", "oal-sim", "--test", "nand_random_chips", "--", "--nocapture"]);
    let (chips, chips_ok) = run_tests(&mut chips)?;
    let plain = Toolchain::find(Target::Armv7a).is_some_and(|toolchain| toolchain.is_plain());
    let (codec, codec_ok) = if plain && shell::which(PROGRAM).is_some() {
        run_tests(cargo("test").args(["--package", "oal-codec-arm"]))?
    } else {
        println!(
            "skipped: oal-codec-arm, for it wants a rustup target {} and {PROGRAM}",
            Target::Armv7a.triple()
        );
        (Summary { skipped: 1, ..Summary::default() }, true)
    };
    Ok((chips.plus(codec), chips_ok && codec_ok))
}

/// Runs tests and counts them by cargo's own closing lines.
fn run_tests(command: &mut Command) -> Result<(Summary, bool)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut summary = Summary::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        if let Some(one) = count(&line) {
            summary = summary.plus(one);
        }
    }
    let ok = child.wait()?.success();
    if !ok && summary.failed == 0 {
        // Something did not even compile: that is a failure no closing line tells of.
        summary.failed = 1;
    }
    Ok((summary, ok))
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
fn count(line: &str) -> Option<Summary> {
    let counts = line.strip_prefix("test result: ")?;
    let number = |word: &str| {
        let before = counts.split(&format!(" {word}")).next()?;
        before.rsplit([' ', ';']).next()?.parse().ok()
    };
    Some(Summary { passed: number("passed")?, failed: number("failed")?, skipped: number("ignored")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_closing_lines_of_cargo_test() {
        let line =
            "test result: ok. 25 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.04s";
        assert_eq!(count(line), Some(Summary { passed: 25, failed: 1, skipped: 2 }));
        assert_eq!(count("test a ... ok"), None);
    }
}
