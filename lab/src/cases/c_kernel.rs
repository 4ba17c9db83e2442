//! The C library under a kernel in C that calls the hooks, and its boot loader, which starts from flash. The
//! host looks at all of RAM from outside, display memory that the kernel does not manage included.

use super::c_firmware::{check, intact};
use super::ram::{CAPTURED, LOADED, WRITTEN, check_drivers};
use super::rig::Rig;
use super::{BOOT, Case, SNAPSHOT};
use crate::firmware::Kernel;
use crate::harness::boot::{Boot, Ending};
use crate::harness::console::{Answer, QUICK};
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::Machine;
use crate::harness::memory::{self, Map, PAGE};
use crate::media::{Kind, Medium, records};
use crate::table;
use anyhow::{Context, Result, bail, ensure};
use std::ops::Range;

/// The kernel's drivers, in the order in which they start.
const DRIVERS: [&str; 2] = ["uart", "clock"];

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let case = |name, run: fn(&Rig, &Journal) -> Result<()>| {
        Case::new(name, run).in_c().only(|_, medium| medium.kind() == Kind::Nor)
    };
    vec![
        case("c-kernel-ram-byte-for-byte", byte_for_byte),
        case("c-kernel-registers-survive", registers),
        case("c-kernel-falls-back-to-the-older-image", older),
        case("c-kernel-refuses-the-image-of-another-kernel", another),
    ]
}

fn byte_for_byte(rig: &Rig, journal: &Journal) -> Result<()> {
    let (medium, kernel, base) = (rig.fresh()?, rig.kernel()?, rig.board.ram_start);
    let mib = rig.board.ram();
    let mut machine = rig.start(&kernel.system, mib, Some(&medium), &[CAPTURED, WRITTEN], journal)?;
    Boot::watch(&mut machine.console, BOOT)?.expect_cold("no-image")?;
    machine.command("fill", QUICK)?;
    let before = alive(&mut machine, "cold", 2)?;
    let map = Map::read(&machine.command("memory", QUICK)?)?;
    let all = base..base + (u64::from(mib) << 20);
    let [panel] = &map.oem[..] else { bail!("`memory` lists {} OEM regions", map.oem.len()) };
    ensure!(
        (map.ram[0].start, map.ram[0].end, panel.end) == (all.start, panel.start, all.end),
        "RAM and panel are not all of memory: {map:x?}"
    );
    // All of the kernel is saved, its code and its translation tables too.
    let saved = [map.saved(&(0..0)), vec![panel.clone()]].concat();
    let pages = memory::total(&saved) / PAGE;
    let code = kernel.system.range("__oal_code_start", "__oal_code_end")?;
    ensure!(memory::subtract(&[code], &saved).is_empty(), "code of the kernel is not saved");

    machine.console.send("snapshot")?;
    machine.wait_at(&kernel.system, CAPTURED, SNAPSHOT)?;
    let ram = machine.copy_ram()?;
    machine.go_on(&kernel.system, CAPTURED)?;
    machine.wait_at(&kernel.system, WRITTEN, SNAPSHOT)?;
    let changed = memory::differing_pages(&ram, &machine.ram_now()?, base, &saved)?;
    ensure!(changed.is_empty(), "while the image was written RAM changed in {}", describe(kernel, &changed));
    machine.go_on(&kernel.system, WRITTEN)?;
    let taken = machine.console.answer(SNAPSHOT).context("waited for the end of `snapshot`")?.ok()?;
    ensure!(taken.event("taken")?.number("pages")? == pages, "{pages} pages are saved: {taken:?}");
    alive(&mut machine, "live", 2)?;
    machine.power_off()?;
    let listed = Image::newest(&medium)?.table(&medium)?;
    ensure!(
        listed == addresses(&saved),
        "the image's table has {} pages, and they are not the {pages} saved ones",
        listed.len()
    );

    let mut machine = rig.start(&kernel.loader, mib, Some(&medium), &[LOADED], journal)?;
    machine.wait_at(&kernel.loader, LOADED, BOOT)?;
    let wrong = memory::differing_pages(&ram, &machine.ram_now()?, base, &saved)?;
    ensure!(
        wrong.is_empty(),
        "of {pages} pages loaded, these are not as captured: {}",
        describe(kernel, &wrong)
    );
    journal.note(format!("{pages} pages compared"));
    machine.go_on(&kernel.loader, LOADED)?;
    seq(&Boot::watch(&mut machine.console, BOOT)?)?;
    let status = machine.command("status", QUICK)?;
    check_drivers(&DRIVERS, &status)?;
    let after = alive(&mut machine, "restored", 2)?;
    ensure!(before.text("digest")? == after.text("digest")?, "the state was {before} and is {after}");
    ensure!(after.number("boots")? == 1, "this is the first snapshot boot: {after}");
    ensure!(after.number("ticks")? > before.number("ticks")?, "the clock went back: {before}, then {after}");
    machine.power_off()
}

fn registers(rig: &Rig, journal: &Journal) -> Result<()> {
    let (medium, kernel) = (rig.fresh()?, rig.kernel()?);
    let (mut machine, _) = boot(rig, kernel, &medium, journal)?;
    let taken = machine.command("snapshot regs", SNAPSHOT)?;
    intact(taken.event("regs")?).context("on the live timeline")?;
    machine.power_off()?;
    let (machine, boot) = boot(rig, kernel, &medium, journal)?;
    seq(&boot)?;
    let regs = boot.after.iter().find(|e| e.word == "regs");
    intact(regs.context("the restored system printed no `@regs`")?).context("on the restored timeline")?;
    machine.power_off()
}

fn older(rig: &Rig, journal: &Journal) -> Result<()> {
    let (medium, kernel) = (rig.fresh()?, rig.kernel()?);
    let (mut machine, _) = boot(rig, kernel, &medium, journal)?;
    machine.command("snapshot", SNAPSHOT)?.ok()?;
    machine.command("fill", QUICK)?;
    machine.command("snapshot", SNAPSHOT)?.ok()?;
    machine.power_off()?;
    let newest = restored(rig, kernel, &medium, 2, journal)?;
    let second = seq(&newest)?;

    Image::newest(&medium)?.flip_contents(&medium)?;
    let fallback = restored(rig, kernel, &medium, 1, journal)?;
    ensure!(seq(&fallback)? < second, "image {second} is the damaged one, and it was booted");
    fallback.expect_image_refused_at(second, "chunk", "bad-crc")
}

fn another(rig: &Rig, journal: &Journal) -> Result<()> {
    let (medium, kernel) = (rig.fresh()?, rig.kernel()?);
    let (mut machine, _) = boot(rig, kernel, &medium, journal)?;
    machine.command("snapshot", SNAPSHOT)?.ok()?;
    machine.power_off()?;

    // The kernel's head says where its build id is: `layout.h`.
    let mut flash = kernel.flash.clone();
    let place = kernel.at + word(&flash, kernel.at + 16)? as usize;
    *flash.get_mut(place).context("the kernel's build id is not in the flash")? ^= 1;
    let (machine, cold) = boot(rig, &kernel.in_flash(flash)?, &medium, journal)?;
    cold.expect_cold_at("header", "wrong-build")?;
    machine.power_off()?;
    restored(rig, kernel, &medium, 1, journal).map(drop)
}

/// Powers the board on and waits until the kernel is ready.
fn boot(rig: &Rig, kernel: &Kernel, medium: &Medium, journal: &Journal) -> Result<(Machine, Boot)> {
    let mut machine = rig.start(&kernel.loader, rig.board.ram(), Some(medium), &[], journal)?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    Ok((machine, boot))
}

/// Boots from a snapshot and checks the state, which was filled for the so manieth time.
fn restored(rig: &Rig, kernel: &Kernel, medium: &Medium, seed: u64, journal: &Journal) -> Result<Boot> {
    let (mut machine, boot) = boot(rig, kernel, medium, journal)?;
    seq(&boot)?;
    alive(&mut machine, "restored", seed)?;
    machine.power_off()?;
    Ok(boot)
}

/// The number of the image that was booted.
fn seq(boot: &Boot) -> Result<u64> {
    match boot.ending {
        Ending::Restored { seq } => Ok(seq),
        Ending::Cold { .. } => bail!("expected a snapshot boot, got {:?}", boot.ending),
    }
}

/// Memory is what it should be, and the clock runs.
fn alive(machine: &mut Machine, timeline: &str, seed: u64) -> Result<Event> {
    let status = |machine: &mut Machine| -> Result<Event> {
        let answer: Answer = machine.command("status", QUICK)?;
        let status = check(&answer, timeline, seed)?;
        ensure!(status.number("panel_wrong")? == 0, "the kernel finds wrong pages of the panel: {status}");
        Ok(status)
    };
    let (earlier, later) = (status(machine)?, status(machine)?);
    ensure!(later.number("ticks")? > earlier.number("ticks")?, "the clock stands still: {later}");
    Ok(later)
}

/// So many pages, and the symbols of the first.
fn describe(kernel: &Kernel, pages: &[u64]) -> String {
    let shown: Vec<String> =
        pages.iter().take(6).map(|p| format!("{p:#010x} ({})", kernel.system.nearest(*p))).collect();
    format!("{}: {}", table::count(pages.len() as u64, "page"), shown.join(", "))
}

/// The addresses of all pages.
fn addresses(ranges: &[Range<u64>]) -> Vec<u64> {
    ranges.iter().flat_map(|range| range.clone().step_by(PAGE as usize)).collect()
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk::<4>);
    bytes.map(|bytes| u32::from_le_bytes(*bytes)).with_context(|| format!("there is no word at {at:#x}"))
}

/// A kernel's image on a medium of NOR flash.
struct Image {
    /// Where it starts in the file.
    start: u64,
    header: Vec<u8>,
}

impl Image {
    /// The newest, as the store's newest record has it.
    fn newest(medium: &Medium) -> Result<Self> {
        let record = records::newest(medium)?.record;
        let slot = record.slots.into_iter().flatten().max_by_key(|slot| slot.id.0);
        let start = slot.context("the newest record names no image")?.first * medium.layout.erase_block();
        let header = medium.read(start, PAGE as usize)?;
        ensure!(header.starts_with(b"OALK"), "no kernel's image starts at {start:#x}");
        Ok(Self { start, header })
    }

    /// A DWORD of `SNAP_HEADER`, counted from 0.
    fn field(&self, number: usize) -> Result<u64> {
        word(&self.header, number * 4).map(u64::from)
    }

    /// The addresses of its pages (`dwOfstSnapTable`, `cSnapPages`).
    fn table(&self, medium: &Medium) -> Result<Vec<u64>> {
        let bytes = medium.read(self.start + self.field(1)?, self.field(3)? as usize * 4)?;
        (0..bytes.len()).step_by(4).map(|at| Ok(u64::from(word(&bytes, at)?) * PAGE)).collect()
    }

    /// Flips a bit in the middle of the pages' contents, which lie between the table and `dwOfstPageable`.
    fn flip_contents(&self, medium: &Medium) -> Result<()> {
        let at = self.start + (self.field(1)? + self.field(3)? * 4 + self.field(2)?) / 2;
        let byte = medium.read(at, 1)?[0];
        medium.write(at, &[byte ^ 8])
    }
}
