//! Building a board's firmware.

mod c;

use crate::board::Board;
use crate::harness::elf::Firmware;
use crate::media::Kind;
use crate::progress;
use crate::shell;
use crate::toolchain::Toolchain;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Stdio;

pub use c::COMPILER;

/// Builds all firmware of a board and says where the one for this medium is. `OAL_FIRMWARE` names what to use instead,
/// such as a build of another machine: an ELF file, or a folder with files named like the binaries.
pub fn path(board: &Board, kind: Kind) -> Result<PathBuf> {
    let binary = board.binary(kind);
    match std::env::var_os("OAL_FIRMWARE").map(PathBuf::from) {
        Some(folder) if folder.is_dir() => Ok(folder.join(binary)),
        Some(file) => Ok(file),
        None if board.is_in_c() => Ok(c::compile(board)?.join(binary)),
        None => Ok(compile(board, None)?.join(binary)),
    }
}

/// An error where a compiler for the board's firmware is missing.
pub fn require(board: &Board) -> Result<()> {
    Toolchain::require(board.target)?;
    if board.is_in_c() { c::require() } else { Ok(()) }
}

/// Builds the firmware and opens a copy, so that it stays the same for all of a run.
pub fn build(board: &Board, kind: Kind) -> Result<Firmware> {
    Firmware::open(&path(board, kind)?)
}

/// Builds it once more with another build id, into a folder of its own: for the case in which an image meets a
/// firmware that did not take it.
pub fn build_other(board: &Board, kind: Kind) -> Result<Firmware> {
    Firmware::open(&compile(board, Some("another-build"))?.join(board.binary(kind)))
}

/// Returns the folder with the binaries.
fn compile(board: &Board, tag: Option<&str>) -> Result<PathBuf> {
    let toolchain = Toolchain::require(board.target)?;
    let mut command = toolchain.cargo("build");
    let mut folder = toolchain.target_dir();
    if let Some(tag) = tag {
        folder = folder.join(tag);
        command.env("OAL_BUILD_TAG", tag);
    }
    command.args(["--release", "--package", board.name, "--target-dir"]).arg(&folder);
    let again = if tag.is_some() { " again, with another build id" } else { "" };
    let spinner = progress::spinner(&format!("building the firmware for {}{again}", board.name));
    let output = command.stdin(Stdio::null()).output().context("cannot start cargo")?;
    spinner.finish_and_clear();
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        anyhow::bail!("the firmware for {} does not build (`{}`)", board.name, shell::line(&command));
    }
    Ok(folder.join(board.target.triple()).join("release"))
}
