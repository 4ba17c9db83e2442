//! `cargo xtask setup`: finds what the other tasks need and installs what is missing.

pub mod apt;
pub mod newer;

use crate::board::{self, Board};
use crate::firmware::COMPILER;
use crate::toolchain::{DEBIAN_PACKAGES, Target, Toolchain};
use crate::{shell, table};
use anyhow::{Context, Result, bail, ensure};
use oal_lab_host::found::Found;
use oal_lab_host::qemu::Emulator;
use std::io::{BufRead, IsTerminal, Write};
use std::process::Command;

/// Compilers that the tests of the C library run besides the one for ARM: Debian's package, and a program of
/// it.
const HOST_COMPILERS: [(&str, &str); 3] = [("g++", "g++"), ("clang", "clang++"), ("lld", "ld.lld")];

/// Whether all of them are there.
fn has_host_compilers() -> bool {
    HOST_COMPILERS.iter().all(|(_, program)| shell::which(program).is_some())
}

/// What was found, as a table, and what the lack of anything means.
fn table(found: &Found, notes: &[String]) -> Result<String> {
    let boards = board::all()?;
    let skipped = |which: &dyn Fn(&Board) -> bool| {
        let names: Vec<&str> = boards.iter().filter(|b| which(b)).map(|b| b.name.as_str()).collect();
        format!("cases of {} are skipped", names.join(" and "))
    };
    let missing = |what: &str| vec![what.to_string(), "-".to_string()];
    let mut rows = Vec::new();
    let mut compiler = |target: Target, found: &Option<Toolchain>, consequence: &str| {
        let rust = format!("Rust for {}", target.triple());
        rows.push(match found {
            Some(toolchain) => {
                let (version, place) = toolchain.describe();
                vec![rust, version, place]
            }
            None => [missing(&rust), vec![format!("missing: {consequence}")]].concat(),
        });
    };
    compiler(Target::Armv7a, &found.toolchain, "the firmware cannot be built");
    compiler(Target::Armv5te, &found.older_core, &skipped(&|board| board.target == Target::Armv5te));
    rows.push(match shell::which(COMPILER) {
        Some(path) => vec!["C for ARM".into(), COMPILER.into(), path.display().to_string()],
        None => {
            let consequence = format!("missing: {}", skipped(&Board::is_in_c));
            [missing("C for ARM"), vec![consequence]].concat()
        }
    });
    let compilers = HOST_COMPILERS.map(|(_, program)| program).join(", ");
    let mut row = vec!["C for tests".to_string(), compilers, "on the path".into()];
    if !has_host_compilers() {
        row[2] = "not all of them: tests of the C library with them are skipped".into();
    }
    rows.push(row);
    let mut emulator = |what: &str, found: &Option<Emulator>, consequence: &str| {
        rows.push(match found {
            Some(qemu) => vec![what.into(), qemu.label(), qemu.place().display().to_string()],
            None => [missing(what), vec![format!("missing: {consequence}")]].concat(),
        });
    };
    emulator("QEMU", &found.qemu, "all cases run on the newer QEMU, if there is one");
    emulator("QEMU with eMMC", &found.newer, "cases with eMMC are skipped");
    let mut text = table::render(&["tool", "version", "where"], &rows);
    if let Some(qemu) = found.any_qemu() {
        let without = boards.iter().filter(|board| !qemu.has(board.last_qemu));
        let without: Vec<&str> = without.map(|board| board.name.as_str()).collect();
        if !without.is_empty() {
            text.push_str(&format!(
                "\nQEMU {} has no machine {}: their cases are skipped",
                qemu.label(),
                without.join(" and ")
            ));
        }
    }
    notes.iter().for_each(|n| text.push_str(&format!("\n{n}")));
    Ok(text)
}

/// One thing to install.
struct Step {
    says: &'static str,
    run: fn() -> Result<()>,
    consequence: &'static str,
}

/// What the caller is going to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Every kind of medium.
    All,
    /// SD cards only.
    Sd,
}

/// Finds or installs everything and prints what was found. A step that fails is reported with its consequence
/// and does not stop the others; without a compiler or any QEMU in the end there is an error.
pub fn setup(yes: bool, need: Need) -> Result<()> {
    let found = Found::look()?;
    let steps = missing(&found, need);
    let mut notes = Vec::new();
    if !steps.is_empty() {
        println!("To be installed:");
        steps.iter().for_each(|s| println!("  - {}", s.says));
        agree(yes)?;
        for step in &steps {
            println!("Now: {}", step.says);
            if let Err(error) = (step.run)() {
                notes.push(format!("{}: {error:#}", step.consequence));
            }
        }
    }
    let found = if steps.is_empty() { found } else { Found::look()? };
    println!("{}", table(&found, &notes)?);
    ensure!(
        found.toolchain.is_some(),
        "there is no compiler for {}, without which nothing can be built",
        Target::Armv7a.triple()
    );
    ensure!(found.any_qemu().is_some(), "there is no QEMU, without which nothing can be run");
    Ok(())
}

fn missing(found: &Found, need: Need) -> Vec<Step> {
    let mut steps = Vec::new();
    if found.toolchain.is_none() {
        steps.push(Step {
            says: "the compiler's target armv7a-none-eabi by rustup or, where that cannot be had, Debian's Rust with its sources",
            run: || install(Target::Armv7a),
            consequence: "the firmware cannot be built",
        });
    }
    if found.older_core.is_none() && need == Need::All {
        steps.push(Step {
            says: "the sources of Rust's standard library by rustup (rust-src), for the target armv5te-none-eabi, or Debian's Rust with its sources",
            run: || install(Target::Armv5te),
            consequence: "cases of boards with this target will be skipped",
        });
    }
    if shell::which(COMPILER).is_none() && need == Need::All {
        steps.push(Step {
            says: "a C compiler for ARM, Debian's package gcc-arm-none-eabi",
            run: || apt::install(&["gcc-arm-none-eabi"]),
            consequence: "cases of firmware in C will be skipped",
        });
    }
    if !has_host_compilers() && need == Need::All {
        steps.push(Step {
            says: "C and C++ compilers for this machine and clang with lld, Debian's packages g++, clang and lld",
            run: || apt::install(&HOST_COMPILERS.map(|(package, _)| package)),
            consequence: "tests of the C library with these compilers will be skipped",
        });
    }
    if found.qemu.is_none() && (need == Need::All || found.newer.is_none()) {
        steps.push(Step {
            says: "QEMU, Debian's package qemu-system-arm",
            run: || apt::install(&["qemu-system-arm"]),
            consequence: "boards that a newer QEMU no longer has cannot be emulated, and all else needs that QEMU",
        });
    }
    if found.newer.is_none() && need == Need::All {
        steps.push(Step {
            says: "a newer QEMU, which knows eMMC, from Debian's unstable release: unpacked below target/qemu-new, the system stays as it is",
            run: newer::install,
            consequence: "cases with eMMC will be skipped",
        });
    }
    steps
}

/// Asks on a terminal; `--yes` and `CI=true` are an answer.
fn agree(yes: bool) -> Result<()> {
    if yes || std::env::var("CI").is_ok_and(|v| v == "true") {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("something is missing and there is no terminal to ask on; `--yes` installs it");
    }
    print!("Go ahead? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("nothing was installed");
    }
    Ok(())
}

fn install(target: Target) -> Result<()> {
    let Err(error) = by_rustup(target) else { return Ok(()) };
    println!("  rustup could not: {error:#}");
    println!("  falling back to Debian's {}", DEBIAN_PACKAGES.join(", "));
    apt::install(&DEBIAN_PACKAGES)?;
    let found = Toolchain::find(target);
    found.map(drop).context("the packages are installed, and still no compiler for the target was found")
}

fn by_rustup(target: Target) -> Result<()> {
    let rustup = shell::which("rustup").context("rustup is not installed")?;
    let what = if target.is_offered() {
        ["target", "add", target.triple()]
    } else {
        ["component", "add", "rust-src"]
    };
    shell::read(Command::new(rustup).args(what))?;
    Toolchain::find(target).map(drop).context("rustup says that it is there, and the compiler has it not")
}
