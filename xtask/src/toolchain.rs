//! The compilers that can build the firmware: rustup's with the target installed, or Debian's with its sources.

use crate::{paths, shell};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The firmware's target.
pub const TARGET: &str = "armv7a-none-eabi";

/// Debian's packages that can stand in for the target's standard library.
pub const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "binutils-arm-none-eabi"];

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const LINKER: &str = "arm-none-eabi-ld";

/// A way to compile for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Toolchain {
    /// The compiler in use has the target.
    Installed,
    /// Debian's compiler builds `core` itself; it comes without a linker for the target, so GNU's is used.
    Debian,
}

impl Toolchain {
    /// The first way that works here.
    pub fn find() -> Option<Self> {
        if target_is_installed() {
            Some(Self::Installed)
        } else if debian_is_complete() {
            Some(Self::Debian)
        } else {
            None
        }
    }

    /// The same, or a sentence that says what to do.
    pub fn require() -> Result<Self> {
        match Self::find() {
            Some(found) => Ok(found),
            None => bail!("no compiler for {TARGET} was found; `cargo xtask setup` installs one"),
        }
    }

    /// `cargo VERB ... --target TARGET`, ready for more arguments; the caller names the target folder.
    pub fn cargo(&self, verb: &str) -> Command {
        let mut command = match self {
            Self::Installed => cargo(verb),
            Self::Debian => {
                let mut command = Command::new(DEBIAN_CARGO);
                command.current_dir(paths::root());
                command.arg(verb).arg("-Zbuild-std=core");
                command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
                command.env("CARGO_TARGET_ARMV7A_NONE_EABI_LINKER", LINKER);
                command.env("CARGO_TARGET_ARMV7A_NONE_EABI_RUSTFLAGS", "-Clinker-flavor=ld");
                command
            }
        };
        command.args(["--target", TARGET]);
        command
    }

    /// Where it puts what it builds. Two compilers in one folder would rebuild everything in turns.
    pub fn target_dir(&self) -> PathBuf {
        match self {
            Self::Installed => paths::target(),
            Self::Debian => paths::target().join("debian"),
        }
    }

    /// Its version and place, for the table of `setup`.
    pub fn describe(&self) -> (String, String) {
        let program = match self {
            Self::Installed => "rustc",
            Self::Debian => DEBIAN_RUSTC,
        };
        let version = shell::read(Command::new(program).arg("--version")).unwrap_or_default();
        let number = version.split(' ').nth(1).unwrap_or("?").to_string();
        let place = match self {
            Self::Installed => sysroot("rustc").map(|p| p.display().to_string()).unwrap_or_default(),
            Self::Debian => format!("{DEBIAN_RUSTC}, which builds core itself"),
        };
        (number, place)
    }
}

/// The cargo that runs this task, in the workspace.
pub fn cargo(verb: &str) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.arg(verb).current_dir(paths::root());
    command
}

fn sysroot(rustc: &str) -> Option<PathBuf> {
    let text = shell::read(Command::new(rustc).args(["--print", "sysroot"])).ok()?;
    Some(PathBuf::from(text.trim()))
}

fn target_is_installed() -> bool {
    let Some(sysroot) = sysroot("rustc") else { return false };
    let lib = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    let Ok(files) = std::fs::read_dir(lib) else { return false };
    files.flatten().any(|f| f.file_name().to_string_lossy().starts_with("libcore-"))
}

fn debian_is_complete() -> bool {
    let sources = sysroot(DEBIAN_RUSTC).map(|s| s.join("lib/rustlib/src/rust/library/core"));
    shell::is_program(Path::new(DEBIAN_CARGO))
        && sources.is_some_and(|s| s.is_dir())
        && shell::which(LINKER).is_some()
}
