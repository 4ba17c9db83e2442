//! Media without anything to boot from: each ends in a cold boot with its own reason, and a working
//! application.

use super::Case;
use super::rig::Rig;
use crate::board::{self, Board};
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::media::{Medium, Sizes, disk, mbr};
use anyhow::{Result, ensure};

/// The cases of this file. Cards and soldered flash have cases of their own where the words differ.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("no-card-boots-cold", |b, j| no_text(b, j, None, "no-medium"))
            .unless(is_flash, "the flash is soldered: there is no slot to leave empty"),
        Case::new("no-snapshot-partition-boots-cold", |b, j| {
            with_text(b, j, &without_partition(b)?, "no-partition")
        })
        .unless(is_flash, "the flash has no partition table: where the store is is fixed"),
        Case::new("blank-card-boots-cold", |b, j| no_text(b, j, Some(blank(b)?), "blank")).only(is_card),
        Case::new("card-of-noise-boots-cold", |b, j| no_text(b, j, Some(of_noise(b)?), "no-partition-table"))
            .only(is_card),
        Case::new("empty-snapshot-partition-boots-cold", |b, j| with_text(b, j, &b.fresh()?, "no-image"))
            .only(is_card),
        Case::new("snapshot-partition-of-noise-boots-cold", |b, j| {
            with_text(b, j, &noisy_store(b)?, "log-corrupt")
        })
        .only(is_card),
        // An erased chip is an empty store, and there is nothing above it that could be missing.
        Case::new("blank-flash-boots-cold", |b, j| no_text(b, j, Some(blank(b)?), "no-image")).only(is_flash),
        Case::new("flash-of-noise-boots-cold", |b, j| no_text(b, j, Some(of_noise(b)?), "log-corrupt"))
            .only(is_flash),
        Case::new("empty-store-boots-cold", |b, j| with_text(b, j, &b.fresh()?, "no-image")).only(is_flash),
        Case::new("store-of-noise-boots-cold", |b, j| with_text(b, j, &noisy_store(b)?, "log-corrupt"))
            .only(is_flash),
    ]
}

fn is_card(_: &Board, medium: &board::Medium) -> bool {
    medium.kind().is_card()
}

fn is_flash(board: &Board, medium: &board::Medium) -> bool {
    !is_card(board, medium)
}

fn blank(rig: &Rig) -> Result<Medium> {
    Medium::blank(&rig.new_path(), rig.layout(), Sizes::SMALL)?.temporary()
}

fn of_noise(rig: &Rig) -> Result<Medium> {
    let medium = blank(rig)?;
    medium.spoil(1)?;
    Ok(medium)
}

fn without_partition(rig: &Rig) -> Result<Medium> {
    let medium = blank(rig)?;
    let fat = medium.fat();
    let first = ((fat.start - medium.user()) / mbr::SECTOR) as u32;
    let count = ((fat.end - fat.start) / mbr::SECTOR) as u32;
    medium.write(medium.user(), &mbr::sector(&[mbr::Partition { kind: mbr::FAT16_LBA, first, count }]))?;
    medium.write(fat.start, &disk::fat16(fat.end - fat.start, &rig.files)?)?;
    Ok(medium)
}

fn noisy_store(rig: &Rig) -> Result<Medium> {
    let medium = rig.fresh()?;
    medium.spoil_store(2)?;
    Ok(medium)
}

/// There is no text, so `status` shows that the application works.
fn no_text(rig: &Rig, journal: &Journal, medium: Option<Medium>, reason: &str) -> Result<()> {
    let (mut machine, boot) = rig.boot(medium.as_ref(), journal)?;
    boot.expect_cold(reason)?;
    let status = machine.command("status", QUICK)?;
    let status = status.event("status")?;
    ensure!(status.number("files")? == 0, "the application indexed files that are not there: {status}");
    ensure!(status.number("vfp_ok")? == 1, "the VFP computation is wrong");
    machine.power_off()
}

fn with_text(rig: &Rig, journal: &Journal, medium: &Medium, reason: &str) -> Result<()> {
    let (mut machine, boot) = rig.boot(Some(medium), journal)?;
    boot.expect_cold(reason)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}
