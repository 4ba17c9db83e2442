//! The main proof: RAM at the moment of capture and RAM after the restore, compared from outside, byte for
//! byte.

use super::rig::Rig;
use super::{BOOT, Case, SNAPSHOT};
use crate::harness::boot::Boot;
use crate::harness::console::{Answer, QUICK};
use crate::harness::event::Event;
use crate::harness::journal::Journal;
use crate::harness::machine::Machine;
use crate::harness::memory::{self, Map};
use crate::media::{Medium, images};
use crate::table;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::ops::Range;

/// The stop at which the CPU was captured.
pub const CAPTURED: &str = "oal_marker_captured";
/// The stop at which the image is committed.
pub const WRITTEN: &str = "oal_marker_written";
/// The stop at which every page is in place.
pub const LOADED: &str = "oal_marker_loaded";

/// Noise in every saved memory, in MiB.
pub const BALLAST_MIB: u32 = 4;

/// What is saved.
#[derive(Clone, Copy)]
pub struct Setup {
    /// MiB of RAM.
    pub ram_mib: u32,
    /// MiB of memory that does not compress.
    pub ballast_mib: u32,
}

/// One case for each of these sizes of RAM, in MiB, for the boards that can have it; the largest takes
/// longest.
pub fn cases(sizes: &[u32]) -> Vec<Case> {
    let case = |mib: u32| {
        let setup = Setup { ram_mib: mib, ballast_mib: BALLAST_MIB };
        Case::new(format!("ram-byte-for-byte-{mib}-mib"), move |b, j| {
            byte_for_byte(b, j, setup, &b.fresh()?)?.power_off()
        })
        .only(move |board, _| board.ram_mib.contains(&mib))
    };
    sizes.iter().rev().copied().map(case).collect()
}

/// What the host remembers of the moment of capture.
struct Captured {
    map: Map,
    saved: Vec<Range<u64>>,
    ram: File,
    oem: Vec<Vec<u8>>,
    status: Answer,
    seq: u64,
}

/// Takes a snapshot on a medium without any, boots from it, and compares RAM. Returns the restored machine.
pub fn byte_for_byte(rig: &Rig, journal: &Journal, setup: Setup, medium: &Medium) -> Result<Machine> {
    let captured = capture(rig, journal, setup, medium)?;
    let mut expected = captured.saved.clone();
    expected.extend(captured.map.oem.iter().cloned());
    check_page_map(medium, &expected)?;
    restore(rig, journal, setup.ram_mib, medium, &captured)
}

fn capture(rig: &Rig, journal: &Journal, setup: Setup, medium: &Medium) -> Result<Captured> {
    let mib = setup.ram_mib;
    let firmware = &rig.firmware;
    let mut machine = rig.start(firmware, mib, Some(medium), &[CAPTURED, WRITTEN], journal)?;
    let boot = Boot::watch(&mut machine.console, BOOT)?;
    boot.expect_cold("no-image")?;
    let ram = rig.board.ram_range(mib);
    ensure!(
        boot.reset.number("ram_mib")? == (ram.end - ram.start) >> 20,
        "the firmware sees another RAM size: {}",
        boot.reset
    );
    rig.check_find(&mut machine)?;
    // Memory that does not compress, at the other end of RAM: raw chunks, and more than a handful of pages.
    machine.command(&format!("ballast {}", setup.ballast_mib), QUICK)?.ok()?;
    let status = machine.command("status", QUICK)?;
    ensure!(
        status.event("status")?.text("timeline")? == "cold",
        "the timeline is not `cold` before the snapshot"
    );
    let map = Map::read(&machine.command("memory", QUICK)?)?;
    let base = rig.board.ram_start;
    ensure!(map.ram[0] == ram, "`memory` gives RAM as {:x?}", map.ram[0]);
    ensure!(
        !(rig.board.has_display && map.oem.is_empty()),
        "`memory` lists no OEM region; the frame buffer should be one"
    );
    let saved = map.saved(&firmware.range("__oal_code_start", "__oal_code_end")?);

    machine.console.send("snapshot")?;
    machine.wait_at(firmware, CAPTURED, SNAPSHOT)?;
    let ram = machine.copy_ram()?;
    let oem = read_oem(&mut machine, &map)?;
    machine.go_on(firmware, CAPTURED)?;

    machine.wait_at(firmware, WRITTEN, SNAPSHOT)?;
    let changed = memory::differing_pages(&ram, &machine.ram_now()?, base, &map.still())?;
    ensure!(changed.is_empty(), "while the image was written RAM changed in {}", describe(rig, &changed));
    ensure!(oem == read_oem(&mut machine, &map)?, "while the image was written an OEM region changed");
    machine.go_on(firmware, WRITTEN)?;

    let taken = machine.console.answer(SNAPSHOT).context("waited for the end of `snapshot`")?.ok()?;
    let seq = taken.event("taken")?.number("seq")?;
    let after = machine.command("status", QUICK)?;
    check_running(&mut machine, &after, "live")?;
    rig.check_find(&mut machine)?;
    machine.power_off()?;
    Ok(Captured { map, saved, ram, oem, status, seq })
}

/// The page map on the medium names exactly the pages that are saved.
pub fn check_page_map(medium: &Medium, expected: &[Range<u64>]) -> Result<()> {
    let image = images::newest(medium)?;
    let mapped = images::mapped(medium, &image)?;
    let missing = memory::subtract(expected, &mapped);
    let extra = memory::subtract(&mapped, expected);
    ensure!(
        missing.is_empty(),
        "the page map lacks {} bytes of saved memory, first {:x?}",
        memory::total(&missing),
        missing[0]
    );
    ensure!(
        extra.is_empty(),
        "the page map holds {} bytes beyond saved memory, first {:x?}",
        memory::total(&extra),
        extra[0]
    );
    Ok(())
}

fn restore(rig: &Rig, journal: &Journal, mib: u32, medium: &Medium, captured: &Captured) -> Result<Machine> {
    let firmware = &rig.firmware;
    let mut machine = rig.start(firmware, mib, Some(medium), &[LOADED], journal)?;
    machine.wait_at(firmware, LOADED, BOOT)?;
    let wrong =
        memory::differing_pages(&captured.ram, &machine.ram_now()?, rig.board.ram_start, &captured.saved)?;
    let pages = memory::total(&captured.saved) / memory::PAGE;
    ensure!(
        wrong.is_empty(),
        "of {pages} pages loaded, these are not as captured: {}",
        describe(rig, &wrong)
    );
    ensure!(
        captured.oem == read_oem(&mut machine, &captured.map)?,
        "an OEM region was loaded with other contents"
    );
    let nosave: Vec<String> =
        captured.map.nosave.iter().map(|r| format!("{:#x}..{:#x}", r.start, r.end)).collect();
    journal.note(format!("{pages} pages compared, nosave {}", nosave.join(" ")));
    machine.go_on(firmware, LOADED)?;

    let boot = Boot::watch(&mut machine.console, BOOT)?;
    boot.expect_restored(captured.seq)?;
    let status = machine.command("status", QUICK)?;
    check_running(&mut machine, &status, "restored")?;
    rig.check_find(&mut machine)?;
    check_same_index(captured.status.event("status")?, status.event("status")?)?;
    check_drivers(&rig.board.drivers, &status)?;
    Ok(machine)
}

/// The timer ticks, the vector unit's registers are intact, and the firmware knows which timeline it is in.
fn check_running(machine: &mut Machine, earlier: &Answer, timeline: &str) -> Result<()> {
    let earlier = earlier.event("status")?;
    ensure!(
        earlier.text("timeline")? == timeline,
        "the timeline is {}, not {timeline}",
        earlier.text("timeline")?
    );
    // The timer ticks at 100 Hz or so, in real time.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let later = machine.command("status", QUICK)?;
    let later = later.event("status")?;
    ensure!(later.number("ticks")? > earlier.number("ticks")?, "the timer has stopped ticking");
    ensure!(later.number("vfp_steps")? > earlier.number("vfp_steps")?, "the VFP computation has stopped");
    ensure!(later.number("vfp_ok")? == 1, "the VFP computation is wrong");
    Ok(())
}

fn check_same_index(before: &Event, after: &Event) -> Result<()> {
    for key in ["index_digest", "words", "postings", "files", "text_bytes"] {
        let (before, after) = (before.text(key)?, after.text(key)?);
        ensure!(before == after, "`{key}` was {before} before the snapshot and is {after} after the restore");
    }
    let (before, after) = (before.number("ticks")?, after.number("ticks")?);
    ensure!(after > before, "the tick count went back from {before} to {after}");
    Ok(())
}

/// Every driver came up for the snapshot boot, while the state was `boot`, in the order of the list.
pub fn check_drivers(expected: &[impl AsRef<str>], status: &Answer) -> Result<()> {
    let names = status.all("driver").map(|d| d.text("name")).collect::<Result<Vec<_>>>()?;
    let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
    ensure!(names == expected, "`status` lists the drivers {names:?} instead of {expected:?}");
    let mut last = None;
    for driver in status.all("driver") {
        ensure!(driver.number("up_boot")? == 1, "expected one start after the snapshot boot: {driver}");
        ensure!(driver.text("last_state")? == "boot", "the driver came up in another state: {driver}");
        let order = driver.number("order")?;
        ensure!(last.is_none_or(|l| l < order), "the driver came up out of order: {driver}");
        last = Some(order);
    }
    Ok(())
}

fn read_oem(machine: &mut Machine, map: &Map) -> Result<Vec<Vec<u8>>> {
    map.oem.iter().map(|r| machine.device_memory(r.start, r.end - r.start)).collect()
}

/// So many pages, and the symbols of the first.
pub fn describe(rig: &Rig, pages: &[u64]) -> String {
    let shown: Vec<String> =
        pages.iter().take(6).map(|p| format!("{p:#010x} ({})", rig.firmware.nearest(*p))).collect();
    let more = if pages.len() > shown.len() { ", ..." } else { "" };
    format!("{}: {}{more}", table::count(pages.len() as u64, "page"), shown.join(", "))
}
