//! Building the firmware in C of `oal/examples`, on the static library.

use crate::board::Board;
use crate::toolchain::Toolchain;
use crate::{paths, progress, shell};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// The compiler.
pub const COMPILER: &str = "arm-none-eabi-gcc";

/// Sources of the firmware with the one-call interface.
const SOURCES: [&str; 4] = ["start.S", "registers.S", "board.c", "one_call.c"];

/// Options for compiling and linking: freestanding C99 without a warning.
const OPTIONS: [&str; 18] = [
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-pedantic",
    "-Werror",
    "-mcpu=cortex-a9",
    "-mfloat-abi=soft",
    "-marm",
    "-O2",
    "-g",
    "-ffreestanding",
    // A loop that copies must not become a call of the function that it is in.
    "-fno-tree-loop-distribute-patterns",
    "-ffunction-sections",
    "-fdata-sections",
    "-nostdlib",
    "-Wl,--gc-sections",
    "-Wl,--build-id=sha1",
    "-Wl,--no-warn-rwx-segments,-z,noexecstack",
];

/// An error where there is no C compiler.
pub fn require() -> Result<()> {
    let found = shell::which(COMPILER).map(drop);
    found.with_context(|| format!("no {COMPILER} was found; `cargo xtask setup` installs it"))
}

/// Builds library and firmware, and returns the folder with the binary.
pub fn compile(board: &Board) -> Result<PathBuf> {
    require()?;
    let toolchain = Toolchain::require(board.target)?;
    let out = toolchain.target_dir().join(board.name);
    let spinner = progress::spinner(&format!("building the firmware for {}", board.name));
    let library = oal_archive::build(toolchain.cargo("rustc"), Some(board.target.triple()), &out);
    let library = library.context("the static library does not build")?;
    let oal = paths::root().join("oal");
    let examples = oal.join("examples");
    let mut command = Command::new(COMPILER);
    command.args(OPTIONS).arg("-I").arg(oal.join("include"));
    command.args(SOURCES.map(|name| examples.join(name)));
    command.arg(library).arg("-lgcc");
    command.arg("-T").arg(examples.join("one_call.ld"));
    command.arg("-o").arg(out.join(board.name));
    let output = command.output().with_context(|| format!("cannot start {COMPILER}"))?;
    spinner.finish_and_clear();
    ensure!(
        output.status.success(),
        "the firmware for {} does not build (`{}`):\n{}",
        board.name,
        shell::line(&command),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(out)
}
