//! Building the firmware in C of `oal/examples`, on the static library.

use crate::board::Board;
use crate::toolchain::Toolchain;
use crate::{paths, progress, shell};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler.
pub const COMPILER: &str = "arm-none-eabi-gcc";
/// What makes plain bytes of a program; it comes with the compiler.
const OBJCOPY: &str = "arm-none-eabi-objcopy";

/// A program of `oal/examples`.
struct Program {
    /// The name of its ELF file.
    name: &'static str,
    sources: &'static [&'static str],
    script: &'static str,
}

/// The firmware with the one-call interface; its name is the board's.
const ONE_CALL: Program = Program {
    name: "vexpress-a9-c",
    sources: &["start.S", "registers.S", "board.c", "console.c", "clock.c", "life.c", "one_call.c"],
    script: "one_call.ld",
};
/// A kernel that calls the hooks.
const KERNEL: Program = Program {
    name: "kernel",
    sources: &["start.S", "registers.S", "board.c", "console.c", "flash.c", "life.c", "oal.c", "kernel.c"],
    script: "kernel.ld",
};
/// Its boot loader.
const LOADER: Program = Program {
    name: "loader",
    sources: &["start.S", "board.c", "console.c", "flash.c", "oal.c", "loader.c"],
    script: "loader.ld",
};

/// Where the kernel is in the flash that the board starts from, behind the boot loader: `layout.h`.
pub const KERNEL_IN_FLASH: usize = 1 << 20;

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
    "-Wl,--no-warn-rwx-segments,-z,noexecstack,--fatal-warnings",
];

/// An error where there is no C compiler.
pub fn require() -> Result<()> {
    let found = shell::which(COMPILER).map(drop);
    found.with_context(|| format!("no {COMPILER} was found; `cargo xtask setup` installs it"))
}

/// Builds the library and all programs, and returns the folder with their ELF files.
pub fn compile(board: &Board) -> Result<PathBuf> {
    require()?;
    let toolchain = Toolchain::require(board.target)?;
    let out = folder(board)?;
    let spinner = progress::spinner(&format!("building the firmware for {}", board.name));
    let library = oal_archive::build(toolchain.cargo("rustc"), Some(board.target.triple()), &out);
    let library = library.context("the static library does not build")?;
    [ONE_CALL, KERNEL, LOADER].iter().try_for_each(|program| link(program, &library, &out))?;
    spinner.finish_and_clear();
    Ok(out)
}

/// The folder with what `compile` makes.
pub fn folder(board: &Board) -> Result<PathBuf> {
    Ok(Toolchain::require(board.target)?.target_dir().join(board.name))
}

/// Compiles a program and links it with the library.
fn link(program: &Program, library: &Path, out: &Path) -> Result<()> {
    let oal = paths::root().join("oal");
    let examples = oal.join("examples");
    let mut command = Command::new(COMPILER);
    command.args(OPTIONS).arg("-I").arg(oal.join("include"));
    command.args(program.sources.iter().map(|name| examples.join(name)));
    // Linker scripts include each other from there.
    command.arg(library).arg("-lgcc").arg("-L").arg(&examples);
    command.arg("-T").arg(examples.join(program.script));
    run(command.arg("-o").arg(out.join(program.name)))
}

/// The bytes of the flash that the board starts from: boot loader and kernel of this folder.
pub fn flash(folder: &Path) -> Result<Vec<u8>> {
    let binary = |program: &Program| {
        let file = tempfile::NamedTempFile::new()?;
        let mut command = Command::new(OBJCOPY);
        run(command.args(["-O", "binary"]).arg(folder.join(program.name)).arg(file.path()))?;
        Ok::<_, anyhow::Error>(std::fs::read(file.path())?)
    };
    let (mut flash, kernel) = (binary(&LOADER)?, binary(&KERNEL)?);
    ensure!(flash.len() <= KERNEL_IN_FLASH, "the boot loader has {} bytes, too many", flash.len());
    flash.resize(KERNEL_IN_FLASH, 0xff);
    flash.extend(kernel);
    Ok(flash)
}

/// The ELF files of the kernel and its boot loader in a folder.
pub fn kernel_and_loader(folder: &Path) -> [PathBuf; 2] {
    [&KERNEL, &LOADER].map(|program| folder.join(program.name))
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{}` failed:\n{said}", shell::line(command));
    Ok(())
}
