//! `cargo xtask miri`: the host tests of code with `unsafe`, in Miri, which sees what no run on a machine
//! shows: a pointer that leaves its object, a borrow that is no longer one, memory that was never written.
//!
//! What is `unsafe` in assembly or on registers cannot be run on a host: Miri sees the portable twins of
//! decoder and checksum, and the compressor, with every truncation and every bit flip of a block; the pages
//! of physical memory, the windows over registers and flash, and the statics of the firmware.

use crate::{paths, shell};
use anyhow::Result;
use std::process::Command;

/// Arguments of `cargo miri test` for each package.
const RUNS: [&[&str]; 5] = [
    &["--package", "oal-snapshot", "--lib", "codec::"],
    &["--package", "oal-snapshot", "--lib", "crc32c::"],
    &["--package", "oal-snapshot", "--lib", "mem::"],
    &["--package", "oal-drivers", "--lib", "mmio::"],
    &["--package", "oal-firmware", "--test", "nosave"],
];

/// Runs the tests; where there is no Miri it says so, and how to get it.
pub fn main() -> Result<()> {
    let nightly = |arguments: &[&str]| {
        let mut command = Command::new("rustup");
        command.current_dir(paths::root()).args(["run", "nightly", "cargo", "miri"]).args(arguments);
        // The cargo of this task is another one's.
        command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN");
        command
    };
    // Its standard library is built once, from source that may not be there either.
    if let Err(error) = shell::read(&mut nightly(&["setup"])) {
        println!(
            "skipped: there is no Miri here (`rustup component add miri rust-src --toolchain nightly`): {error:#}"
        );
        return Ok(());
    }
    for run in RUNS {
        let mut command = nightly(&["test", "--quiet"]);
        command.args(run).arg("--target-dir").arg(paths::target().join("miri"));
        // Physical memory is reached by its address: the pointers have no other origin.
        command.env("MIRIFLAGS", "-Zmiri-permissive-provenance");
        shell::run(&mut command)?;
    }
    Ok(())
}
