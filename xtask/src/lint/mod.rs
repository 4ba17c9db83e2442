//! `cargo xtask lint`: all checks that need no emulator. Every failure is collected before the task ends.

mod circles;
mod features;
mod layers;
mod licences;
mod package;
mod prose;

use crate::board;
use crate::table;
use crate::toolchain::{Target, Toolchain, cargo};
use crate::{no_panic, paths, shell};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::Command;

/// The packages that are compiled for ARMv7-A, besides the boards.
const FOR_ARMV7A: [&str; 8] = [
    "oal-snapshot",
    "oal-media",
    "oal-drivers",
    "oal-demo",
    "oal-firmware",
    "oal",
    "oal-no-panic",
    "oal-broken-ports",
];
/// The packages whose features are offered to users.
const WITH_FEATURES: [&str; 3] = ["oal-snapshot", "oal-media", "oal-drivers"];

/// The crates that are held to have no circle of imports.
const WITHOUT_CIRCLES: [&str; 4] = [".", "media", "drivers", "oal"];

/// What a check came to.
enum Verdict {
    Good,
    Skipped(String),
}

/// Runs all checks, or those whose name contains `filter`.
pub fn main(filter: Option<String>) -> Result<()> {
    let mut checks = Checks { filter: filter.unwrap_or_default(), ..Checks::default() };
    checks.run("formatting", || ran(cargo("fmt").args(["--all", "--", "--check", "-l"])));
    checks.run("clippy for the host", || {
        ran(cargo("clippy").args(["--quiet", "--all-targets", "--", "--deny", "warnings"]))
    });
    for target in Target::ALL {
        checks.run(&format!("clippy for {}", target.triple()), || clippy_for(target));
    }
    checks.run("documentation", || {
        let mut command = cargo("doc");
        ran(command.args(["--quiet", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))
    });
    checks.run("form of the documentation", || {
        let without = || Verdict::Skipped("this is no checkout of git".into());
        Ok(if prose::check()? { Verdict::Good } else { without() })
    });
    checks.run("no panic in the library", || no_panic::main().map(|()| Verdict::Good));
    for folder in WITHOUT_CIRCLES {
        checks.run(&format!("circles of imports in {folder}/src"), || {
            circles::check(&paths::root().join(folder)).map(|()| Verdict::Good)
        });
    }
    let metadata = metadata();
    match &metadata {
        Ok(metadata) => {
            for package in WITH_FEATURES {
                for set in features::combinations(metadata, package) {
                    let shown = if set.is_empty() { "no feature".to_string() } else { set.join(" and ") };
                    checks.run(&format!("{package} with {shown}"), || with_features(package, &set));
                }
            }
            checks.run("oldest compiler", || oldest_compiler(metadata));
            checks.run("layers of the crates", || layers::check(metadata).map(|()| Verdict::Good));
            checks.run("packages, unpacked elsewhere", || package::check(metadata).map(|()| Verdict::Good));
            checks.run("licences", || licences::check(metadata).map(|()| Verdict::Good));
        }
        Err(error) => checks.failed.push(format!("cargo metadata: {error:#}")),
    }
    checks.run("cargo deny", || external("cargo-deny", &["deny", "check", "advisories", "bans", "sources"]));
    checks.run("cargo audit", || external("cargo-audit", &["audit"]));
    checks.finish()
}

#[derive(Default)]
struct Checks {
    filter: String,
    passed: usize,
    skipped: usize,
    failed: Vec<String>,
}

impl Checks {
    fn run(&mut self, name: &str, check: impl FnOnce() -> Result<Verdict>) {
        if !name.contains(&self.filter) {
            return;
        }
        println!("--- {name}");
        match check() {
            Ok(Verdict::Good) => self.passed += 1,
            Ok(Verdict::Skipped(why)) => {
                println!("    skipped: {why}");
                self.skipped += 1;
            }
            Err(error) => {
                println!("    FAILED: {error:#}");
                self.failed.push(format!("{name}: {error:#}"));
            }
        }
    }

    fn finish(self) -> Result<()> {
        println!("\n{} checks passed, {} failed, {} skipped", self.passed, self.failed.len(), self.skipped);
        if self.passed + self.failed.len() + self.skipped == 0 {
            bail!("no check has `{}` in its name", self.filter);
        }
        if self.failed.is_empty() {
            return Ok(());
        }
        self.failed.iter().for_each(|f| println!("  {f}"));
        println!("One alone: `cargo xtask lint --filter NAME`, with the name or a part of it.");
        bail!("{} failed", table::count(self.failed.len() as u64, "check"));
    }
}

fn ran(command: &mut Command) -> Result<Verdict> {
    shell::run(command).map(|()| Verdict::Good)
}

/// The boards of a target, and what else is compiled for it.
fn clippy_for(target: Target) -> Result<Verdict> {
    let boards = board::all()?.iter().filter(|board| board.target == target && !board.is_in_c());
    let others: &[&str] = if target == Target::Armv7a { &FOR_ARMV7A } else { &[] };
    let packages = boards.map(|board| board.name.as_str()).chain(others.iter().copied());
    on_target(target, &packages.flat_map(|package| ["--package", package]).collect::<Vec<_>>())
}

/// The library's users compile it for the target, so that is what must work with every set of features.
fn with_features(package: &str, set: &[String]) -> Result<Verdict> {
    on_target(
        Target::Armv7a,
        &["--package", package, "--lib", "--no-default-features", "--features", &set.join(",")],
    )
}

fn on_target(target: Target, arguments: &[&str]) -> Result<Verdict> {
    // Without the reference board's target nothing is checked at all; another target may be missing.
    let toolchain = match Toolchain::find(target) {
        Some(found) => found,
        None if !target.is_offered() => {
            return Ok(Verdict::Skipped(format!("no compiler for {} was found", target.triple())));
        }
        None => Toolchain::require(target)?,
    };
    // Debian's compiler comes without clippy: there it is the compiler's own warnings.
    let verb = if toolchain.has_clippy() { "clippy" } else { "check" };
    let mut command = toolchain.cargo(verb);
    command.arg("--quiet").arg("--target-dir").arg(toolchain.target_dir()).args(arguments);
    if verb == "clippy" {
        command.args(["--", "--deny", "warnings"]);
    }
    ran(&mut command)
}

/// The version that `rust-version` states must compile the workspace.
fn oldest_compiler(metadata: &Value) -> Result<Verdict> {
    let stated = features::package(metadata, "oal-snapshot")
        .and_then(|p| p["rust_version"].as_str().map(str::to_string));
    let stated = stated.context("`Cargo.toml` states no rust-version")?;
    let running = shell::read(Command::new("rustc").arg("--version"))?;
    let running = running.split(' ').nth(1).unwrap_or_default().to_string();
    let is_stated =
        |v: &str| v == stated || v.strip_prefix(&stated).is_some_and(|rest| rest.starts_with('.'));
    if is_stated(&running) {
        println!("    the compiler in use is {running}: every check above was a check of {stated}");
        return Ok(Verdict::Good);
    }
    let installed = shell::read(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
    let Some(name) = installed.lines().filter_map(|l| l.split(['-', ' ']).next()).find(|n| is_stated(n))
    else {
        return Ok(Verdict::Skipped(format!(
            "the compiler in use is {running}, and {stated} is not installed"
        )));
    };
    let mut command = Command::new("rustup");
    command.current_dir(paths::root()).args(["run", name, "cargo", "check", "--quiet", "--all-targets"]);
    ran(command.arg("--target-dir").arg(paths::target().join("oldest")))
}

fn metadata() -> Result<Value> {
    let text = shell::read(cargo("metadata").args(["--format-version", "1", "--locked"]))?;
    serde_json::from_str(&text).context("cargo metadata is not JSON")
}

fn external(program: &str, arguments: &[&str]) -> Result<Verdict> {
    if shell::which(program).is_none() {
        return Ok(Verdict::Skipped(format!("{program} is not installed")));
    }
    ran(Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(paths::root())
        .args(arguments))
}
