//! Faulty images. Each fault is tried on a medium with this image alone, which ends in a cold boot with the
//! fault's own reason, and on a medium with an older image in the other slot, which then boots instead.

use super::rig::{Prepared, Rig};
use super::{BOOT, Case};
use crate::harness::boot::Boot;
use crate::harness::journal::Journal;
use crate::media::{Medium, images, records};
use anyhow::{Context, Result};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::image::VERSION;

/// Something wrong with the newest image of a medium.
struct Fault {
    name: &'static str,
    stage: &'static str,
    reason: &'static str,
    harm: fn(&Medium) -> Result<()>,
}

const FAULTS: [Fault; 12] = [
    Fault { name: "header-bit", stage: "header", reason: "bad-crc", harm: |m| flip(m, |_| 70) },
    Fault {
        name: "context-bit",
        stage: "context",
        reason: "bad-crc",
        harm: |m| flip(m, |i| middle(&i.header.context)),
    },
    Fault { name: "map-bit", stage: "map", reason: "bad-crc", harm: |m| flip(m, |i| middle(&i.header.map)) },
    Fault {
        name: "index-bit",
        stage: "index",
        reason: "bad-crc",
        harm: |m| flip(m, |i| middle(&i.header.index)),
    },
    Fault {
        name: "chunk-bit",
        stage: "chunk",
        reason: "bad-crc",
        harm: |m| flip(m, images::Found::chunk_byte),
    },
    Fault { name: "image-cut-short", stage: "header", reason: "truncated", harm: records::cut_short },
    Fault { name: "image-tail-lost", stage: "chunk", reason: "bad-crc", harm: lose_tail },
    Fault { name: "newer-format", stage: "header", reason: "newer-version", harm: newer_format },
    Fault {
        name: "image-of-another-build",
        stage: "header",
        reason: "wrong-build",
        harm: |m| rewrite(m, |h| h.identity.build[0] ^= 1),
    },
    Fault {
        name: "image-of-another-board",
        stage: "header",
        reason: "wrong-board",
        harm: |m| rewrite(m, |h| h.identity.board[0] ^= 1),
    },
    Fault {
        name: "image-of-another-ram",
        stage: "header",
        reason: "wrong-ram",
        harm: |m| rewrite(m, |h| h.ram_digest ^= 1),
    },
    Fault {
        name: "newer-record",
        stage: "select",
        reason: "newer-record",
        harm: records::of_a_newer_version,
    },
];

/// Bytes at the end of an image that is not all there.
const LOST: u64 = 64 << 10;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let with_older =
        FAULTS.iter().map(|f| Case::new(format!("{}-boots-older-image", f.name), move |b, j| older(b, j, f)));
    let alone = FAULTS.iter().map(|f| Case::new(format!("{}-boots-cold", f.name), move |b, j| cold(b, j, f)));
    let real = [
        Case::new("another-firmware-build-boots-cold", another_build),
        Case::new("another-ram-size-boots-cold", another_ram)
            .unless(|board, _| board.ram_mib.len() == 1, "the board has RAM of one size"),
    ];
    real.into_iter().chain(with_older).chain(alone).collect()
}

fn cold(rig: &Rig, journal: &Journal, fault: &Fault) -> Result<()> {
    let medium = rig.with_one_image(journal)?.medium;
    (fault.harm)(&medium)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold_at(fault.stage, fault.reason)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn older(rig: &Rig, journal: &Journal, fault: &Fault) -> Result<()> {
    let Prepared { medium, older, newest } = rig.with_two_images(journal)?;
    (fault.harm)(&medium)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(older)?;
    boot.expect_image_refused_at(newest, fault.stage, fault.reason)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

/// A firmware that really was built anew meets the image of the first one.
fn another_build(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.with_one_image(journal)?.medium;
    let firmware = rig.other_firmware()?;
    cold_on(rig, journal, &medium, &firmware, rig.board.ram(), "wrong-build")
}

fn another_ram(rig: &Rig, journal: &Journal) -> Result<()> {
    let other = *rig.board.ram_mib.get(1).context("the board has RAM of one size")?;
    let medium = rig.with_one_image(journal)?.medium;
    cold_on(rig, journal, &medium, &rig.firmware, other, "wrong-ram")
}

fn cold_on(
    rig: &Rig,
    journal: &Journal,
    medium: &Medium,
    firmware: &crate::harness::elf::Firmware,
    ram_mib: u32,
    reason: &str,
) -> Result<()> {
    let mut machine = rig.start(firmware, ram_mib, Some(medium), &[], journal)?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    boot.expect_cold_at("header", reason)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn middle(part: &oal_snapshot::image::Part) -> u64 {
    part.offset + u64::from(part.len / 2)
}

fn flip(medium: &Medium, place: fn(&images::Found) -> u64) -> Result<()> {
    let image = images::newest(medium)?;
    images::flip(medium, &image, place(&image), 3)
}

fn rewrite(medium: &Medium, change: fn(&mut oal_snapshot::image::Header)) -> Result<()> {
    images::rewrite(medium, &images::newest(medium)?, change)
}

/// The end of the chunks never got to the medium: it reads as zeroes, on NAND as zeroes with the right ECC.
fn lose_tail(medium: &Medium) -> Result<()> {
    let image = images::newest(medium)?;
    let lost = image.header.chunks_len.min(LOST);
    let end = image.header.chunks_offset + image.header.chunks_len;
    image.write(medium, end - lost, &vec![0; lost as usize])
}

/// The version is raised and the checksum is right again, as a later release would write it.
fn newer_format(medium: &Medium) -> Result<()> {
    let image = images::newest(medium)?;
    let mut page = image.read(medium, 0, oal_snapshot::image::HEADER_LEN)?;
    page[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
    let end = page.len() - 4;
    let crc = crc32c(&page[..end]);
    page[end..].copy_from_slice(&crc.to_le_bytes());
    image.write(medium, 0, &page)
}
