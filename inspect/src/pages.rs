//! `--extract` and `--diff`: pages of RAM out of an image, and between two.

use super::image::{Image, ImageBytes, Pages};
use crate::table;
use anyhow::{Context, Result, bail, ensure};
use oal_snapshot::frame::{PAGE_SIZE, Pfn};
use oal_snapshot::image::PagePlace;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::str::FromStr;

/// The longest range that `--extract` writes, in bytes: more than any board of this project has.
const MOST: u64 = 4 << 30;

/// A range of physical addresses, whole pages: `0x60000000..0x60001000`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses(pub Range<u64>);

impl FromStr for Addresses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (start, end) = text.split_once("..").ok_or("a range is written ADDR..ADDR")?;
        let number = |text: &str| {
            let parsed = match text.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(&hex.replace('_', ""), 16),
                None => text.replace('_', "").parse(),
            };
            parsed.map_err(|_| format!("`{text}` is no address"))
        };
        let range = number(start)?..number(end)?;
        let page = PAGE_SIZE as u64;
        if !range.start.is_multiple_of(page) || !range.end.is_multiple_of(page) {
            return Err("both ends must be multiples of 4096".into());
        }
        if range.is_empty() {
            return Err("the range is empty".into());
        }
        Ok(Self(range))
    }
}

/// Opens a file to write to, unless it is one of `inputs`.
///
/// # Errors
/// If it is one, or cannot be made.
pub fn output(path: &Path, inputs: &[&Path]) -> Result<File> {
    let shown = path.display();
    if let Ok(there) = std::fs::metadata(path) {
        for input in inputs {
            let input = std::fs::metadata(input).context("cannot look at the input")?;
            ensure!(
                (there.dev(), there.ino()) != (input.dev(), input.ino()),
                "`{shown}` is the input, which is never written to"
            );
        }
        ensure!(there.is_file(), "`{shown}` is there and no file");
    }
    File::create(path).with_context(|| format!("cannot write to `{shown}`"))
}

/// Writes a range of RAM to `file`, zeroes where the image has nothing. Says how much was there.
///
/// # Errors
/// If the image holds no page of it, or a chunk is damaged.
pub fn extract(
    image: &Image,
    bytes: &mut dyn ImageBytes,
    range: &Addresses,
    path: &Path,
    inputs: &[&Path],
) -> Result<String> {
    let Range { start, end } = range.0;
    ensure!(end - start <= MOST, "a range is at most 4 GiB long");
    let mut pages = Pages::new(image, bytes);
    let frames = Pfn::containing(start).0..Pfn::containing(end).0;
    let held = frames.clone().filter(|frame| pages.place(Pfn(*frame)).is_some()).count() as u64;
    ensure!(held > 0, "the image has no page of {start:#x}..{end:#x}");
    let mut out = std::io::BufWriter::new(output(path, inputs)?);
    let total = frames.end - frames.start;
    for frame in frames {
        out.write_all(&pages.read(Pfn(frame))?.unwrap_or([0; PAGE_SIZE]))?;
    }
    out.flush().with_context(|| format!("cannot write to `{}`", path.display()))?;
    let mut text = format!("{start:#x}..{end:#x}: {} written", table::count(total, "page"));
    if held < total {
        let _ = write!(text, ", of which {} not in the image and written as zeroes", total - held);
    }
    text.push('\n');
    Ok(text)
}

/// How a page differs between two images.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    Changed,
    OnlyA,
    OnlyB,
}

impl Difference {
    fn words(self) -> &'static str {
        match self {
            Self::Changed => "differs",
            Self::OnlyA => "only in A",
            Self::OnlyB => "only in B",
        }
    }
}

/// Which pages differ between two images, as ranges.
///
/// # Errors
/// If a chunk of either is damaged.
pub fn diff(a: (&Image, &mut dyn ImageBytes), b: (&Image, &mut dyn ImageBytes)) -> Result<String> {
    // Between these frames neither image changes from one kind of extent to another.
    let mut bounds: Vec<u64> = [a.0, b.0]
        .iter()
        .flat_map(|image| &image.extents)
        .flat_map(|extent| [extent.frames.first.0, extent.frames.end().0])
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    let (mut a, mut b) = (Pages::new(a.0, a.1), Pages::new(b.0, b.1));
    let mut ranges: Vec<(Range<u64>, Difference)> = Vec::new();
    let mut note = |frames: Range<u64>, what: Difference| match ranges.last_mut() {
        Some((last, kind)) if *kind == what && last.end == frames.start => last.end = frames.end,
        _ => ranges.push((frames, what)),
    };
    let mut same = 0;
    for piece in bounds.windows(2) {
        let &[start, end] = piece else { bail!("a piece without two ends") };
        match (a.place(Pfn(start)), b.place(Pfn(start))) {
            (None, None) => {}
            (None, Some(_)) => note(start..end, Difference::OnlyB),
            (Some(_), None) => note(start..end, Difference::OnlyA),
            (Some(PagePlace::Zero), Some(PagePlace::Zero)) => same += end - start,
            _ => {
                for frame in start..end {
                    if a.read(Pfn(frame))? == b.read(Pfn(frame))? {
                        same += 1;
                    } else {
                        note(frame..frame + 1, Difference::Changed);
                    }
                }
            }
        }
    }
    let total = |what| ranges.iter().filter(|r| r.1 == what).map(|r| r.0.end - r.0.start).sum::<u64>();
    let mut text = format!(
        "{} the same, {} different, {} only in A, {} only in B\n",
        table::count(same, "page"),
        total(Difference::Changed),
        total(Difference::OnlyA),
        total(Difference::OnlyB)
    );
    if !ranges.is_empty() {
        let rows: Vec<Vec<String>> = ranges
            .iter()
            .map(|(r, what)| {
                let address = |frame| format!("{:#x}", Pfn(frame).address());
                vec![address(r.start), address(r.end), (r.end - r.start).to_string(), what.words().into()]
            })
            .collect();
        let _ = writeln!(text, "\n{}", table::render(&["from", "to", "pages", "what"], &rows));
    }
    Ok(text)
}
