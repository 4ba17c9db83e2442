//! The compilers that can build the firmware: rustup's, with the target installed or with the sources of the
//! standard library, or Debian's with its sources.

use crate::{paths, shell};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's packages that can stand in for the standard library of every target.
pub const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "binutils-arm-none-eabi"];

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const LINKER: &str = "arm-none-eabi-ld";

/// What a firmware is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Cortex-A.
    Armv7a,
    /// XScale and the like. Nobody offers a standard library for it: it is built from its sources.
    Armv5te,
}

impl Target {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Armv7a, Self::Armv5te];

    /// Its name for the compiler.
    pub fn triple(self) -> &'static str {
        match self {
            Self::Armv7a => "armv7a-none-eabi",
            Self::Armv5te => "armv5te-none-eabi",
        }
    }

    /// Whether rustup has a standard library for it.
    pub fn is_offered(self) -> bool {
        self == Self::Armv7a
    }

    /// The variable in which cargo looks for a setting of this target alone.
    fn variable(self, what: &str) -> String {
        format!("CARGO_TARGET_{}_{what}", self.triple().replace('-', "_").to_uppercase())
    }
}

/// How to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The compiler in use has the target.
    Installed,
    /// The compiler in use builds `core` itself.
    Sources,
    /// Debian's compiler builds `core` itself; it comes without a linker for the target, so GNU's is used.
    Debian,
}

/// A way to compile for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    target: Target,
    way: Way,
}

impl Toolchain {
    /// Whether a plain `cargo build --target` does.
    pub fn is_plain(&self) -> bool {
        self.way == Way::Installed
    }

    /// The first way that works here.
    pub fn find(target: Target) -> Option<Self> {
        let way = if is_installed(target) {
            Way::Installed
        } else if has_sources("rustc") {
            Way::Sources
        } else if debian_is_complete() {
            Way::Debian
        } else {
            return None;
        };
        Some(Self { target, way })
    }

    /// The same, or a sentence that says what to do.
    pub fn require(target: Target) -> Result<Self> {
        match Self::find(target) {
            Some(found) => Ok(found),
            None => bail!("no compiler for {} was found; `cargo xtask setup` installs one", target.triple()),
        }
    }

    /// `cargo VERB ... --target TARGET`, ready for more arguments; the caller names the target folder.
    pub fn cargo(&self, verb: &str) -> Command {
        let mut command = match self.way {
            Way::Installed => cargo(verb),
            Way::Sources => {
                let mut command = cargo(verb);
                command.arg("-Zbuild-std=core").env("RUSTC_BOOTSTRAP", "1");
                command
            }
            Way::Debian => {
                let mut command = Command::new(DEBIAN_CARGO);
                command.current_dir(paths::root());
                command.arg(verb).arg("-Zbuild-std=core");
                command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
                command.env(self.target.variable("LINKER"), LINKER);
                command.env(self.target.variable("RUSTFLAGS"), "-Clinker-flavor=ld");
                command
            }
        };
        command.args(["--target", self.target.triple()]);
        command
    }

    /// Where it puts what it builds. Two compilers in one folder would rebuild everything in turns.
    pub fn target_dir(&self) -> PathBuf {
        match self.way {
            Way::Installed | Way::Sources => paths::target(),
            Way::Debian => paths::target().join("debian"),
        }
    }

    /// Whether clippy comes with it.
    pub fn has_clippy(&self) -> bool {
        self.way != Way::Debian
    }

    /// Its version and place, for the table of `setup`.
    pub fn describe(&self) -> (String, String) {
        let program = match self.way {
            Way::Installed | Way::Sources => "rustc",
            Way::Debian => DEBIAN_RUSTC,
        };
        let version = shell::read(Command::new(program).arg("--version")).unwrap_or_default();
        let number = version.split(' ').nth(1).unwrap_or("?").to_string();
        let place = || sysroot("rustc").map(|p| p.display().to_string()).unwrap_or_default();
        let place = match self.way {
            Way::Installed => place(),
            Way::Sources => format!("{}, which builds core itself", place()),
            Way::Debian => format!("{DEBIAN_RUSTC}, which builds core itself"),
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

fn is_installed(target: Target) -> bool {
    let Some(sysroot) = sysroot("rustc") else { return false };
    let lib = sysroot.join("lib/rustlib").join(target.triple()).join("lib");
    let Ok(files) = std::fs::read_dir(lib) else { return false };
    files.flatten().any(|f| f.file_name().to_string_lossy().starts_with("libcore-"))
}

/// Whether the compiler has the sources of its standard library beside it.
fn has_sources(rustc: &str) -> bool {
    sysroot(rustc).is_some_and(|s| s.join("lib/rustlib/src/rust/library/core").is_dir())
}

fn debian_is_complete() -> bool {
    shell::is_program(Path::new(DEBIAN_CARGO)) && has_sources(DEBIAN_RUSTC) && shell::which(LINKER).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_those_of_one_target() {
        assert_eq!(Target::Armv5te.variable("LINKER"), "CARGO_TARGET_ARMV5TE_NONE_EABI_LINKER");
        assert!(Target::Armv7a.is_offered() && !Target::Armv5te.is_offered());
    }
}
