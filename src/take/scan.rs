//! The pages of the image: the page map, from the memory map and the system's classes of pages.

use heapless::VecView;

use crate::frame::{FrameRange, Pfn};
use crate::image::{Extent, ExtentKind};
use crate::mem::{Memory, Page};
use crate::memory_map::{Area, AreaKind, MemoryMap};
use crate::progress::{Observer, Progress};
use crate::system::{PageClass, System};
use crate::take::error::ScanError;
use crate::take::report::TakeReport;

/// Pages between two reports to the observer.
const PAGES_A_REPORT: u64 = 1024;

/// What a page of saved memory is to the map.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Zero,
    Free,
}

/// Fills the page map. Where it would overflow, short runs of zero and free pages between data are stored as
/// data, so that all memory fits; only the areas themselves must.
///
/// Like the other steps it is a function of its own, so that their locals take turns on the stack.
#[inline(never)]
pub(crate) fn scan<S: System + ?Sized, M: Memory, O: Observer>(
    map: &MemoryMap,
    system: &S,
    memory: &M,
    extents: &mut VecView<Extent>,
    staging: FrameRange,
    observer: &mut O,
    report: &mut TakeReport,
) -> Result<(), ScanError> {
    let total: u64 = map.saved().map(|area| u64::from(area.frames.count)).sum();
    let mut shortest_gap = 1;
    // 2^32 pages is more than any run has, so this ends.
    while shortest_gap < 1 << 32 {
        extents.clear();
        let mut builder = Builder { extents, shortest_gap, data: None, gap: None };
        let mut done = 0;
        let mut zero = 0;
        let mut free = 0;
        let mut fits = true;
        for area in map.saved() {
            for frame in frames(area.frames) {
                // The staging area changes while the image is written, so it must not become data.
                if staging.contains(frame) {
                    free += 1;
                    fits &= builder.end_area().is_ok();
                } else {
                    let kind = classify(area, frame, system, memory)?;
                    zero += u64::from(kind == Kind::Zero);
                    free += u64::from(kind == Kind::Free);
                    fits &= builder.page(frame, kind).is_ok();
                }
                if !fits {
                    break;
                }
                done += 1;
                if done % PAGES_A_REPORT == 0 || done == total {
                    observer.observe(Progress::Scan { done, total });
                }
            }
            fits &= builder.end_area().is_ok();
            if !fits {
                break;
            }
        }
        if fits {
            (report.zero_pages, report.free_pages, report.pages) = (zero, free, total - free);
            return Ok(());
        }
        shortest_gap *= 2;
    }
    Err(ScanError::TooManyExtents)
}

fn frames(range: FrameRange) -> impl Iterator<Item = Pfn> {
    (range.first.0..range.end().0).map(Pfn)
}

fn classify<S: System + ?Sized, M: Memory>(
    area: Area,
    frame: Pfn,
    system: &S,
    memory: &M,
) -> Result<Kind, ScanError> {
    if area.kind == AreaKind::System && system.page_class(frame) == PageClass::Free {
        return Ok(Kind::Free);
    }
    let page = FrameRange { first: frame, count: 1 };
    let page = memory.pages(page).and_then(<[Page]>::first).ok_or(ScanError::Unreachable)?;
    Ok(if page.is_zero() { Kind::Zero } else { Kind::Data })
}

/// Joins pages to extents.
struct Builder<'a> {
    extents: &'a mut VecView<Extent>,
    /// Runs of zero and free pages shorter than this become data where data surrounds them.
    shortest_gap: u64,
    /// The data run under way.
    data: Option<FrameRange>,
    /// The pages after it (or after the area's start) that are no data.
    gap: Option<(FrameRange, Kind)>,
}

impl Builder<'_> {
    fn page(&mut self, frame: Pfn, kind: Kind) -> Result<(), Extent> {
        let one = FrameRange { first: frame, count: 1 };
        if kind == Kind::Data {
            let absorbed = match (&mut self.data, self.gap) {
                (Some(data), None) => {
                    data.count += 1;
                    true
                }
                (Some(data), Some((gap, _))) if u64::from(gap.count) < self.shortest_gap => {
                    data.count += gap.count + 1;
                    self.gap = None;
                    true
                }
                _ => false,
            };
            if !absorbed {
                self.end_area()?;
                self.data = Some(one);
            }
            return Ok(());
        }
        match &mut self.gap {
            Some((gap, of)) if *of == kind => gap.count += 1,
            // Free pages may as well be cleared, so a short gap of both kinds counts as zero.
            Some((gap, of)) if u64::from(gap.count) < self.shortest_gap => {
                gap.count += 1;
                *of = Kind::Zero;
            }
            Some(_) => {
                self.end_area()?;
                self.gap = Some((one, kind));
            }
            None => self.gap = Some((one, kind)),
        }
        Ok(())
    }

    /// Writes down what is under way.
    fn end_area(&mut self) -> Result<(), Extent> {
        if let Some(frames) = self.data.take() {
            self.extents.push(Extent { frames, kind: ExtentKind::Data })?;
        }
        if let Some((frames, Kind::Zero)) = self.gap.take() {
            self.extents.push(Extent { frames, kind: ExtentKind::Zero })?;
        }
        Ok(())
    }
}
