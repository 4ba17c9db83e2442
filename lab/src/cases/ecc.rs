//! Wrong bits in the cells of a chip with ECC in software: as many as the code corrects, and more.

use super::Case;
use super::rig::{Prepared, Rig};
use crate::board::{self, Board};
use crate::harness::journal::Journal;
use crate::media::chip::{At, Cells};
use crate::media::layout::{PAGE, PAGES, SPARE};
use crate::media::noise::Noise;
use crate::media::records::Place;
use crate::media::{Kind, Medium, images, records};
use anyhow::{Context, Result, bail};
use oal_snapshot::store::nand::LOG_BLOCKS;

/// Flipped bits in 512 bytes, of which the code corrects four.
const TOO_MANY: usize = 8;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![
        Case::new("a-flipped-bit-in-every-page-is-corrected", every_page).only(has_ecc),
        Case::new("more-flips-than-ecc-corrects-boots-older-image", lost_page).only(has_ecc),
        Case::new("more-flips-than-ecc-corrects-boots-cold", lost_page_alone).only(has_ecc),
        Case::new("a-record-that-ecc-cannot-correct-has-a-twin", lost_record).only(has_ecc),
        Case::new("a-record-lost-with-its-twin-boots-older-image", lost_twins).only(has_ecc),
    ]
}

fn has_ecc(_: &Board, medium: &board::Medium) -> bool {
    medium.kind() == Kind::Nand
}

/// All pages of the newest image and all of the log, blank ones too.
fn every_page(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, newest, .. } = rig.with_two_images(journal)?;
    let cells = Cells::of(&medium).context("this medium has no pages")?;
    let image = images::newest(&medium)?;
    let blocks: Vec<u32> = (0..LOG_BLOCKS).chain(image.blocks().iter().copied()).collect();
    let mut noise = Noise::new(4);
    for block in &blocks {
        for page in 0..PAGES {
            // The first two bytes of the spare area are the mark, which no code guards.
            let bit = noise.below(8 * (PAGE + SPARE - 2));
            let bit = if bit < 8 * PAGE { bit } else { bit + 16 };
            cells.flip(At { block: *block, page }, bit)?;
        }
    }
    journal.note(format!("{} bits flipped", blocks.len() * PAGES as usize));
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(newest)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn lost_page(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, older, newest } = rig.with_two_images(journal)?;
    lose_page(&medium)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(older)?;
    boot.expect_image_refused_at(newest, "chunk", "read-failed")?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn lost_page_alone(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = rig.with_one_image(journal)?.medium;
    lose_page(&medium)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_cold_at("chunk", "read-failed")?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn lost_record(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, newest, .. } = rig.with_two_images(journal)?;
    lose_copies(&medium, 1)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(newest)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

fn lost_twins(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, older, .. } = rig.with_two_images(journal)?;
    lose_copies(&medium, 2)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(older)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}

/// Makes a page in the middle of the newest image's chunks unreadable.
fn lose_page(medium: &Medium) -> Result<()> {
    let image = images::newest(medium)?;
    lose(medium, image.page(image.chunk_byte()).context("the image has no pages")?)
}

/// Makes copies of the newest record unreadable.
fn lose_copies(medium: &Medium, count: usize) -> Result<()> {
    let newest = records::newest(medium)?;
    for place in newest.places.iter().take(count) {
        let Place::Page(at) = *place else { bail!("the record is in no page") };
        lose(medium, at)?;
    }
    Ok(())
}

/// Flips more bits in the first 512 bytes of a page than the code corrects.
fn lose(medium: &Medium, at: At) -> Result<()> {
    let cells = Cells::of(medium).context("this medium has no pages")?;
    (0..TOO_MANY).try_for_each(|i| cells.flip(at, 17 + 501 * i))?;
    anyhow::ensure!(cells.read(at)?.is_none(), "the page can still be corrected");
    Ok(())
}
