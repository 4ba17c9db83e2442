//! A newer QEMU beside the system's: Debian's unstable packages with all that they need, down to the C
//! library, unpacked into a folder below `target`.

use super::apt;
use crate::{paths, progress, shell};
use anyhow::{Context, Result, ensure};
use oal_lab_host::qemu::{Emulator, PROGRAM};
use std::path::Path;
use std::process::Command;

const SUITE: &str = "sid";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Downloads and unpacks it. The folder gets its final name only when the program in it has run.
pub fn install() -> Result<()> {
    let mirror = apt::mirror()?;
    let root = paths::new_qemu();
    let work = root.with_extension("part");
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(&work)?;
    let tree = work.join("tree");
    let done = fetch(&mirror, &work).and_then(|()| unpack(&work, &tree)).and_then(|()| {
        let found = Emulator::unpacked(&tree).context("the unpacked QEMU does not start")?;
        ensure!(found.has_emmc(), "QEMU {} is not new enough", found.label());
        let _ = std::fs::remove_dir_all(&root);
        std::fs::rename(&tree, &root).context("cannot put the unpacked QEMU in its place")
    });
    let _ = std::fs::remove_dir_all(&work);
    done
}

/// A package manager with folders of its own and no idea of what is installed, so that it fetches the whole
/// closure.
fn fetch(mirror: &str, work: &Path) -> Result<()> {
    for folder in ["lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(work.join(folder))?;
    }
    let signed = if Path::new(KEYRING).exists() { format!("Signed-By: {KEYRING}\n") } else { String::new() };
    let source = format!("Types: deb\nURIs: {mirror}\nSuites: {SUITE}\nComponents: main\n{signed}");
    std::fs::write(work.join("newer.sources"), source)?;
    std::fs::write(work.join("status"), "")?;
    let own = |key: &str, name: &str| format!("{key}={}", work.join(name).display());
    let options = [
        own("Dir::Etc::sourcelist", "newer.sources"),
        "Dir::Etc::sourceparts=-".to_string(),
        own("Dir::State::Lists", "lists"),
        own("Dir::State::status", "status"),
        own("Dir::Cache", "cache"),
        format!("APT::Default-Release={SUITE}"),
        "APT::Sandbox::User=root".to_string(),
        "Acquire::Languages=none".to_string(),
        "Acquire::Retries=2".to_string(),
        "Acquire::http::Timeout=30".to_string(),
    ];
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        for option in &options {
            command.arg("-o").arg(option);
        }
        shell::read(command.args(arguments)).map(drop)
    };
    let spinner = progress::spinner("  downloading about 45 MB of packages");
    let fetched = apt(&["update", "--error-on=any"]).and_then(|()| {
        apt(&["install", "-y", "--no-install-recommends", "--download-only", PROGRAM, "libc6"])
    });
    spinner.finish_and_clear();
    fetched.context("the packages cannot be downloaded")
}

fn unpack(work: &Path, tree: &Path) -> Result<()> {
    let packages: Vec<_> =
        std::fs::read_dir(work.join("cache/archives"))?.flatten().map(|e| e.path()).collect();
    let packages: Vec<_> = packages.iter().filter(|p| p.extension().is_some_and(|e| e == "deb")).collect();
    let bar = progress::bar(packages.len() as u64, "  unpacking");
    for package in packages {
        shell::read(Command::new("dpkg").arg("-x").arg(package).arg(tree))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}
