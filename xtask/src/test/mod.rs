//! `cargo xtask test`: everything that can be tested, or what of it proves most in ten minutes; and one line
//! that counts it.

mod cargo_test;

use crate::board;
use crate::cases::all;
use crate::cases::report::{self, Summary};
use crate::setup::Need;
use crate::toolchain::{Target, Toolchain, cargo};
use crate::{bench, crash_test, fuzz, miri, qemu_test, setup, shell, table};
use anyhow::{Result, ensure};
use cargo_test::Tested;
use oal_lab_host::qemu::PROGRAM;
use std::time::{Duration, Instant};

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Install what is missing without asking
    #[arg(long)]
    pub yes: bool,
    /// Run everything, which takes about four times as long
    #[arg(long)]
    pub full: bool,
    /// Boards, media and cases that must run and must not be skipped, such as `n800,sd`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Write the results of the QEMU cases to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<std::path::PathBuf>,
}

/// A part of the run.
struct Part {
    name: &'static str,
    /// When it runs.
    tier: Tier,
    run: fn(&Options) -> Result<Tested>,
}

/// When a part runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    /// Always.
    Quick,
    /// With `--full` only.
    Full,
}

const PARTS: [Part; 8] = [
    Part {
        name: "host tests",
        tier: Tier::Quick,
        run: |_| cargo_test::run(cargo("test").arg("--no-fail-fast")),
    },
    Part { name: "ten thousand random NAND chips", tier: Tier::Full, run: |_| random_chips() },
    Part { name: "the ARM codec against its portable twin, in QEMU", tier: Tier::Full, run: |_| codec() },
    Part { name: "crash explorer", tier: Tier::Quick, run: crashes },
    Part {
        name: "fuzz targets, ten seconds each",
        tier: Tier::Full,
        run: |_| one(fuzz::main(&fuzz::Options::smoke())),
    },
    Part { name: "Miri", tier: Tier::Full, run: |_| one(miri::main()) },
    Part {
        name: "instruction counts and sizes against benches/baseline.json",
        tier: Tier::Full,
        run: |_| figures(),
    },
    Part { name: "firmware in QEMU", tier: Tier::Quick, run: in_qemu },
];

/// Sets up, runs the parts, and ends with the sum.
pub fn main(options: &Options) -> Result<()> {
    let boards = board::all()?;
    report::check_required(&options.require, boards, &all(boards))?;
    options.json.as_deref().map(report::create).transpose()?;
    let start = Instant::now();
    setup::setup(options.yes, Need::All)?;
    let mut rows = vec![row("setup", "done", start.elapsed())];
    let (mut sum, mut again) = (Summary::default(), Vec::new());
    for part in &PARTS {
        if part.tier == Tier::Full && !options.full {
            rows.push(row(part.name, "left out: `--full` runs it", Duration::ZERO));
            continue;
        }
        println!("\n{}", part.name);
        let start = Instant::now();
        let tested = (part.run)(options).unwrap_or_else(|error| {
            println!("FAILED: {error:#}");
            Tested { count: Summary { failed: 1, ..Summary::default() }, again: Vec::new() }
        });
        rows.push(row(part.name, &tested.count.to_string(), start.elapsed()));
        sum = sum.plus(tested.count);
        again.extend(tested.again);
    }
    if !options.full {
        println!(
            "\nof the crash explorer and of the cases in QEMU, what proves most; `--full` runs all of them"
        );
    }
    println!("\n{}", table::render(&["part", "result", "seconds"], &rows));
    if !again.is_empty() {
        println!("to run a failed test alone:");
        again.iter().for_each(|command| println!("  {command}"));
    }
    println!("\n{sum}");
    ensure!(sum.failed == 0, "there were failures");
    Ok(())
}

fn row(name: &str, result: &str, took: Duration) -> Vec<String> {
    vec![name.into(), result.into(), format!("{:.0}", took.as_secs_f64())]
}

/// A part that is one test.
fn one(result: Result<()>) -> Result<Tested> {
    result.map(|()| Tested { count: Summary { passed: 1, ..Summary::default() }, again: Vec::new() })
}

fn random_chips() -> Result<Tested> {
    // The crash explorer's profile: optimised, and built for that part anyway. In a test build the test takes a sample.
    let mut chips = cargo("test");
    chips.args(["--profile", "crash-test", "--package", "oal-sim", "--test", "nand_random_chips"]);
    cargo_test::run(chips.args(["--", "--nocapture"]))
}

fn codec() -> Result<Tested> {
    let plain = Toolchain::find(Target::Armv7a).is_some_and(|toolchain| toolchain.is_plain());
    if plain && shell::which(PROGRAM).is_some() {
        return cargo_test::run(cargo("test").args(["--package", "oal-codec-arm"]));
    }
    println!("skipped: it needs {PROGRAM} and the rustup target {}", Target::Armv7a.triple());
    Ok(Tested { count: Summary { skipped: 1, ..Summary::default() }, again: Vec::new() })
}

/// Power cuts at every step; then the wrong stores, each of which must be caught.
fn crashes(options: &Options) -> Result<Tested> {
    let explore = |options: crash_test::Options| one(crash_test::main(&options));
    let quick = explore(crash_test::Options { quick: true, ..Default::default() })?;
    if !options.full {
        return Ok(quick);
    }
    Ok(quick.and(explore(crash_test::Options { mutants: true, ..Default::default() })?))
}

fn figures() -> Result<Tested> {
    one(bench::main(&bench::Options { quick: true, check: true, ..Default::default() }))
}

fn in_qemu(options: &Options) -> Result<Tested> {
    let chosen = qemu_test::Options {
        quick: !options.full,
        require: options.require.clone(),
        json: options.json.clone(),
        ..Default::default()
    };
    let (count, sound) = qemu_test::run(&chosen)?;
    sound?;
    Ok(Tested { count, again: Vec::new() })
}
