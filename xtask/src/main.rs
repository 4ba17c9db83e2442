//! `cargo xtask ...`: the tasks of this project, in plain Rust.
//!
//! | folder | what |
//! |---|---|
//! | `setup` | finding and installing compilers and emulators |
//! | `bench` | the figures of the README |
//! | `lint`, `demo`, `new_board` and single files | one task each |
//!
//! What runs firmware in QEMU is the crate `oal-lab`; what reads a medium is `oal-inspect`.

mod bench;
mod crash_test;
mod demo;
mod fuzz;
mod lint;
mod miri;
mod new_board;
mod no_panic;
mod run;
mod setup;
mod size;
mod test;

use clap::{Parser, Subcommand};
use oal_inspect as inspect;
use oal_lab::{board, cases, firmware, harness, media, qemu_test};
use oal_lab_host::{paths, progress, shell, table, toolchain};
use setup::Need;
use std::process::ExitCode;

/// Tasks of the oal-snapshot project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Find what the other tasks need and install what is missing
    Setup {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Build the firmware of every board that can be compiled for here
    Build,
    /// Run the firmware on this terminal
    Run(run::Options),
    /// Take a snapshot and boot from it, with times, sizes and pictures
    Demo(demo::Options),
    /// Run the cases that need an emulator
    QemuTest(qemu_test::Options),
    /// Set up, run all tests and count them
    Test(test::Options),
    /// Cut power at every step of a store's use, on simulated media
    CrashTest(crash_test::Options),
    /// Run the fuzz targets
    Fuzz(fuzz::Options),
    /// Search linked programs for panics of the library
    NoPanic,
    /// Run the tests of code with `unsafe` in Miri
    Miri,
    /// Check formatting, lints, documentation, features, the oldest compiler, licences
    Lint {
        /// Only checks whose name contains this
        #[arg(long)]
        filter: Option<String>,
    },
    /// Measure speed and sizes, by counted instructions, beside what they must reach
    Bench(bench::Options),
    /// Say what is on a medium or in an image, without writing to it
    Inspect(inspect::Options),
    /// Make a new board from the template, for docs/porting.md to fill
    NewBoard(new_board::Options),
    /// Print what the firmware and the library need: code, memory, stack
    Size(size::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Setup { yes } => setup::setup(yes, Need::All),
        Task::Build => build(),
        Task::Run(options) => run::main(&options),
        Task::Demo(options) => demo::main(&options),
        Task::QemuTest(options) => qemu_test::main(&options),
        Task::Test(options) => test::main(&options),
        Task::CrashTest(options) => crash_test::main(&options),
        Task::Fuzz(options) => fuzz::main(&options),
        Task::NoPanic => no_panic::main(),
        Task::Miri => miri::main(),
        Task::Lint { filter } => lint::main(filter),
        Task::Bench(options) => bench::main(&options),
        Task::Inspect(options) => inspect::main(&options),
        Task::NewBoard(options) => new_board::main(&options),
        Task::Size(options) => size::main(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain of causes in one sentence; a backtrace would say where in this program it was noticed.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds all firmware and prints the paths; without a compiler for the reference board there is nothing to
/// do.
fn build() -> anyhow::Result<()> {
    for board in board::all()? {
        if let Err(error) = firmware::require(board)
            && board != board::reference()?
        {
            println!("{} is left out: {error:#}", board.name);
            continue;
        }
        let mut paths = Vec::new();
        for medium in &board.media {
            paths.push(firmware::path(board, medium)?);
        }
        paths.dedup();
        paths.iter().for_each(|path| println!("{}", path.display()));
    }
    Ok(())
}
