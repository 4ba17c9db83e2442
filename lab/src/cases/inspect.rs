//! `cargo xtask inspect` on the media that other cases leave behind: two images, the second taken by a system that was
//! restored from the first.

use super::bench::{Bench, Prepared};
use super::picture::{LOADED, describe};
use super::{BOOT, Case};
use crate::harness::journal::Journal;
use crate::harness::memory;
use crate::inspect::{self, Options, report, stored};
use crate::media::images;
use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    vec![Case::new("inspect-tells-what-a-medium-holds", what_it_holds).only(|_, _| true)]
}

fn what_it_holds(bench: &Bench, journal: &Journal) -> Result<()> {
    let prepared = bench.with_two_images(journal)?;
    let Prepared { medium, newest, older } = &prepared;
    let before = medium.store_bytes()?;
    let path = medium.path.as_path();

    let mut found = inspect::look(&options(&[path], &["--verify"])?)?;
    ensure!(found.faults() == 0, "{} faults were found:\n{}", found.faults(), report::text(&found));
    stored::steady(&mut found);
    let name = format!("media/{}-{}.txt", bench.board.name, bench.kind.name());
    stored::compare(&name, &report::text(&found))?;

    let text = told(&[path], &["--json"])?;
    let json: serde_json::Value = serde_json::from_str(&text).context("this is no JSON")?;
    ensure!(json["store"]["boots"] == *newest, "by the JSON image {} would boot", json["store"]["boots"]);
    let diff = told(&[path], &["--diff", &older.to_string(), &newest.to_string()])?;
    let same = diff.split_once(" pages the same, ").and_then(|(same, _)| same.parse::<u64>().ok());
    ensure!(same.is_some_and(|same| same > 0), "the images have nothing in common: {diff}");
    for ending in ["png", "svg"] {
        let out = path.with_extension(ending);
        inspect::inspect(&options(&[path, Path::new("--picture"), &out], &[])?)?;
        let drawn = std::fs::read(&out)?;
        std::fs::remove_file(&out)?;
        ensure!(drawn.starts_with(b"\x89PNG") || drawn.starts_with(b"<svg"), "this is no picture");
    }
    let extracted = if bench.board.ram_is_a_file { Some(extract(bench, path)?) } else { None };
    ensure!(medium.store_bytes()? == before, "the medium was written to");
    match extracted {
        Some(extracted) => as_loaded(bench, journal, &prepared, &extracted),
        None => Ok(()),
    }
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
fn extract(bench: &Bench, path: &Path) -> Result<File> {
    let out = path.with_extension("ram");
    let Range { start, end } = bench.board.ram_range(bench.board.ram());
    // From the board's first address on, as the file has it that QEMU keeps RAM in.
    let range = format!("{:#x}..{end:#x}", bench.board.ram_base.min(start));
    told(&[path, Path::new("--out"), &out], &["--extract", &range])?;
    let extracted = File::open(&out)?;
    std::fs::remove_file(&out)?;
    Ok(extracted)
}

/// Compares what was extracted with RAM as a boot loads it, page by page of the image's map.
fn as_loaded(bench: &Bench, journal: &Journal, prepared: &Prepared, extracted: &File) -> Result<()> {
    let Prepared { medium, .. } = prepared;
    let ram = bench.board.ram_range(bench.board.ram());
    let mut pages = images::mapped(medium, &images::newest(medium)?)?;
    pages.retain(|range| ram.start <= range.start && range.end <= ram.end);
    let mut machine = bench.start(&bench.firmware, bench.board.ram(), Some(medium), &[LOADED], journal)?;
    machine.wait_at(&bench.firmware, LOADED, BOOT)?;
    let wrong = memory::differing_pages(extracted, &machine.ram, bench.board.ram_base, &pages)?;
    ensure!(wrong.is_empty(), "extracted pages are not as loaded: {}", describe(bench, &wrong));
    let total = memory::total(&pages) / memory::PAGE;
    ensure!(total > 0, "no page was compared");
    journal.note(format!("{total} extracted pages compared with RAM"));
    Ok(())
}
