//! A QEMU that was found on this machine: how to start it and what its version can do.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program's name, on the search path and inside the private root.
pub const PROGRAM: &str = "qemu-system-arm";

/// A QEMU for ARM.
#[derive(Debug, Clone)]
pub struct Emulator {
    program: PathBuf,
    first: Vec<OsString>,
    environment: Vec<(&'static str, PathBuf)>,
    /// Major and minor version.
    pub version: (u32, u32),
}

impl Emulator {
    /// A QEMU that is a program like any other.
    pub fn plain(program: &Path) -> Result<Self> {
        Self { program: program.to_path_buf(), first: Vec::new(), environment: Vec::new(), version: (0, 0) }
            .probe()
    }

    /// A QEMU inside a folder of unpacked packages, started by the loader and with the libraries of that
    /// folder: the machine's own C library may be too old for it.
    pub fn unpacked(root: &Path) -> Result<Self> {
        let libraries = library_folder(root)?;
        let loader = find_loader(&libraries)?;
        let first = vec![
            "--library-path".into(),
            libraries.clone().into_os_string(),
            root.join("usr/bin").join(PROGRAM).into_os_string(),
            "-L".into(),
            root.join("usr/share/qemu").into_os_string(),
        ];
        // Without this it would load the modules of the machine's own QEMU and stop.
        let environment = vec![("QEMU_MODULE_DIR", libraries.join("qemu"))];
        Self { program: loader, first, environment, version: (0, 0) }.probe()
    }

    /// The command without the machine's options.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.first).envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Options that keep the sound card silent; they differ by version.
    pub fn quiet_audio(&self) -> [&'static str; 2] {
        if self.version >= (8, 0) { ["-audio", "none"] } else { ["-audiodev", "none,id=snd0"] }
    }

    /// True if a user can add an eMMC device (tried on 11.1; 10.0 refuses).
    pub fn has_emmc(&self) -> bool {
        self.version >= (10, 2)
    }

    /// True if it has a machine that this version was the last to have.
    pub fn has(&self, last: Option<(u32, u32)>) -> bool {
        last.is_none_or(|last| self.version <= last)
    }

    /// `11.1`
    pub fn label(&self) -> String {
        format!("{}.{}", self.version.0, self.version.1)
    }

    /// Where its program file is, for the table of `setup`.
    pub fn place(&self) -> &Path {
        let inner = self.first.iter().map(Path::new).find(|p| p.ends_with(PROGRAM));
        inner.unwrap_or(&self.program)
    }

    fn probe(mut self) -> Result<Self> {
        let text = shell::read(self.command().arg("--version"))?;
        let Some(version) = parse_version(&text) else {
            bail!("`{}` does not say `QEMU emulator version`", self.place().display());
        };
        self.version = version;
        Ok(self)
    }
}

/// Reads `QEMU emulator version 7.2.22 (...)`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split("QEMU emulator version ").nth(1)?.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// `ROOT/usr/lib/TRIPLET`, whatever the triplet of this machine is.
fn library_folder(root: &Path) -> Result<PathBuf> {
    let lib = root.join("usr/lib");
    let folders =
        std::fs::read_dir(&lib).with_context(|| format!("`{}` has no libraries", root.display()))?;
    let mut folders = folders.flatten().map(|e| e.path());
    folders
        .find(|p| p.join("libc.so.6").exists())
        .with_context(|| format!("no C library below `{}`", lib.display()))
}

fn find_loader(libraries: &Path) -> Result<PathBuf> {
    let files = std::fs::read_dir(libraries)?.flatten().map(|e| e.path());
    let is_loader = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("ld-linux"));
    files
        .into_iter()
        .find(is_loader)
        .with_context(|| format!("no dynamic loader in `{}`", libraries.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(parse_version("QEMU emulator version 7.2.22 (Debian 1:7.2)"), Some((7, 2)));
        assert_eq!(parse_version("QEMU emulator version 11.1.3\nCopyright"), Some((11, 1)));
        assert_eq!(parse_version("hello"), None);
        assert_eq!(parse_version("GNU something version 1.2"), None);
    }
}
