//! `oal-inspect`: what is on a medium or in an image, without writing to it.

use clap::Parser;
use std::process::ExitCode;

/// Say what is on a medium or in an image of oal-snapshot, without writing to it
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    options: oal_inspect::Options,
}

fn main() -> ExitCode {
    match oal_inspect::main(&Arguments::parse().options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
