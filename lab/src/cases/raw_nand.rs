//! The raw NAND driver and the store on a chip that nobody here wrote, on a core that is no ARMv7-A. The board's program is
//! small: it pictures memory whose contents it can check.

use super::rig::{Rig, take};
use super::{Case, SNAPSHOT};
use crate::board::{Board, Medium};
use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::Machine;
use crate::harness::memory;
use crate::media::{Kind, images};
use anyhow::{Context, Result, ensure};
use std::ops::Range;

/// Bytes of the memory that is filled with known contents.
const PATTERN: u64 = 4 << 20;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let case = |name, run: fn(&Rig, &Journal) -> Result<()>| Case::new(name, run).only(is_raw);
    vec![
        case("akita-raw-nand-boots-what-it-took-byte-for-byte", byte_for_byte),
        case("akita-raw-nand-falls-back-to-the-older-image", older),
        case("akita-raw-nand-once-is-consumed", once),
        case("akita-raw-nand-of-noise-boots-cold", noise),
    ]
}

fn is_raw(_: &Board, medium: &Medium) -> bool {
    medium.kind() == Kind::RawNand
}

fn byte_for_byte(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold("no-image")?;
    machine.command("fill 77", QUICK)?;
    let before = check(&mut machine, 77)?;
    let taken = machine.command("snapshot", SNAPSHOT)?;
    registers(taken.event("regs")?).context("on the live timeline")?;
    let seq = taken.event("taken")?.number("seq")?;
    let pattern = pattern(rig)?;
    let held = machine.device_memory(pattern.start, PATTERN)?;
    machine.power_off()?;

    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    registers(told(&boot, "regs")?).context("on the restored timeline")?;
    let after = check(&mut machine, 77)?;
    ensure!(before.text("digest")? == after.text("digest")?, "the contents were {before} and are {after}");
    ensure!(after.number("boots")? == 1, "this is the first snapshot boot: {after}");
    let holds = machine.device_memory(pattern.start, PATTERN)?;
    let wrong = held.iter().zip(&holds).filter(|(a, b)| a != b).count();
    ensure!(held.len() as u64 == PATTERN && wrong == 0, "{wrong} bytes are not as they were");
    journal.note(format!("{} pages compared", PATTERN / memory::PAGE));
    machine.power_off()
}

fn older(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    machine.command("fill 1001", QUICK)?;
    let first = take(&mut machine, "snapshot")?;
    machine.command("fill 1002", QUICK)?;
    let second = take(&mut machine, "snapshot")?;
    machine.power_off()?;

    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(second)?;
    check(&mut machine, 1002)?;
    machine.power_off()?;

    let image = images::newest(&medium)?;
    images::flip(&medium, &image, image.chunk_byte(), 3)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(first)?;
    boot.expect_image_refused_at(second, "chunk", "bad-crc")?;
    check(&mut machine, 1001)?;
    machine.power_off()
}

fn once(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    machine.command("fill 5", QUICK)?;
    let seq = take(&mut machine, "snapshot once")?;
    machine.power_off()?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    check(&mut machine, 5)?;
    machine.power_off()?;
    let (machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold("consumed")?;
    machine.power_off()
}

fn noise(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    medium.spoil(3)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold("log-corrupt")?;
    machine.command("fill 6", QUICK)?;
    let seq = take(&mut machine, "snapshot")?;
    machine.power_off()?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    check(&mut machine, 6)?;
    machine.power_off()
}

/// The program's own look at its memory.
fn check(machine: &mut Machine, seed: u64) -> Result<Event> {
    let answer = machine.command("check", QUICK)?;
    let found = answer.event("pattern")?;
    ensure!(found.number("seed")? == seed, "memory was filled from {seed}: {found}");
    ensure!(found.number("wrong")? == 0, "the program finds wrong pages: {found}");
    ensure!(found.number("pages")? == PATTERN / memory::PAGE, "these are not all pages: {found}");
    Ok(found.clone())
}

/// Where the filled memory is.
fn pattern(rig: &Rig) -> Result<Range<u64>> {
    let start = rig.firmware.symbol("__heap_start")?;
    Ok(start..start + PATTERN)
}

fn registers(regs: &Event) -> Result<()> {
    ensure!(regs.number("wrong")? == 0 && regs.number("checked")? > 0, "registers are wrong: {regs}");
    Ok(())
}

fn told<'a>(boot: &'a Boot, word: &str) -> Result<&'a Event> {
    let found = boot.after.iter().find(|e| e.word == word);
    found.with_context(|| format!("the restored system printed no `@{word}`"))
}
