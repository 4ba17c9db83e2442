//! The C library in firmware that is written in C, with the one-call interface. Its state is memory whose
//! contents it can check; the host looks at all of RAM from outside besides.

use super::rig::{Rig, take};
use super::{BOOT, Case, SNAPSHOT, ram};
use crate::harness::boot::Boot;
use crate::harness::console::{Answer, QUICK};
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::Machine;
use crate::harness::memory::{self, Map};
use crate::media::images;
use anyhow::{Context, Result, ensure};

/// The registers that the firmware checks: of the exception modes, thread IDs, the vector unit.
const REGISTERS: u64 = 71;
/// Pages of its state.
const PAGES: u64 = 1024;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let case = |name, run: fn(&Rig, &Journal) -> Result<()>| Case::new(name, run).in_c();
    vec![
        case("c-one-call-ram-byte-for-byte", byte_for_byte),
        case("c-one-call-registers-survive", registers),
        case("c-one-call-falls-back-to-the-older-image", older),
        case("c-one-call-once-is-consumed", once),
    ]
}

fn byte_for_byte(rig: &Rig, journal: &Journal) -> Result<()> {
    let (medium, firmware, base) = (rig.fresh()?, &rig.firmware, rig.board.ram_start);
    let mib = rig.board.ram();
    let mut machine = rig.start(firmware, mib, Some(&medium), &[ram::CAPTURED, ram::WRITTEN], journal)?;
    Boot::watch(&mut machine.console, BOOT)?.expect_cold("no-image")?;
    machine.command("fill", QUICK)?;
    let before = check(&machine.command("status", QUICK)?, "cold", 2)?;
    let map = Map::read(&machine.command("memory", QUICK)?)?;
    ensure!(map.ram[0] == (base..base + (u64::from(mib) << 20)), "`memory` gives RAM as {:x?}", map.ram[0]);
    let saved = map.saved(&firmware.range("__oal_code_start", "__oal_code_end")?);
    let pages = memory::total(&saved) / memory::PAGE;
    ensure!(pages >= PAGES, "{pages} pages are saved, fewer than the state of the firmware");

    machine.console.send("snapshot")?;
    machine.wait_at(firmware, ram::CAPTURED, SNAPSHOT)?;
    let ram = machine.copy_ram()?;
    machine.go_on(firmware, ram::CAPTURED)?;
    machine.wait_at(firmware, ram::WRITTEN, SNAPSHOT)?;
    let changed = memory::differing_pages(&ram, &machine.ram_now()?, base, &map.still())?;
    let describe = |wrong: &[u64]| ram::describe(rig, wrong);
    ensure!(changed.is_empty(), "while the image was written RAM changed in {}", describe(&changed));
    machine.go_on(firmware, ram::WRITTEN)?;
    let taken = machine.console.answer(SNAPSHOT).context("waited for the end of `snapshot`")?.ok()?;
    let seq = taken.event("taken")?.number("seq")?;
    check(&machine.command("status", QUICK)?, "live", 2)?;
    machine.power_off()?;
    ram::check_page_map(&medium, &saved)?;

    let mut machine = rig.start(firmware, mib, Some(&medium), &[ram::LOADED], journal)?;
    machine.wait_at(firmware, ram::LOADED, BOOT)?;
    let wrong = memory::differing_pages(&ram, &machine.ram_now()?, base, &saved)?;
    ensure!(wrong.is_empty(), "of {pages} pages loaded, these are not as captured: {}", describe(&wrong));
    journal.note(format!("{pages} pages compared"));
    machine.go_on(firmware, ram::LOADED)?;
    Boot::watch(&mut machine.console, BOOT)?.expect_restored(seq)?;
    let after = check(&machine.command("status", QUICK)?, "restored", 2)?;
    ensure!(before.text("digest")? == after.text("digest")?, "the state was {before} and is {after}");
    ensure!(after.number("boots")? == 1, "this is the first snapshot boot: {after}");
    machine.power_off()
}

fn registers(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let taken = machine.command("snapshot regs", SNAPSHOT)?;
    intact(taken.event("regs")?).context("on the live timeline")?;
    let seq = taken.event("taken")?.number("seq")?;
    machine.power_off()?;
    let (machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    let regs = boot.after.iter().find(|e| e.word == "regs");
    intact(regs.context("the restored system printed no `@regs`")?).context("on the restored timeline")?;
    machine.power_off()
}

fn older(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let first = take(&mut machine, "snapshot")?;
    machine.command("fill", QUICK)?;
    let second = take(&mut machine, "snapshot")?;
    machine.power_off()?;
    restored(rig, journal, &medium, second, 2)?;

    let image = images::newest(&medium)?;
    images::flip(&medium, &image, image.chunk_byte(), 3)?;
    let boot = restored(rig, journal, &medium, first, 1)?;
    boot.expect_image_refused_at(second, "chunk", "bad-crc")
}

fn once(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let seq = take(&mut machine, "snapshot once")?;
    machine.power_off()?;
    restored(rig, journal, &medium, seq, 1)?;
    let (machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold("consumed")?;
    machine.power_off()
}

/// Boots from this image and checks the state, which was filled for the so manieth time.
fn restored(
    rig: &Rig,
    journal: &Journal,
    medium: &crate::media::Medium,
    seq: u64,
    seed: u64,
) -> Result<Boot> {
    let (mut machine, boot): (Machine, Boot) = rig.boot(Some(medium), journal)?;
    boot.expect_restored(seq)?;
    check(&machine.command("status", QUICK)?, "restored", seed)?;
    machine.power_off()?;
    Ok(boot)
}

/// The firmware's own look at its state.
pub fn check(status: &Answer, timeline: &str, seed: u64) -> Result<Event> {
    let found = status.event("status")?;
    ensure!(found.text("timeline")? == timeline, "the timeline is not {timeline}: {found}");
    ensure!(found.number("seed")? == seed, "memory was filled from {seed}: {found}");
    ensure!(found.number("wrong")? == 0, "the firmware finds wrong pages: {found}");
    ensure!(found.number("pages")? == PAGES, "these are not all pages: {found}");
    Ok(found.clone())
}

/// The registers came back.
pub fn intact(regs: &Event) -> Result<()> {
    let right = regs.number("wrong")? == 0 && regs.number("checked")? == REGISTERS;
    ensure!(right, "registers are wrong: {regs}");
    Ok(())
}
