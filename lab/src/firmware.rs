//! Building a board's firmware.

mod c;

use crate::board::{Board, Medium, Program, Programs};
use crate::harness::elf::Firmware;
use crate::progress;
use crate::toolchain::{Target, Toolchain};
use anyhow::{Result, anyhow};
use std::path::PathBuf;
use std::sync::OnceLock;

pub use c::COMPILER;

/// Builds all firmware of a board and says where the one for this medium is. `OAL_FIRMWARE` names what to use
/// instead, such as a build of another machine: an ELF file, or a folder with files named like the binaries.
pub fn path(board: &Board, medium: &Medium) -> Result<PathBuf> {
    let binary = &medium.program;
    match std::env::var_os("OAL_FIRMWARE").map(PathBuf::from) {
        Some(folder) if folder.is_dir() => Ok(folder.join(binary)),
        Some(file) => Ok(file),
        None => match &board.c {
            Some(programs) => Ok(c::compile(board, programs)?.join(binary)),
            None => Ok(compile(board, None)?.0.join(binary)),
        },
    }
}

/// An error where a compiler for the board's firmware is missing.
pub fn require(board: &Board) -> Result<()> {
    Toolchain::require(board.target)?;
    if board.is_in_c() { c::require() } else { Ok(()) }
}

/// Builds the firmware and opens a copy, so that it stays the same for all of a run.
pub fn build(board: &Board, medium: &Medium) -> Result<Firmware> {
    Firmware::open(&path(board, medium)?)
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
    /// Where the kernel is in it.
    pub at: usize,
    flash_mib: u64,
}

impl Kernel {
    /// What was built with the board's firmware. `OAL_FIRMWARE`, if it is set, must name a folder here.
    pub fn open(board: &Board, programs: &Programs) -> Result<Self> {
        let folder = match std::env::var_os("OAL_FIRMWARE").map(PathBuf::from) {
            Some(folder) => folder,
            None => c::folder(board)?,
        };
        let open = |program: &Program| Firmware::open(&folder.join(&program.name));
        let (system, loader) = (open(&programs.kernel)?, open(&programs.loader)?);
        let Programs { kernel_at: at, flash_mib, .. } = *programs;
        Self { system, loader, flash: Vec::new(), at, flash_mib }.in_flash(c::flash(programs, &folder)?)
    }

    /// The same programs, the flash with these bytes.
    pub fn in_flash(&self, flash: Vec<u8>) -> Result<Self> {
        let put = |program: &Firmware| program.in_flash(&flash, self.flash_mib << 20);
        Ok(Self { system: put(&self.system)?, loader: put(&self.loader)?, flash, ..*self })
    }
}

/// Builds it once more with another build id, into a folder of its own: for the case in which an image meets
/// a firmware that did not take it.
pub fn build_other(board: &Board, medium: &Medium) -> Result<Firmware> {
    Firmware::open(&compile(board, Some("another-build"))?.0.join(&medium.program))
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
    progress::watch("building the ports with a fault each", &mut command)?;
    Ok(folder.join(target.triple()).join("release"))
}

/// Builds a board's firmware, and returns the folder with the programs and what the compiler said. A board
/// outside this workspace is a workspace of its own, whose programs go to the same folder.
pub fn compile(board: &Board, tag: Option<&str>) -> Result<(PathBuf, String)> {
    let toolchain = Toolchain::require(board.target)?;
    let mut command = toolchain.cargo("build");
    let mut folder = toolchain.target_dir();
    if let Some(tag) = tag {
        folder = folder.join(tag);
        command.env("OAL_BUILD_TAG", tag);
    }
    command.args(["--release", "--manifest-path"]).arg(board.folder.join("Cargo.toml"));
    command.arg("--target-dir").arg(&folder);
    let again = if tag.is_some() { " again, with another build id" } else { "" };
    let said = progress::watch(&format!("building the firmware for {}{again}", board.name), &mut command)?;
    Ok((folder.join(board.target.triple()).join("release"), said))
}
