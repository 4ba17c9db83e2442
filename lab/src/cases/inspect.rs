//! `cargo xtask inspect` on the media that other cases leave behind: two images, the second taken by a system
//! that was restored from the first.

use super::ram::{LOADED, describe};
use super::rig::{Prepared, Rig};
use super::{BOOT, Case, SNAPSHOT};
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::memory;
use crate::inspect::{self, Options, report};
use crate::media::{Kind, images};
use crate::toolchain::Target;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![Case::new("inspect-tells-what-a-medium-holds", what_it_holds)]
}

fn what_it_holds(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, newest: older, .. } = rig.with_one_image(journal)?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(older)?;
    let taken = machine.command("snapshot", SNAPSHOT)?.event("taken")?.clone();
    machine.power_off()?;
    let newest = taken.number("seq")?;
    let prepared = Prepared { medium, newest, older };
    let Prepared { medium, .. } = &prepared;
    let before = medium.store_bytes()?;
    let path = medium.path.as_path();

    let found = inspect::look(&options(&[path], &["--verify"])?)?;
    ensure!(found.faults() == 0, "{} faults were found:\n{}", found.faults(), report::text(&found));
    let json: Value =
        serde_json::from_str(&told(&[path], &["--json", "--verify"])?).context("this is no JSON")?;
    as_taken(rig, &json, &taken, older).with_context(|| report::text(&found))?;
    let diff = told(&[path], &["--diff", &older.to_string(), &newest.to_string()])?;
    let same = diff.split_once(" pages the same, ").and_then(|(same, _)| same.parse::<u64>().ok());
    ensure!(same.is_some_and(|same| same > 0), "the images have nothing in common: {diff}");
    for ending in ["png", "svg"] {
        let out = path.with_extension(ending);
        inspect::inspect(&options(&[path, Path::new("--map"), &out], &[])?)?;
        let drawn = std::fs::read(&out)?;
        std::fs::remove_file(&out)?;
        ensure!(drawn.starts_with(b"\x89PNG") || drawn.starts_with(b"<svg"), "this is no map");
    }
    let extracted = extract(rig, path)?;
    ensure!(medium.store_bytes()? == before, "the medium was written to");
    as_loaded(rig, journal, &prepared, &extracted)
}

/// What is told of the medium is what the firmware said of the newest image, and what the description says of
/// the board.
fn as_taken(rig: &Rig, json: &Value, taken: &Event, older: u64) -> Result<()> {
    let newest = taken.number("seq")?;
    let kind = match rig.kind() {
        Kind::Sd => "sd",
        Kind::Emmc => "emmc",
        Kind::Nor => "nor",
        Kind::Nand => "nand",
        Kind::OneNand => "onenand",
        Kind::RawNand => "raw-nand",
    };
    let (store, image) = (&json["store"], &json["image"]);
    let header = &image["header"];
    let data = taken.number("pages")? - taken.number("zero")?;
    let told = [
        ("kind", &json["kind"], Value::from(kind)),
        ("what would boot", &store["boots"], newest.into()),
        ("bad blocks", &store["bad_blocks"], Value::Array(Vec::new())),
        ("the image's number", &image["number"], newest.into()),
        ("the image's fault", &image["fault"], Value::Null),
        ("board", &header["board"], rig.board.name.as_str().into()),
        ("bytes", &header["bytes"], taken.number("bytes")?.into()),
        ("pages of data", &header["data_pages"], data.into()),
        ("pages of zeroes", &header["zero_pages"], taken.number("zero")?.into()),
        ("chunks", &header["chunks"], taken.number("chunks")?.into()),
    ];
    for (what, found, expected) in told {
        ensure!(*found == expected, "{what}: {found}, and it should be {expected}");
    }
    // The number of an architecture begins with its version.
    let version = header["architecture"][0].as_u64().unwrap_or_default() >> 16;
    let expected = match rig.board.target {
        Target::Armv7a => 7,
        Target::Armv5te => 5,
    };
    ensure!(version == expected, "the architecture is {}", header["architecture"]);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let raw = list(&image["chunks"]).iter().filter(|chunk| chunk["raw"] == true).count() as u64;
    ensure!(raw == taken.number("raw")?, "{raw} chunks are raw");
    let slots = list(&store["slots"]);
    let slot = slots.get(taken.number("slot")? as usize).context("there is no such slot")?;
    ensure!(slot["image"] == newest, "the newest image is not in its slot: {slot}");
    for slot in &slots {
        ensure!([newest, older].iter().any(|image| slot["image"] == *image), "another image: {slot}");
        ensure!(slot["state"] == "committed" && slot["policy"] == "always", "not as it was taken: {slot}");
    }
    let whole = list(&store["whole"]);
    ensure!(whole.len() == 2, "{} images were checked as a whole", whole.len());
    if let Some(chip) = rig.layout().chip() {
        let place = store["place"].as_str().unwrap_or_default();
        let blocks = format!("{} erase blocks", chip.blocks);
        ensure!(place.starts_with(&blocks), "the store has {blocks} by the description, and {place}");
    }
    Ok(())
}

/// The options for these paths and words.
fn options(paths: &[&Path], words: &[&str]) -> Result<Options> {
    let paths = paths.iter().map(|path| path.as_os_str());
    Options::parse(&paths.chain(words.iter().map(OsStr::new)).collect::<Vec<_>>())
}

/// What is printed for them.
fn told(paths: &[&Path], words: &[&str]) -> Result<String> {
    Ok(inspect::inspect(&options(paths, words)?)?.text)
}

/// All of RAM out of the newest image, zeroes where it has nothing.
fn extract(rig: &Rig, path: &Path) -> Result<File> {
    let out = path.with_extension("ram");
    let Range { start, end } = rig.board.ram_range(rig.board.ram());
    // From the board's first address on, as the file has it that QEMU keeps RAM in.
    let range = format!("{:#x}..{end:#x}", rig.board.ram_start.min(start));
    told(&[path, Path::new("--out"), &out], &["--extract", &range])?;
    let extracted = File::open(&out)?;
    std::fs::remove_file(&out)?;
    Ok(extracted)
}

/// Compares what was extracted with RAM as a boot loads it, page by page of the image's map.
fn as_loaded(rig: &Rig, journal: &Journal, prepared: &Prepared, extracted: &File) -> Result<()> {
    let Prepared { medium, .. } = prepared;
    let ram = rig.board.ram_range(rig.board.ram());
    let mut pages = images::mapped(medium, &images::newest(medium)?)?;
    pages.retain(|range| ram.start <= range.start && range.end <= ram.end);
    let mut machine = rig.start(&rig.firmware, rig.board.ram(), Some(medium), &[LOADED], journal)?;
    machine.wait_at(&rig.firmware, LOADED, BOOT)?;
    let wrong = memory::differing_pages(extracted, &machine.ram_now()?, rig.board.ram_start, &pages)?;
    ensure!(wrong.is_empty(), "extracted pages are not as loaded: {}", describe(rig, &wrong));
    let total = memory::total(&pages) / memory::PAGE;
    ensure!(total > 0, "no page was compared");
    journal.note(format!("{total} extracted pages compared with RAM"));
    Ok(())
}
