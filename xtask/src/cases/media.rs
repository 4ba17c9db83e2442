//! Media without anything to boot from: each ends in a cold boot with its own reason, and a working application.

use super::bench::{Bench, RAM};
use super::{BOOT, Case};
use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::harness::noise::Noise;
use crate::media::{Medium, Sizes, disk, mbr};
use anyhow::{Result, ensure};

const MIB: u64 = 1 << 20;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("no-card-boots-cold", |b, j| no_text(b, j, None, "no-medium")),
        Case::new("blank-card-boots-cold", |b, j| no_text(b, j, Some(blank(b)?), "blank")),
        Case::new("card-of-noise-boots-cold", |b, j| no_text(b, j, Some(of_noise(b)?), "no-partition-table")),
        Case::new("no-snapshot-partition-boots-cold", |b, j| {
            with_text(b, j, &without_partition(b)?, "no-partition")
        }),
        Case::new("empty-snapshot-partition-boots-cold", |b, j| with_text(b, j, &b.fresh()?, "no-image")),
        Case::new("snapshot-partition-of-noise-boots-cold", |b, j| {
            with_text(b, j, &noisy_partition(b)?, "log-corrupt")
        }),
    ]
}

fn blank(bench: &Bench) -> Result<Medium> {
    Medium::blank(&bench.new_path(), bench.kind, Sizes::SMALL)?.temporary()
}

fn of_noise(bench: &Bench) -> Result<Medium> {
    let medium = blank(bench)?;
    let mut bytes = vec![0; (Sizes::SMALL.user * MIB) as usize];
    Noise::new(1).fill(&mut bytes);
    medium.write(medium.user(), &bytes)?;
    Ok(medium)
}

fn without_partition(bench: &Bench) -> Result<Medium> {
    let medium = blank(bench)?;
    let fat = medium.fat();
    let first = ((fat.start - medium.user()) / mbr::SECTOR) as u32;
    let count = ((fat.end - fat.start) / mbr::SECTOR) as u32;
    medium.write(medium.user(), &mbr::sector(&[mbr::Partition { kind: mbr::FAT16_LBA, first, count }]))?;
    medium.write(fat.start, &disk::fat16(fat.end - fat.start, &bench.files)?)?;
    Ok(medium)
}

fn noisy_partition(bench: &Bench) -> Result<Medium> {
    let medium = bench.fresh()?;
    let range = medium.snapshot();
    let mut bytes = vec![0; (range.end - range.start) as usize];
    Noise::new(2).fill(&mut bytes);
    medium.write(range.start, &bytes)?;
    Ok(medium)
}

/// There is no text, so `status` shows that the application works.
fn no_text(bench: &Bench, journal: &Journal, medium: Option<Medium>, reason: &str) -> Result<()> {
    let mut machine = bench.start(&bench.firmware, RAM, medium.as_ref(), &[], journal)?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    boot.expect_cold(reason)?;
    let status = machine.command("status", QUICK)?;
    let status = status.event("status")?;
    ensure!(status.number("files")? == 0, "the application indexed files that are not there: {status}");
    ensure!(status.number("vfp_ok")? == 1, "the VFP computation is wrong");
    machine.power_off()
}

fn with_text(bench: &Bench, journal: &Journal, medium: &Medium, reason: &str) -> Result<()> {
    let (mut machine, boot) = bench.boot(Some(medium), journal)?;
    boot.expect_cold(reason)?;
    bench.check_find(&mut machine)?;
    machine.power_off()
}
