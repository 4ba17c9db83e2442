//! `cargo xtask ...`: the tasks of this project, in plain Rust.
//!
//! | folder | what |
//! |---|---|
//! | `setup` | finding and installing compilers and emulators |
//! | `harness` | QEMU, its console, its control channel and its debugger stub |
//! | `media` | SD cards and eMMC devices as files |
//! | `cases` | what `qemu-test` proves |
//! | `lint`, `demo` and single files | one task each |

mod cases;
mod demo;
mod firmware;
mod harness;
mod lint;
mod media;
mod paths;
mod progress;
mod qemu_test;
mod run;
mod setup;
mod shell;
mod size;
mod table;
mod test;
mod toolchain;

use clap::{Parser, Subcommand};
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
    /// Build the firmware
    Build,
    /// Run the firmware on this terminal
    Run(run::Options),
    /// Take a snapshot and boot from it, with times, sizes and pictures
    Demo(demo::Options),
    /// Run the cases that need an emulator
    QemuTest(qemu_test::Options),
    /// Set up, run all tests and count them
    Test(test::Options),
    /// Check formatting, lints, documentation, features, the oldest compiler, licences
    Lint,
    /// Print what the firmware and the library need: code, memory, stack
    Size(size::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Setup { yes } => setup::setup(yes, Need::All),
        Task::Build => firmware::path().map(|path| println!("{}", path.display())),
        Task::Run(options) => run::main(&options),
        Task::Demo(options) => demo::main(&options),
        Task::QemuTest(options) => qemu_test::main(&options),
        Task::Test(options) => test::main(&options),
        Task::Lint => lint::main(),
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
