//! Every register that belongs to the CPU context holds its pattern after the restore.

use super::rig::Rig;
use super::{Case, SNAPSHOT};
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::toolchain::Target;
use anyhow::{Context, Result, ensure};

/// How many of them the firmware checks on a core: banked ones, CP15, and the vector unit if it has one. One
/// more or less must show here.
fn registers_of(target: Target) -> u64 {
    match target {
        Target::Armv7a => 77,
        Target::Armv5te => 25,
    }
}

/// One case.
pub fn cases() -> Vec<Case> {
    vec![Case::new("registers-survive", registers)]
}

fn registers(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let taken = machine.command("snapshot regs", SNAPSHOT)?;
    let target = rig.board.target;
    check(target, taken.event("regs")?, taken.all("reg")).context("on the live timeline")?;
    let seq = taken.event("taken")?.number("seq")?;
    machine.power_off()?;
    let (machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    let find = boot.after.iter().find(|e| e.word == "regs");
    let wrong = boot.after.iter().filter(|e| e.word == "reg");
    check(target, find.context("the restored system printed no `@regs`")?, wrong)
        .context("on the restored timeline")?;
    machine.power_off()
}

fn check<'a>(target: Target, regs: &Event, wrong: impl Iterator<Item = &'a Event>) -> Result<()> {
    let list: Vec<String> = wrong.map(Event::to_string).collect();
    ensure!(regs.number("wrong")? == 0 && list.is_empty(), "registers are wrong: {}", list.join(", "));
    let (checked, expected) = (regs.number("checked")?, registers_of(target));
    ensure!(checked == expected, "{checked} registers were checked instead of {expected}");
    Ok(())
}
