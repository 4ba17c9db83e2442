//! Bad blocks that were there before the first snapshot, planted from outside, as a maker marks them.

use super::Case;
use super::ram::{self, BALLAST_MIB, Setup};
use super::rig::{Rig, take};
use super::space::has_large_slots;
use crate::board::{Board, Medium as BoardMedium};
use crate::harness::journal::Journal;
use crate::media::chip::{At, Cells};
use crate::media::layout::{BLOCK, PAGE, PAGES};
use crate::media::noise::Noise;
use crate::media::records::Place;
use crate::media::{Medium, images, records};
use crate::table;
use anyhow::{Context, Result, ensure};
use oal_snapshot::store::nand::LOG_BLOCKS;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A share of the blocks at random: one in so many.
const SHARE: u32 = 50;
/// MiB of memory that does not compress, so that an image takes a dozen blocks.
const SOME_MIB: u32 = 1;
/// Bytes by which an image may be larger than one without ballast and the ballast together.
const MARGIN: u64 = BLOCK;

/// Blocks to spoil in a chip of so many.
type Choice = fn(u32) -> Vec<u32>;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let case = |name, ballast, choice: Choice| {
        Case::new(name, move |b, j| around(b, j, choice(cells_of(b)), ballast)).only(has_marks)
    };
    vec![
        Case::new("bad-blocks-at-the-end-of-a-slot", at_the_end)
            .only(has_marks)
            .unless(has_large_slots, "RAM cannot fill a slot"),
        case("bad-first-blocks", SOME_MIB, |blocks| vec![0, slot(blocks, 0).start, slot(blocks, 1).start]),
        case("bad-blocks-in-the-log", SOME_MIB, |_| vec![1, 2, 4, 7]),
        case("bad-blocks-in-the-middle-of-a-slot", SOME_MIB, |blocks| {
            [0, 1].map(|n| slot(blocks, n).start).into_iter().flat_map(|b| [b + 3, b + 4, b + 9]).collect()
        }),
        case("two-percent-of-the-blocks-bad-at-random", BALLAST_MIB, at_random),
    ]
}

/// Media with a spare area that the harness can write to.
fn has_marks(_: &Board, medium: &BoardMedium) -> bool {
    medium.kind().has_spare()
}

fn cells_of(rig: &Rig) -> u32 {
    rig.layout().store_blocks
}

/// The blocks of a slot, of two.
fn slot(blocks: u32, number: u32) -> Range<u32> {
    let half = (blocks - LOG_BLOCKS) / 2;
    let start = LOG_BLOCKS + number * half;
    start..start + half
}

fn at_random(blocks: u32) -> Vec<u32> {
    // A seed with which some of them are in the way of both images, on chips of both sizes.
    let mut noise = Noise::new(55);
    let mut chosen = BTreeSet::new();
    while chosen.len() < (blocks / SHARE) as usize {
        chosen.insert(noise.below(blocks as usize) as u32);
    }
    chosen.into_iter().collect()
}

/// Images that nearly fill their slots, whose last blocks are bad: they pass the first of the bad ones, and
/// have less than two MiB of good blocks left to end in.
fn at_the_end(rig: &Rig, journal: &Journal) -> Result<()> {
    const BAD: [u32; 4] = [14, 7, 2, 1];
    let blocks = cells_of(rig);
    let slots = [slot(blocks, 0), slot(blocks, 1)];
    let planted = slots.iter().flat_map(|s| BAD.map(|from_end| s.end - from_end)).collect();
    let small = images::newest(&rig.with_one_image(journal)?.medium)?.header.image_len();
    let room = u64::from(slots[0].end - slots[0].start - BAD.len() as u32) * BLOCK;
    let ballast = (room - MARGIN - small) >> 20;
    around(rig, journal, planted, ballast as u32)
}

/// Takes and boots an image, compares RAM, takes and boots another one from there, and looks at the planted
/// blocks.
fn around(rig: &Rig, journal: &Journal, planted: Vec<u32>, ballast_mib: u32) -> Result<()> {
    let medium = rig.fresh()?;
    let before = plant(&medium, &planted)?;
    let setup = Setup { ram_mib: rig.board.ram(), ballast_mib };
    let mut machine = ram::byte_for_byte(rig, journal, setup, &medium)?;
    let mut met = met_by_newest(&medium, &planted)?;
    let second = take(&mut machine, "snapshot")?;
    machine.power_off()?;
    met += met_by_newest(&medium, &planted)?;
    ensure!(met > 0, "no bad block was in the way of anything");
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(second)?;
    rig.check_find(&mut machine)?;
    machine.power_off()?;
    let cells = Cells::of(&medium).context("this medium has no blocks")?;
    for (block, contents) in before {
        ensure!(cells.block(block)? == contents, "the bad block {block} was written to");
    }
    let planted = table::count(planted.len() as u64, "bad block");
    journal.note(format!("{planted}, {met} in the way of two images or their records"));
    Ok(())
}

/// Marks the blocks, those of odd number on the second of the pages that may carry the mark. A bad block
/// holds anything; in the log that would be one more case (a log that cannot be read), so there it is erased.
fn plant(medium: &Medium, planted: &[u32]) -> Result<BTreeMap<u32, Vec<u8>>> {
    let cells = Cells::of(medium).context("this medium has no blocks")?;
    let mut noise = Noise::new(7);
    let mut contents = BTreeMap::new();
    for block in planted {
        if *block >= LOG_BLOCKS {
            for page in 0..PAGES {
                let mut data = vec![0; PAGE];
                noise.fill(&mut data);
                cells.write(At { block: *block, page }, &data)?;
            }
        }
        cells.mark_bad(*block, *block as usize % 2)?;
        contents.insert(*block, cells.block(*block)?);
    }
    Ok(contents)
}

/// Counts the planted blocks that were in the way of the newest image, or of the record: they lie before the
/// last block in use. Neither is in one of them, and the record knows those that the image passed.
fn met_by_newest(medium: &Medium, planted: &[u32]) -> Result<usize> {
    let (image, record) = (images::newest(medium)?, records::newest(medium)?);
    let last = *image.blocks().last().context("the image has no blocks")?;
    let start = [1, 0].map(|n| slot(medium.layout.store_blocks, n).start);
    let start = start.into_iter().find(|start| *start <= last).context("the image is in no slot")?;
    let mut met = 0;
    for block in planted {
        ensure!(!image.blocks().contains(block), "the image lies in the bad block {block}");
        let passed = (start..last).contains(block);
        ensure!(!passed || record.is_bad(*block), "the newest record does not know of the bad block {block}");
        met += usize::from(passed || (*block < LOG_BLOCKS && record.is_bad(*block)));
    }
    for place in &record.places {
        let Place::Page(at) = place else { continue };
        ensure!(!planted.contains(&at.block), "the record lies in the bad block {}", at.block);
    }
    Ok(met)
}
