//! Boot policy: always, once, and what happens to an image whose boot is never confirmed.

use super::Case;
use super::rig::{Prepared, Rig, take};
use crate::harness::boot::Ending;
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::media::{Medium, images};
use anyhow::{Context, Result, bail, ensure};

/// The boots of one `Always` image that are tried.
const ALWAYS: u32 = 20;
/// The boots without confirmation that the firmware allows an image.
const ATTEMPTS: u64 = 3;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("always-boots-20-times", always),
        Case::new("unconfirmed-falls-back-to-older-image", unconfirmed_with_older),
        Case::new("unconfirmed-falls-back-to-cold-boot", unconfirmed),
        Case::new("once-is-consumed", once),
        Case::new("a-once-image-that-was-refused-never-boots-later", refused_once),
        Case::new("confirm-by-hand-ends-the-attempts", by_hand),
        Case::new("reboot-comes-back-to-the-image", reboot),
    ]
}

fn always(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, newest, .. } = rig.with_one_image(journal)?;
    for n in 1..=ALWAYS {
        let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
        boot.expect_restored(newest).with_context(|| format!("boot {n} of {ALWAYS}"))?;
        rig.check_find(&mut machine)?;
        machine.power_off()?;
    }
    Ok(())
}

fn once(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let seq = take(&mut machine, "snapshot once")?;
    machine.power_off()?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    rig.check_find(&mut machine)?;
    machine.power_off()?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold("consumed")?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

/// The system went on from the older image, so what the newer one saved is past, even if it can be read
/// again.
fn refused_once(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, newest: always, .. } = rig.with_one_image(journal)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(always)?;
    let once = take(&mut machine, "snapshot once")?;
    machine.power_off()?;
    let image = images::newest(&medium)?;
    for reason in ["bad-crc", "consumed"] {
        // The first time this breaks the chunk, the second time it repairs it.
        images::flip(&medium, &image, image.chunk_byte(), 3)?;
        let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
        boot.expect_restored(always)?;
        boot.expect_image_refused(once, reason)?;
        rig.check_find(&mut machine)?;
        machine.power_off()?;
    }
    Ok(())
}

fn unconfirmed(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let seq = take(&mut machine, "snapshot noconfirm")?;
    machine.power_off()?;
    use_up_attempts(rig, journal, &medium, seq)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold("attempts-exhausted")?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn unconfirmed_with_older(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, older, .. } = rig.with_one_image(journal)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(older)?;
    let seq = take(&mut machine, "snapshot noconfirm")?;
    machine.power_off()?;
    use_up_attempts(rig, journal, &medium, seq)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(older)?;
    boot.expect_refused("attempts-exhausted")?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn by_hand(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.fresh()?;
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let seq = take(&mut machine, "snapshot noconfirm")?;
    machine.power_off()?;
    for n in 1..=ATTEMPTS + 1 {
        let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
        boot.expect_restored(seq).with_context(|| format!("boot {n}, each confirmed by hand"))?;
        machine.command("confirm", QUICK)?;
        let status = machine.command("status", QUICK)?;
        ensure!(
            status.event("status")?.number("confirmed")? == 1,
            "`status` does not know of the confirmation"
        );
        machine.power_off()?;
    }
    Ok(())
}

/// The board's own reset, within one process: RAM survives it, and must not matter.
fn reboot(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, newest, .. } = rig.with_one_image(journal)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(newest)?;
    machine.console.send("reboot")?;
    let boot = crate::harness::boot::Boot::watch(&mut machine.console, super::BOOT)?;
    boot.expect_restored(newest)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn use_up_attempts(rig: &Rig, journal: &Journal, medium: &Medium, seq: u64) -> Result<()> {
    for attempt in 1..=ATTEMPTS {
        let (machine, boot) = rig.boot(Some(medium), journal)?;
        if let Ending::Cold { reason, .. } = &boot.ending {
            bail!("attempt {attempt} of {ATTEMPTS} was a cold boot: {reason}");
        }
        boot.expect_restored(seq)?;
        let told = boot.image.as_ref().context("there was no `@boot` line")?.number("attempt")?;
        ensure!(told == attempt, "the firmware calls attempt {attempt} number {told}");
        // The plug is pulled: a system that never gets to confirm itself does not power off by its own will either.
        drop(machine);
    }
    Ok(())
}
