//! Building a board's firmware.

mod c;

use crate::board::Board;
use crate::harness::elf::Firmware;
use crate::media::Kind;
use crate::progress;
use crate::shell;
use crate::toolchain::{Target, Toolchain};
use anyhow::{Context, Result, anyhow, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

pub use c::{COMPILER, KERNEL_IN_FLASH};

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

/// A kernel in C and the boot loader that starts it.
#[derive(Clone)]
pub struct Kernel {
    /// The kernel, in the flash that the board starts from.
    pub system: Firmware,
    /// The boot loader, in the same flash.
    pub loader: Firmware,
    /// That flash's bytes.
    pub flash: Vec<u8>,
}

impl Kernel {
    /// What was built with the board's firmware. `OAL_FIRMWARE`, if it is set, must name a folder here.
    pub fn open(board: &Board) -> Result<Self> {
        let folder = match std::env::var_os("OAL_FIRMWARE").map(PathBuf::from) {
            Some(folder) => folder,
            None => c::folder(board)?,
        };
        let [system, loader] = c::kernel_and_loader(&folder).map(|path| Firmware::open(&path));
        Self { system: system?, loader: loader?, flash: Vec::new() }.in_flash(c::flash(&folder)?)
    }

    /// The same programs, the flash with these bytes.
    pub fn in_flash(&self, flash: Vec<u8>) -> Result<Self> {
        let [system, loader] = [&self.system, &self.loader].map(|program| program.in_flash(&flash));
        Ok(Self { system: system?, loader: loader?, flash })
    }
}

/// Builds it once more with another build id, into a folder of its own: for the case in which an image meets a
/// firmware that did not take it.
pub fn build_other(board: &Board, kind: Kind) -> Result<Firmware> {
    Firmware::open(&compile(board, Some("another-build"))?.join(board.binary(kind)))
}

/// Builds a board that is a workspace of its own, and returns its firmware and what the compiler said.
pub fn build_apart(folder: &Path, name: &str) -> Result<(Firmware, String)> {
    let toolchain = Toolchain::require(Target::Armv7a)?;
    let mut command = toolchain.cargo("build");
    command.args(["--release", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    command.arg("--target-dir").arg(toolchain.target_dir());
    let spinner = progress::spinner(&format!("building the firmware for {name}"));
    let output = command.stdin(Stdio::null()).output().context("cannot start cargo")?;
    spinner.finish_and_clear();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "the firmware for {name} does not build (`{}`):\n{said}",
        shell::line(&command)
    );
    let built = toolchain.target_dir().join(Target::Armv7a.triple()).join("release").join(name);
    Ok((Firmware::open(&built)?, said))
}

/// Builds the ports with a fault each, once in a run, and opens one. How fast they are does not matter.
pub fn build_broken(port: &str) -> Result<Firmware> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| compile_broken().map_err(|e| format!("{e:#}")));
    Firmware::open(&folder.as_ref().map_err(|e| anyhow!("{e}"))?.join(port))
}

fn compile_broken() -> Result<PathBuf> {
    let target = Target::Armv7a;
    let toolchain = Toolchain::require(target)?;
    let folder = toolchain.target_dir().join("broken-ports");
    let mut command = toolchain.cargo("build");
    command.args(["--release", "--package", "oal-broken-ports", "--bins", "--target-dir"]).arg(&folder);
    for setting in ["lto=false", "codegen-units=16", "opt-level=1", "debug=0"] {
        command.args(["--config", &format!("profile.release.{setting}")]);
    }
    let output = command.stdin(Stdio::null()).output().context("cannot start cargo")?;
    ensure!(
        output.status.success(),
        "the broken ports do not build (`{}`): {}",
        shell::line(&command),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(folder.join(target.triple()).join("release"))
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
