//! Building a board's firmware in C, on the static library.

use crate::board::{Board, Program, Programs};
use crate::toolchain::Toolchain;
use crate::{paths, progress, shell};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler.
pub const COMPILER: &str = "arm-none-eabi-gcc";
/// What makes plain bytes of a program; it comes with the compiler.
const OBJCOPY: &str = "arm-none-eabi-objcopy";

/// Options for compiling and linking: freestanding C99 without a warning.
const OPTIONS: [&str; 15] = [
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-pedantic",
    "-Werror",
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
    "-Wl,--no-warn-rwx-segments,-z,noexecstack,--fatal-warnings",
];

/// An error where there is no C compiler.
pub fn require() -> Result<()> {
    let found = shell::which(COMPILER).map(drop);
    found.with_context(|| format!("no {COMPILER} was found; `cargo xtask setup` installs it"))
}

/// Builds the library and all programs, and returns the folder with their ELF files.
pub fn compile(board: &Board, programs: &Programs) -> Result<PathBuf> {
    require()?;
    let toolchain = Toolchain::require(board.target)?;
    let out = folder(board)?;
    let spinner = progress::spinner(&format!("building the firmware for {}", board.name));
    let library = oal_archive::build(toolchain.cargo("rustc"), Some(board.target.triple()), &out);
    let library = library.context("the static library does not build")?;
    let sources = board.folder.join(&programs.sources);
    for program in [&programs.one_call, &programs.kernel, &programs.loader] {
        link(program, &programs.cpu, &sources, &library, &out)?;
    }
    spinner.finish_and_clear();
    Ok(out)
}

/// The folder with what `compile` makes.
pub fn folder(board: &Board) -> Result<PathBuf> {
    Ok(Toolchain::require(board.target)?.target_dir().join(&board.name))
}

/// Compiles a program and links it with the library.
fn link(program: &Program, cpu: &[String], sources: &Path, library: &Path, out: &Path) -> Result<()> {
    let mut command = Command::new(COMPILER);
    command.args(OPTIONS).args(cpu).arg("-I").arg(paths::root().join("oal/include"));
    command.args(program.sources.iter().map(|name| sources.join(name)));
    // Linker scripts include each other from there.
    command.arg(library).arg("-lgcc").arg("-L").arg(sources);
    command.arg("-T").arg(sources.join(&program.script));
    run(command.arg("-o").arg(out.join(&program.name)))
}

/// The bytes of the flash that the board starts from: boot loader and kernel of this folder.
pub fn flash(programs: &Programs, folder: &Path) -> Result<Vec<u8>> {
    let binary = |program: &Program| {
        let file = tempfile::NamedTempFile::new()?;
        let mut command = Command::new(OBJCOPY);
        run(command.args(["-O", "binary"]).arg(folder.join(&program.name)).arg(file.path()))?;
        Ok::<_, anyhow::Error>(std::fs::read(file.path())?)
    };
    let (mut flash, kernel) = (binary(&programs.loader)?, binary(&programs.kernel)?);
    ensure!(flash.len() <= programs.kernel_at, "the boot loader has {} bytes, too many", flash.len());
    flash.resize(programs.kernel_at, 0xff);
    flash.extend(kernel);
    Ok(flash)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{}` failed:\n{said}", shell::line(command));
    Ok(())
}
