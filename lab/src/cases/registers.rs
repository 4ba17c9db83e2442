//! Every register that belongs to the CPU context holds its pattern after the restore.

use super::rig::Rig;
use super::{Case, SNAPSHOT};
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use anyhow::{Context, Result, ensure};

/// The registers that the firmware checks: banked ones, CP15, the vector unit. One more or less must show here.
const REGISTERS: u64 = 77;

/// One case.
pub fn cases() -> Vec<Case> {
    vec![Case::new("registers-survive", registers)]
}

fn registers(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let taken = machine.command("snapshot regs", SNAPSHOT)?;
    check(taken.event("regs")?, taken.all("reg")).context("on the live timeline")?;
    let seq = taken.event("taken")?.number("seq")?;
    machine.power_off()?;
    let (machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    let find = boot.after.iter().find(|e| e.word == "regs");
    let wrong = boot.after.iter().filter(|e| e.word == "reg");
    check(find.context("the restored system printed no `@regs`")?, wrong)
        .context("on the restored timeline")?;
    machine.power_off()
}

fn check<'a>(regs: &Event, wrong: impl Iterator<Item = &'a Event>) -> Result<()> {
    let list: Vec<String> = wrong.map(Event::to_string).collect();
    ensure!(regs.number("wrong")? == 0 && list.is_empty(), "registers are wrong: {}", list.join(", "));
    let checked = regs.number("checked")?;
    ensure!(checked == REGISTERS, "{checked} registers were checked instead of {REGISTERS}");
    Ok(())
}
