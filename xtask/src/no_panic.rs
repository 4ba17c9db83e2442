//! `cargo xtask no-panic`: no way to a panic in the library and its drivers, seen in linked programs.
//!
//! Two programs are searched:
//!
//! * `tests/no_panic` links the library and its drivers and nothing else. All panics end at one symbol in it;
//!   the linker leaves it out if nothing can reach it. Then there is no panic in all that the library offers.
//! * The firmware has an application that may panic. Every branch to a panic is traced by the debug
//!   information to the line of source that it was inlined from; none of them may be a line of the library or
//!   of the drivers.
//!
//! The first program is also built with a panic in it on purpose, which must be found.

use crate::board::{self, Board};
use crate::toolchain::{Target, Toolchain};
use crate::{firmware, paths, shell, table};
use addr2line::Loader;
use anyhow::{Context, Result, bail, ensure};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The program of the library alone.
const PROGRAM: &str = "oal-no-panic";
/// Where all its panics end.
const END: &str = "oal_panicked";
/// What must be in it, else it proves nothing.
const MUST_HOLD: [&str; 4] =
    ["oal_snapshot::take::", "oal_snapshot::boot::check::", "oal_snapshot::boot::eager::load", "oal_drivers"];
/// Folders of what must not panic.
const LIBRARY: [&str; 2] = ["src", "drivers/src"];

/// A branch to a panic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Site {
    /// The source file in this repository that it comes from, as far as the debug information says.
    file: Option<String>,
    line: u32,
    function: String,
}

impl Site {
    fn is_library(&self) -> bool {
        self.file
            .as_deref()
            .is_some_and(|file| LIBRARY.iter().any(|folder| Path::new(file).starts_with(folder)))
    }

    fn describe(&self) -> String {
        match &self.file {
            Some(file) => format!("{file}:{} in {}", self.line, self.function),
            None => self.function.clone(),
        }
    }
}

/// Searches all programs.
pub fn main() -> Result<()> {
    let toolchain = Toolchain::require(Target::Armv7a)?;
    let mut rows = vec![library(&toolchain)?];
    let planted = sites(&build(&toolchain, true)?)?;
    ensure!(
        planted.iter().any(|site| site.file.as_deref() == Some("tests/no_panic/src/main.rs")),
        "the panic that was planted is not found: {planted:?}"
    );
    rows.push(vec![
        format!("{PROGRAM} with a panic planted"),
        planted.len().to_string(),
        "found".to_string(),
    ]);
    let is_ours = |board: &&Board| !board.is_in_c() && board.target == Target::Armv7a;
    for board in board::all()?.iter().filter(is_ours) {
        rows.extend(firmware_of(board)?);
    }
    println!("{}", table::render(&["program", "branches to a panic", "of them the library's"], &rows));
    Ok(())
}

/// The program of the library alone has no panic at all.
fn library(toolchain: &Toolchain) -> Result<Vec<String>> {
    let path = build(toolchain, false)?;
    let data = std::fs::read(&path)?;
    let elf = object::File::parse(&*data).context("not an ELF file")?;
    let names: Vec<String> = elf.symbols().filter_map(|s| s.name().ok().map(demangled)).collect();
    for held in MUST_HOLD {
        ensure!(names.iter().any(|name| name.contains(held)), "`{PROGRAM}` holds nothing of `{held}`");
    }
    if names.iter().any(|name| name == END) {
        let sites = sites(&path)?;
        let shown: Vec<String> = sites.iter().map(Site::describe).collect();
        bail!("the library can panic:\n  {}", shown.join("\n  "));
    }
    Ok(vec![PROGRAM.to_string(), "0".to_string(), "0".to_string()])
}

/// The library's part of a board's firmware has none.
fn firmware_of(board: &Board) -> Result<Vec<Vec<String>>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for medium in &board.media {
        if rows.iter().any(|row| row[0] == medium.program) {
            continue;
        }
        let sites = sites(&firmware::path(board, medium)?)?;
        let ours: Vec<String> = sites.iter().filter(|site| site.is_library()).map(Site::describe).collect();
        ensure!(ours.is_empty(), "the library can panic in {}:\n  {}", medium.program, ours.join("\n  "));
        rows.push(vec![medium.program.clone(), sites.len().to_string(), "0".to_string()]);
    }
    Ok(rows)
}

fn build(toolchain: &Toolchain, planted: bool) -> Result<PathBuf> {
    let mut command = toolchain.cargo("build");
    let mut folder = toolchain.target_dir();
    if planted {
        folder = folder.join("planted");
        command.args(["--features", "panics"]);
    }
    command.args(["--quiet", "--release", "--package", PROGRAM, "--target-dir"]).arg(&folder);
    shell::run(&mut command)?;
    Ok(folder.join(Target::Armv7a.triple()).join("release").join(PROGRAM))
}

/// Every branch, from code that is not `core`'s, to where `core` panics.
fn sites(path: &Path) -> Result<Vec<Site>> {
    let data = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let elf = object::File::parse(&*data).context("not an ELF file")?;
    let functions = functions(&elf);
    let branches = branches(&elf, &functions);
    let mut ends: BTreeSet<u64> =
        functions.iter().filter(|(_, f)| is_end(&f.name)).map(|(address, _)| *address).collect();
    // Whatever of `core` branches there panics on behalf of its caller.
    loop {
        let more: Vec<u64> = branches
            .iter()
            .filter(|branch| ends.contains(&branch.to) && functions[&branch.from].name.starts_with("core::"))
            .map(|branch| branch.from)
            .filter(|from| !ends.contains(from))
            .collect();
        if more.is_empty() {
            break;
        }
        ends.extend(more);
    }
    let loader = Loader::new(path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    let mut sites = BTreeSet::new();
    for branch in branches.iter().filter(|b| ends.contains(&b.to) && !ends.contains(&b.from)) {
        sites.insert(site(&loader, branch.at, &functions[&branch.from].name)?);
    }
    Ok(sites.into_iter().collect())
}

fn is_end(name: &str) -> bool {
    name == END || name.contains("rust_begin_unwind") || name.starts_with("core::panicking::")
}

fn demangled(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol))
}

#[derive(Debug)]
struct Function {
    name: String,
    size: u64,
}

/// Functions by their addresses.
fn functions(elf: &object::File) -> BTreeMap<u64, Function> {
    let text = elf.symbols().filter(|s| s.kind() == SymbolKind::Text);
    text.filter_map(|s| Some((s.address(), Function { name: demangled(s.name().ok()?), size: s.size() })))
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Branch {
    at: u64,
    /// The function that it is in.
    from: u64,
    to: u64,
}

/// Every B and BL (ARM ARM, DDI 0406C, A8.8.18 and A8.8.25, encoding A1) to the start of a function. A
/// constant between the instructions may look like one, but hardly like one to a panic.
fn branches(elf: &object::File, functions: &BTreeMap<u64, Function>) -> Vec<Branch> {
    let mut branches = Vec::new();
    for (from, function) in functions {
        let section = elf.sections().find(|s| (s.address()..s.address() + s.size()).contains(from));
        let Some(code) = section.and_then(|s| s.data_range(*from, function.size).ok().flatten()) else {
            continue;
        };
        for (at, word) in (*from..).step_by(4).zip(code.as_chunks().0) {
            let to = target(at, u32::from_le_bytes(*word));
            branches.extend(to.filter(|to| functions.contains_key(to)).map(|to| Branch {
                at,
                from: *from,
                to,
            }));
        }
    }
    branches
}

/// Where the instruction at `at` branches to, if it is a B or BL.
fn target(at: u64, instruction: u32) -> Option<u64> {
    let unconditional_space = instruction >> 28 == 0xf;
    if unconditional_space || instruction >> 25 & 0b111 != 0b101 {
        return None;
    }
    let offset = ((instruction << 8) as i32 >> 6) as u32;
    Some(u64::from((at as u32).wrapping_add(8).wrapping_add(offset)))
}

/// The innermost line of this repository, or of a package it uses, that the instruction at `at` comes from.
fn site(loader: &Loader, at: u64, function: &str) -> Result<Site> {
    let mut frames = loader.find_frames(at).map_err(|error| anyhow::anyhow!("debug information: {error}"))?;
    let mut site = Site { file: None, line: 0, function: function.to_string() };
    while let Some(frame) = frames.next().map_err(|error| anyhow::anyhow!("debug information: {error}"))? {
        let Some(location) = frame.location else { continue };
        let Some(file) = location.file.filter(|file| !file.contains("/library/")) else { continue };
        let name = frame.function.as_ref().and_then(|name| name.demangle().ok().map(|n| n.into_owned()));
        let file = Path::new(file);
        let inside = file.strip_prefix(paths::root()).unwrap_or(file);
        site.line = location.line.unwrap_or(0);
        site.file = Some(inside.display().to_string());
        site.function = name.unwrap_or(site.function);
        break;
    }
    Ok(site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_decoded() {
        // `b .`, `bl` to the next instruction but one, a conditional one backwards, and what is none.
        assert_eq!(target(0x8000, 0xeaff_fffe), Some(0x8000));
        assert_eq!(target(0x8000, 0xeb00_0000), Some(0x8008));
        assert_eq!(target(0x8010, 0x1aff_fffa), Some(0x8000));
        assert_eq!(target(0x8000, 0xe1a0_0000), None);
        assert_eq!(target(0x8000, 0xfa00_0000), None, "BLX to Thumb");
    }

    #[test]
    fn lines_of_the_library_are_told_from_others() {
        let site = |file: &str| Site { file: Some(file.into()), line: 1, function: String::new() };
        assert!(site("src/take/mod.rs").is_library() && site("drivers/src/cfi/mod.rs").is_library());
        assert!(!site("firmware/src/heap.rs").is_library() && !site("srcs/x.rs").is_library());
        assert!(!Site { file: None, line: 0, function: "f".into() }.is_library());
    }
}
