//! Building the reference firmware.

use crate::harness::elf::Firmware;
use crate::progress;
use crate::shell;
use crate::toolchain::{TARGET, Toolchain};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Stdio;

/// The board that is built and emulated.
pub const BOARD: &str = "vexpress-a9";

/// Builds the firmware and says where it is. `OAL_FIRMWARE` names an ELF file to use instead, such as one from another
/// machine.
pub fn path() -> Result<PathBuf> {
    match std::env::var_os("OAL_FIRMWARE") {
        Some(path) => Ok(path.into()),
        None => compile(None),
    }
}

/// Builds the firmware and opens a copy, so that it stays the same for all of a run.
pub fn build() -> Result<Firmware> {
    Firmware::open(&path()?)
}

/// Builds it once more with another build id, into a folder of its own: for the case in which an image meets a
/// firmware that did not take it.
pub fn build_other() -> Result<Firmware> {
    Firmware::open(&compile(Some("another-build"))?)
}

fn compile(tag: Option<&str>) -> Result<PathBuf> {
    let toolchain = Toolchain::require()?;
    let mut command = toolchain.cargo("build");
    let mut folder = toolchain.target_dir();
    if let Some(tag) = tag {
        folder = folder.join(tag);
        command.env("OAL_BUILD_TAG", tag);
    }
    command.args(["--release", "--package", BOARD, "--target-dir"]).arg(&folder);
    let what = if tag.is_some() {
        "building the firmware again, with another build id"
    } else {
        "building the firmware"
    };
    let spinner = progress::spinner(what);
    let output = command.stdin(Stdio::null()).output().context("cannot start cargo")?;
    spinner.finish_and_clear();
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        anyhow::bail!("the firmware does not build (`{}`)", shell::line(&command));
    }
    Ok(folder.join(TARGET).join("release").join(BOARD))
}
