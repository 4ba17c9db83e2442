//! `cargo xtask size`: what the firmware and the library's part in it need.

use crate::board;
use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::elf::Firmware;
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::media::{Medium, Sizes, text};
use crate::{cases, firmware, run, table};
use anyhow::{Context, Result};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

/// The library and the crates that only it uses, by their names in symbols.
const LIBRARY: [&str; 3] = ["oal_snapshot", "lz4_flex", "crc"];
/// Nosave statics of at least this size get a line of their own.
const LARGE: u64 = 1024;

/// Bytes by what they are used for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Use {
    code: u64,
    constants: u64,
    data: u64,
    nosave: u64,
}

impl Use {
    fn add(&mut self, section: &str, kind: SectionKind, bytes: u64) {
        match kind {
            _ if section.contains("nosave") => self.nosave += bytes,
            // Linkers may mark it writable when one of its inputs was.
            _ if section.starts_with(".rodata") => self.constants += bytes,
            SectionKind::Text => self.code += bytes,
            SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => self.constants += bytes,
            SectionKind::Data | SectionKind::UninitializedData => self.data += bytes,
            // Notes, symbols and debug information are not in memory at run time.
            _ => {}
        }
    }
}

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Print the tables in Markdown
    #[arg(long)]
    pub markdown: bool,
}

/// Prints the table and, from a run, the deepest stacks.
pub fn main(options: &Options) -> Result<()> {
    let render = if options.markdown { table::markdown } else { table::render };
    let (board, card) = board::reference_with_card()?;
    let firmware = firmware::build(board, card)?;
    let bytes = std::fs::read(&firmware.path)?;
    let elf = object::File::parse(&*bytes).context("the firmware is not an ELF file")?;
    let row = |name: &str, u: Use| {
        let cells = [u.code, u.constants, u.data, u.nosave].map(|n| n.to_string());
        [vec![name.to_string()], cells.to_vec()].concat()
    };
    let mut rows = vec![row("whole firmware", of_sections(&elf))];
    rows.extend(LIBRARY.map(|name| row(&format!("of it, {name}"), of_crate(&elf, name))));
    println!("{}\n", render(&["bytes", "code", "constants", "static memory", "nosave memory"], &rows));
    println!(
        "A crate's row counts what kept a symbol of its own; what was inlined into other crates is not in it.\n"
    );
    let rows: Vec<_> = nosave_statics(&elf).into_iter().map(|(n, size)| vec![n, size.to_string()]).collect();
    println!("{}\n", render(&["nosave memory by static", "bytes"], &rows));
    let stacks = deepest_stacks(&firmware)?;
    if stacks.is_empty() {
        println!("Deepest stack: the firmware prints no `@stack` line, so it is not known.");
    } else {
        println!("{}", render(&["deepest stack, bytes", "used", "reserved"], &stack_rows(&stacks)?));
    }
    Ok(())
}

fn of_sections(elf: &object::File) -> Use {
    let mut sum = Use::default();
    for section in elf.sections() {
        sum.add(section.name().unwrap_or_default(), section.kind(), section.size());
    }
    sum
}

fn of_crate(elf: &object::File, name: &str) -> Use {
    let mut sum = Use::default();
    for symbol in elf.symbols().filter(|s| matches!(s.kind(), SymbolKind::Text | SymbolKind::Data)) {
        let section = symbol.section_index().and_then(|i| elf.section_by_index(i).ok());
        let belongs = symbol.name().is_ok_and(|n| path(n).is_some_and(|p| belongs_to(&p, name)));
        if let (true, Some(section)) = (belongs, section) {
            sum.add(section.name().unwrap_or_default(), section.kind(), symbol.size());
        }
    }
    sum
}

/// The statics that take most of nosave memory, the largest first.
fn nosave_statics(elf: &object::File) -> Vec<(String, u64)> {
    let in_nosave = |s: &object::Symbol| {
        let section = s.section_index().and_then(|i| elf.section_by_index(i).ok());
        section.is_some_and(|s| s.name().is_ok_and(|n| n.contains("nosave")))
    };
    let large = elf.symbols().filter(|s| s.size() >= LARGE && in_nosave(s));
    let mut found: Vec<_> =
        large.filter_map(|s| Some((path(s.name().ok()?)?.join("::"), s.size()))).collect();
    found.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    found
}

/// The parts of a mangled path: `_ZN3foo3bar17h0123456789abcdefE` is `foo`, `bar`.
fn path(symbol: &str) -> Option<Vec<String>> {
    let mut rest = symbol.strip_prefix("_ZN")?;
    let mut parts = Vec::new();
    while !rest.starts_with('E') {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let len: usize = rest[..digits].parse().ok()?;
        parts.push(rest.get(digits..digits + len)?.to_string());
        rest = &rest[digits + len..];
    }
    let hash = parts.pop()?;
    hash.starts_with('h').then_some(parts)
}

/// Whether a path is one of the crate, or of a trait's methods on one of its types.
fn belongs_to(path: &[String], name: &str) -> bool {
    path.first().is_some_and(|p| {
        p == name || p.strip_prefix("_$LT$").is_some_and(|t| t.starts_with(&format!("{name}..")))
    })
}

/// Takes a snapshot and boots from it, so that both stacks have been used as deeply as they are.
fn deepest_stacks(firmware: &Firmware) -> Result<Vec<Event>> {
    let (board, card) = board::reference_with_card()?;
    let emulator = run::emulator_for(board, card)?;
    let scratch = tempfile::Builder::new().prefix("oal-size-").tempdir()?;
    let files = text::made_up(cases::TEXT_BYTES, cases::TEXT_SEED);
    let medium = Medium::fresh(&scratch.path().join("medium"), card.layout, Sizes::SMALL, &files)?;
    let journal = Journal::default();
    let power = Power {
        board,
        emulator: &emulator,
        firmware,
        ram_mib: board.ram(),
        medium: Some(&medium),
        noise: 1,
        stops: &[],
        counted: false,
    };
    let mut stacks = Vec::new();
    for timeline in ["cold", "restored"] {
        let mut machine = Machine::start(&power, &journal)?;
        Boot::watch(&mut machine.console, cases::BOOT)?;
        if timeline == "cold" {
            machine.command("snapshot", cases::SNAPSHOT)?;
        }
        stacks.extend(machine.command("status", QUICK)?.all("stack").cloned());
        machine.power_off()?;
    }
    Ok(stacks)
}

/// Each stack is known from the run in which it was used: the writer's from the first, the boot stage's from
/// the second.
fn stack_rows(stacks: &[Event]) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for (name, key) in [("taking a snapshot", "writer"), ("booting from one", "boot")] {
        let most = |what: &str| -> Result<u64> {
            let all =
                stacks.iter().map(|s| s.number(&format!("{key}_{what}"))).collect::<Result<Vec<_>>>()?;
            Ok(all.into_iter().max().unwrap_or_default())
        };
        rows.push(vec![name.to_string(), most("used")?.to_string(), most("size")?.to_string()]);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_given_to_their_crates() {
        let take = path("_ZN12oal_snapshot4take3runE").map(|p| p.len());
        assert_eq!(take, None, "a symbol without a hash is not one of Rust");
        let take = path("_ZN12oal_snapshot4take17h062504fa164a7df0E").unwrap();
        assert_eq!(take, ["oal_snapshot", "take"]);
        assert!(belongs_to(&take, "oal_snapshot"));
        let lz4 = path("_ZN30_$LT$oal_snapshot..codec..Lz4E");
        assert_eq!(lz4, None);
        let ours = ["_$LT$oal_snapshot..codec..Lz4$u20$as$u20$a..B$GT$".to_string(), "f".into()];
        assert!(belongs_to(&ours, "oal_snapshot"));
        let theirs =
            ["_$LT$board..Card$u20$as$u20$oal_snapshot..store..BlockDevice$GT$".to_string(), "f".into()];
        assert!(!belongs_to(&theirs, "oal_snapshot"));
    }
}
