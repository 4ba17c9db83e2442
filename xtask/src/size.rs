//! `cargo xtask size`: what the firmware and the library's part in it need.

use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::elf::Firmware;
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::media::{Kind, Medium, Sizes, text};
use crate::{cases, firmware, run, table};
use anyhow::{Context, Result};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

/// How the library's symbols can be told: the package's name as compilers mangle it, after its length.
const LIBRARY: &str = "12oal_snapshot";

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
            SectionKind::Text => self.code += bytes,
            SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => self.constants += bytes,
            SectionKind::Data | SectionKind::UninitializedData => self.data += bytes,
            // Notes, symbols and debug information are not in memory at run time.
            _ => {}
        }
    }
}

/// Prints the table and, from a run, the deepest stacks.
pub fn main() -> Result<()> {
    let firmware = firmware::build()?;
    let bytes = std::fs::read(&firmware.path)?;
    let elf = object::File::parse(&*bytes).context("the firmware is not an ELF file")?;
    let row = |name: &str, u: Use| {
        let cells = [u.code, u.constants, u.data, u.nosave].map(|n| n.to_string());
        [vec![name.to_string()], cells.to_vec()].concat()
    };
    let rows = [row("whole firmware", of_sections(&elf)), row("symbols of oal-snapshot", of_library(&elf))];
    println!("{}", table::render(&["bytes", "code", "constants", "static memory", "nosave memory"], &rows));
    println!(
        "(The second row counts what kept a name of its own; what the compiler inlined into others is not in it.)\n"
    );
    let stacks = deepest_stacks(&firmware)?;
    if stacks.is_empty() {
        println!("Deepest stack: the firmware prints no `@stack` line, so it is not known.");
    } else {
        println!("{}", render_stacks(&stacks)?);
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

fn of_library(elf: &object::File) -> Use {
    let mut sum = Use::default();
    let named = elf.symbols().filter(|s| s.name().is_ok_and(|n| n.contains(LIBRARY)));
    for symbol in named.filter(|s| matches!(s.kind(), SymbolKind::Text | SymbolKind::Data)) {
        let section = symbol.section_index().and_then(|i| elf.section_by_index(i).ok());
        if let Some(section) = section {
            sum.add(section.name().unwrap_or_default(), section.kind(), symbol.size());
        }
    }
    sum
}

/// Takes a snapshot and boots from it, so that both stacks have been used as deeply as they are.
fn deepest_stacks(firmware: &Firmware) -> Result<Vec<Event>> {
    let emulator = run::emulator_for(Kind::Sd)?;
    let scratch = tempfile::Builder::new().prefix("oal-size-").tempdir()?;
    let files = text::made_up(cases::TEXT_BYTES, cases::TEXT_SEED);
    let medium = Medium::disk(&scratch.path().join("medium"), Kind::Sd, Sizes::SMALL, &files)?;
    let journal = Journal::default();
    let power = Power {
        emulator: &emulator,
        firmware,
        ram_mib: cases::bench::RAM,
        medium: Some(&medium),
        noise: 1,
        stops: &[],
    };
    let mut stacks = Vec::new();
    for life in ["cold", "restored"] {
        let mut machine = Machine::start(&power, &journal)?;
        Boot::watch(&mut machine.console, cases::BOOT)?;
        if life == "cold" {
            machine.command("snapshot", cases::SNAPSHOT)?;
        }
        stacks.extend(machine.command("status", QUICK)?.all("stack").cloned());
        machine.power_off()?;
    }
    Ok(stacks)
}

/// Each stack is known from the life in which it was used: the writer's from the first, the boot stage's from the second.
fn render_stacks(stacks: &[Event]) -> Result<String> {
    let mut rows = Vec::new();
    for (name, key) in [("taking a snapshot", "writer"), ("booting from one", "boot")] {
        let most = |what: &str| -> Result<u64> {
            let all =
                stacks.iter().map(|s| s.number(&format!("{key}_{what}"))).collect::<Result<Vec<_>>>()?;
            Ok(all.into_iter().max().unwrap_or_default())
        };
        rows.push(vec![name.to_string(), most("used")?.to_string(), most("size")?.to_string()]);
    }
    Ok(table::render(&["deepest stack, bytes", "used", "reserved"], &rows))
}
