//! The memory map: what a board says of its memory must fit together, and must be how the MMU has it.

use core::arch::asm;

use oal_snapshot::frame::{FrameRange, Pfn, RamRegion, RegionError};
use oal_snapshot::hooks::GetSnapshotRegions;
use oal_snapshot::mem::Memory;
use oal_snapshot::memory_map::{MapError, MemoryMap};
use oal_snapshot::system::{PageClass, System};

use super::report::{Findings, Guide};
use crate::application::Application;
use crate::layout;
use crate::platform::Platform;

const MIB: u64 = 1 << 20;

/// Bytes of a frame buffer.
const BUFFER_BYTES: u64 = 640 * 480 * 2;

/// The most RAM that a board may have.
const RAM_MAX: u64 = 1 << 30;

/// The check.
pub fn check<P: Platform>(application: &mut Application<P>) -> Findings {
    let mut findings = Findings::new("memory-map", Guide::MemoryMap);
    sizes::<P>(application.stage.ram_bytes, &mut findings);
    buffers::<P>(application.stage.ram_bytes, &mut findings);
    let board = &application.board;
    match MemoryMap::new(board.ram(), board.get_snapshot_regions(), board.nosave()) {
        Err(error) => bad_regions(error, &mut findings),
        Ok(map) => {
            for area in map.areas() {
                if application.stage.memory.pages(area.frames).is_none() {
                    findings.fault(
                        "unreachable",
                        format_args!("at={:#010x}", area.frames.first.address()),
                        "The engine cannot reach memory that the map names: PhysicalMemory has other ranges.",
                    );
                }
            }
            classes(application, &map, &mut findings);
        }
    }
    translation(application.board.ram(), &mut findings);
    findings
}

/// Whole MiB, and the linker's ranges inside.
fn sizes<P: Platform>(ram_bytes: u32, findings: &mut Findings) {
    let (start, bytes) = (u64::from(P::RAM_START), u64::from(ram_bytes));
    if !start.is_multiple_of(MIB) || !bytes.is_multiple_of(MIB) || bytes == 0 || bytes > RAM_MAX {
        findings.fault(
            "ram-size",
            format_args!("start={start:#010x} bytes={bytes}"),
            "RAM_START and ram_bytes() must be whole MiB, at least one and at most 1024 of them.",
        );
    }
    let end = start.saturating_add(bytes);
    for (what, from, to) in [
        ("nosave", layout::nosave_start(), layout::nosave_end()),
        ("statics", layout::data_start(), layout::heap_start()),
    ] {
        let (from, to) = (from as u64, to as u64);
        if from < start || to > end || from > to {
            findings.fault(
                "linked-outside-ram",
                format_args!("what={what} range={from:#010x}..{to:#010x}"),
                "The linker script's RAM is not the RAM of RAM_START and ram_bytes().",
            );
        }
    }
}

/// Whether two ranges of addresses share a byte.
fn share(a: (u64, u64), b: (u64, u64)) -> bool {
    a.1 > 0 && b.1 > 0 && a.0 < b.0.saturating_add(b.1) && b.0 < a.0.saturating_add(a.1)
}

/// Frame buffers and the window, each as first byte and length.
fn buffers<P: Platform>(ram_bytes: u32, findings: &mut Findings) {
    let ram = (u64::from(P::RAM_START), u64::from(ram_bytes));
    let video = (u64::from(P::VIDEO.0), u64::from(P::VIDEO.1));
    let picture = layout::frame_buffer::<P>().map_or((0, 0), |region| (region.base, region.len));
    let inside = |buffer: (u64, u64)| buffer.0 >= video.0 && buffer.0 + buffer.1 <= video.0 + video.1;
    if share(video, ram) {
        findings.fault(
            "video-in-ram",
            format_args!("video={:#010x} bytes={}", video.0, video.1),
            "VIDEO shares addresses with RAM: it is mapped without caches, and belongs to the OEM's regions only.",
        );
    }
    if picture.1 > 0 && !inside(picture) {
        findings.fault(
            "frame-buffer-outside-video",
            format_args!("at={:#010x}", picture.0),
            "FRAME_BUFFER must lie in VIDEO, with room for 640 by 480 pixels of two bytes.",
        );
    }
    if let Some(at) = P::PROGRESS_BUFFER {
        let progress = (u64::from(at), BUFFER_BYTES);
        if share(progress, picture) || share(progress, ram) || !inside(progress) {
            findings.fault(
                "progress-buffer-overlaps",
                format_args!("at={at:#010x}"),
                "PROGRESS_BUFFER is drawn on while the picture is written: it must lie in VIDEO, away from FRAME_BUFFER.",
            );
        }
    }
    if let Some(window) = P::READ_WINDOW {
        let at = (u64::from(window.at), u64::from(window.bytes));
        let whole = [at.0, at.1, u64::from(window.physical)].iter().all(|n| n.is_multiple_of(MIB));
        if !whole || share(at, ram) || share(at, video) {
            findings.fault(
                "window-overlaps",
                format_args!("at={:#010x} bytes={}", at.0, at.1),
                "READ_WINDOW must be whole MiB at addresses that nothing else uses.",
            );
        }
    }
}

/// What the engine says of regions that do not fit.
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
fn classes<P: Platform>(application: &Application<P>, map: &MemoryMap, findings: &mut Findings) {
    let board = &application.board;
    let (mut used, mut free, mut nosave) = (0_u32, 0_u32, 0_u32);
    for region in board.ram() {
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
    let (stack, table) = (&raw const here as u64, core::ptr::from_ref(application) as u64);
    for (what, address) in [("stack", stack), ("application", table), ("data", layout::data_start() as u64)] {
        let frame = Pfn::containing(address);
        let pictured = map.in_picture(FrameRange { first: frame, count: 1 });
        if !pictured || board.page_class(frame) == PageClass::Free {
            findings.fault(
                "in-use-but-not-pictured",
                format_args!("what={what} at={address:#010x}"),
                "Memory that is in use must be in the picture: page_class() calls it free, or a nosave region covers it.",
            );
        }
    }
    findings.fact(format_args!("areas={}", map.areas().len()));
    findings.fact(format_args!("used={used}"));
    findings.fact(format_args!("free={free}"));
    findings.fact(format_args!("nosave={nosave}"));
}

/// Asks the MMU for the first byte of each MiB of RAM, as privileged code reads it (DDI 0406C, B4.2.4).
fn translation(ram: &[RamRegion], findings: &mut Findings) {
    let wrong = ram
        .iter()
        .flat_map(|region| (region.base..region.base + region.len).step_by(MIB as usize))
        .find(|address| {
            let result: u32;
            // SAFETY: a translation on request, which changes PAR only; interrupts do not use it.
            unsafe {
                asm!(
                    "mcr p15, 0, {address}, c7, c8, 0", "isb", "mrc p15, 0, {result}, c7, c4, 0",
                    address = in(reg) *address as u32, result = out(reg) result,
                    options(nomem, nostack, preserves_flags)
                );
            }
            result & 1 != 0 || result & 0xffff_f000 != *address as u32 & 0xffff_f000
        });
    if let Some(address) = wrong {
        findings.fault(
            "not-mapped-to-itself",
            format_args!("at={address:#010x}"),
            "RAM must be mapped to where it is, by the boot stage's table and by the application's.",
        );
    }
}
