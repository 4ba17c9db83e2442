//! The memory map: what a board says of its memory must fit together, and must be how the MMU has it.

use oal_snapshot::frame::{FrameRange, Pfn, RamRegion, RegionError};
use oal_snapshot::mem::Memory;
use oal_snapshot::memory_map::{MapError, MemoryMap};
use oal_snapshot::system::{PageClass, System};

use super::report::{Findings, Guide};
use crate::application::Application;
use crate::arch;
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::layout;
use crate::mapping::GRANULE;
use crate::platform::Platform;
use crate::ram;

/// The most RAM that a board may have.
const RAM_MAX: u64 = 1 << 30;

/// The check.
pub fn check<P: Platform, A: Application<P>>(
    stage: &mut BootStage<P, A>,
    board: &mut Board<P, A>,
) -> Findings {
    let mut findings = Findings::new("memory-map", Guide::MemoryMap);
    sizes(board.layout().ram, &mut findings);
    outside::<P, A>(board.layout().ram, &mut findings);
    match MemoryMap::new(&board.layout()) {
        Err(error) => bad_regions(error, &mut findings),
        Ok(map) => {
            for area in map.areas() {
                if stage.memory.pages(area.frames).is_none() {
                    findings.fault(
                        "unreachable",
                        format_args!("at={:#010x}", area.frames.first.address()),
                        "The engine cannot reach memory that the map names: PhysicalMemory has other ranges.",
                    );
                }
            }
            classes(board, &map, &mut findings);
        }
    }
    translation(board.layout().ram, &mut findings);
    findings
}

/// Whole MiB, and the linker's ranges inside.
fn sizes(ram: &[RamRegion], findings: &mut Findings) {
    let whole = |bank: &RamRegion| bank.base.is_multiple_of(GRANULE) && bank.len.is_multiple_of(GRANULE);
    let bytes = ram::bytes(ram);
    if !ram.iter().all(whole) || bytes == 0 || bytes > RAM_MAX {
        findings.fault(
            "ram-size",
            format_args!("banks={} bytes={bytes}", ram.len()),
            "Platform::ram() must give whole MiB, at least one and at most 1024 of them.",
        );
    }
    if !ram.is_sorted_by_key(|bank| bank.base) {
        findings.fault(
            "banks-out-of-order",
            format_args!("banks={}", ram.len()),
            "Platform::ram() must give the banks by rising addresses.",
        );
    }
    for (what, from, to) in [
        ("nosave", layout::nosave_start(), layout::nosave_end()),
        ("statics", layout::data_start(), layout::heap_start()),
    ] {
        let (from, to) = (from as u64, to as u64);
        if from > to || !ram.iter().any(|bank| from >= bank.base && to <= bank.base.saturating_add(bank.len))
        {
            findings.fault(
                "linked-outside-ram",
                format_args!("what={what} range={from:#010x}..{to:#010x}"),
                "The linker script's RAM lies in no bank of Platform::ram().",
            );
        }
    }
}

/// Whether two regions share a byte.
fn share(a: &RamRegion, b: &RamRegion) -> bool {
    let end = |region: &RamRegion| region.base.saturating_add(region.len);
    a.len > 0 && b.len > 0 && a.base < end(b) && b.base < end(a)
}

/// Memory outside RAM: what is not cached, what the application's observer writes to, and the window.
fn outside<P: Platform, A: Application<P>>(ram: &[RamRegion], findings: &mut Findings) {
    let any_shares = |regions: &[RamRegion], region: &RamRegion| regions.iter().any(|r| share(r, region));
    let whole = |numbers: &[u64]| numbers.iter().all(|number| number.is_multiple_of(GRANULE));
    for region in P::UNCACHED {
        if any_shares(ram, region) || !whole(&[region.base, region.len]) {
            findings.fault(
                "uncached-in-ram",
                format_args!("at={:#010x} bytes={}", region.base, region.len),
                "UNCACHED must be whole MiB outside RAM.",
            );
        }
    }
    for region in A::OBSERVER_MEMORY {
        let inside = |r: &RamRegion| region.base >= r.base && region.base + region.len <= r.base + r.len;
        if any_shares(ram, region) || any_shares(P::OEM, region) || !P::UNCACHED.iter().any(inside) {
            findings.fault(
                "observer-writes-saved-memory",
                format_args!("at={:#010x} bytes={}", region.base, region.len),
                "The application's observer writes there while a snapshot is written: it must lie in UNCACHED, away from RAM and OEM.",
            );
        }
    }
    if let Some(window) = P::READ_WINDOW {
        let at = RamRegion::new(window.at, window.bytes);
        if !whole(&[at.base, at.len, window.physical]) || any_shares(ram, &at) || any_shares(P::UNCACHED, &at)
        {
            findings.fault(
                "window-overlaps",
                format_args!("at={:#010x} bytes={}", at.base, at.len),
                "READ_WINDOW must be whole MiB at addresses that nothing else uses.",
            );
        }
    }
}

/// The engine's findings about regions that do not fit.
fn bad_regions(error: MapError, findings: &mut Findings) {
    let shape = |error: RegionError| match error {
        RegionError::Unaligned => "not-whole-pages",
        RegionError::Empty => "empty",
        _ => "too-large",
    };
    let (cause, first, second) = match error {
        MapError::Ram(i, e) | MapError::Oem(i, e) | MapError::Nosave(i, e) => (shape(e), i, None),
        MapError::RamOverlaps(i, j) => ("ram-overlaps-ram", i, Some(j)),
        MapError::OemOverlaps(i, j) => ("oem-overlaps-oem", i, Some(j)),
        MapError::OemInRam(i, j) => ("oem-overlaps-ram", i, Some(j)),
        _ => ("too-many-regions", 0, None),
    };
    let list = match error {
        MapError::Ram(..) | MapError::RamOverlaps(..) => "ram",
        MapError::Nosave(..) => "nosave",
        _ => "oem",
    };
    let advice =
        "Regions must be whole pages of 4096 bytes; the system's RAM and the OEM's regions must not overlap.";
    match second {
        Some(other) => {
            findings.fault(cause, format_args!("list={list} region={first} other={other}"), advice)
        }
        None => findings.fault(cause, format_args!("list={list} region={first}"), advice),
    }
}

/// Pages by class: all of RAM is one or the other, and what runs is used.
fn classes<P: Platform, A: Application<P>>(board: &Board<P, A>, map: &MemoryMap, findings: &mut Findings) {
    let (mut used, mut free, mut nosave) = (0_u32, 0_u32, 0_u32);
    for region in board.layout().ram {
        let frames = region.frames().unwrap_or_default();
        for number in frames.first.0..frames.end().0 {
            match board.page_class(Pfn(number)) {
                _ if map.is_nosave(Pfn(number)) => nosave += 1,
                PageClass::Used => used += 1,
                PageClass::Free => free += 1,
            }
        }
    }
    let here = 0_u8;
    let (stack, system) = (&raw const here as u64, core::ptr::from_ref(board) as u64);
    for (what, address) in [("stack", stack), ("board", system), ("data", layout::data_start() as u64)] {
        let frame = Pfn::containing(address);
        let saved = map.is_saved(FrameRange { first: frame, count: 1 });
        if !saved || board.page_class(frame) == PageClass::Free {
            findings.fault(
                "in-use-but-not-saved",
                format_args!("what={what} at={address:#010x}"),
                "Memory that is in use must be saved: page_class() calls it free, or a nosave region covers it.",
            );
        }
    }
    findings.fact(format_args!("areas={}", map.areas().len()));
    findings.fact(format_args!("used={used}"));
    findings.fact(format_args!("free={free}"));
    findings.fact(format_args!("nosave={nosave}"));
}

/// Asks the MMU for the first byte of each MiB of RAM.
fn translation(ram: &[RamRegion], findings: &mut Findings) {
    let wrong = ram
        .iter()
        .flat_map(|region| (region.base..region.base + region.len).step_by(GRANULE as usize))
        .find(|address| arch::translate(*address as usize) != Some(*address as usize));
    if let Some(address) = wrong {
        findings.fault(
            "not-mapped-to-itself",
            format_args!("at={address:#010x}"),
            "RAM must be mapped to where it is, by the boot stage's table and by the application's.",
        );
    }
}
