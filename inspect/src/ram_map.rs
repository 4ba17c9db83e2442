//! `--map`: RAM as a map, a cell for one page or more, as SVG or PNG.

use super::image::Image;
use anyhow::{Context, Result, bail, ensure};
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};
use oal_snapshot::image::{ExtentKind, chunk_pages};
use oal_snapshot::memory_map::MemoryMap;
use std::fmt::Write as _;
use std::io::Write;
use std::ops::Range;

/// Cells in a row.
const COLUMNS: u64 = 128;
/// Cells of all RAM at the most, but for what a last row takes.
const CELLS: u64 = COLUMNS * 128;
/// Points, or pixels, of a cell's side.
const CELL: u64 = 6;
/// Frames between two extents that are taken for two parts of RAM, where nobody said where RAM is: 32 MiB.
const GAP: u64 = 8192;
/// Parts of RAM that are drawn for themselves.
const PARTS: usize = 16;

/// What a page is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Not in the image: free or nosave, or no RAM at all.
    Absent,
    /// All zeroes.
    Zero,
    /// In a chunk stored in half its size or less.
    Well,
    /// In a chunk stored in less than its size.
    Little,
    /// In a chunk stored as it is.
    Raw,
    /// Nosave.
    Nosave,
}

impl Class {
    const ALL: [Class; 6] =
        [Class::Zero, Class::Well, Class::Little, Class::Raw, Class::Absent, Class::Nosave];

    /// Red, green and blue.
    fn colour(self) -> [u8; 3] {
        match self {
            Self::Absent => [0xff, 0xff, 0xff],
            Self::Zero => [0xd0, 0xd4, 0xd8],
            Self::Well => [0x7f, 0xc9, 0x7f],
            Self::Little => [0xf0, 0xb0, 0x50],
            Self::Raw => [0xd0, 0x50, 0x50],
            Self::Nosave => [0x40, 0x40, 0x60],
        }
    }

    /// What the legend says; with the board's memory map, what is not in the image is known to be free.
    fn words(self, mapped: bool) -> &'static str {
        match self {
            Self::Absent if mapped => "free",
            Self::Absent => "not in the image (free or nosave)",
            Self::Zero => "zero",
            Self::Well => "compressed to half or less",
            Self::Little => "compressed less",
            Self::Raw => "raw",
            Self::Nosave => "nosave",
        }
    }
}

/// The map of RAM: its parts, each with its cells.
pub struct RamMap {
    parts: Vec<(FrameRange, Vec<Class>)>,
    pages_per_cell: u64,
    mapped: bool,
}

impl RamMap {
    /// The map of an image without a fault; of a board whose memory is known, all of its RAM.
    ///
    /// # Errors
    /// If there is no page to draw.
    pub fn new(image: &Image, map: Option<&MemoryMap>) -> Result<RamMap> {
        let areas = match map {
            Some(map) => map.areas().iter().map(|area| area.frames).collect(),
            None => parts(image),
        };
        let pages: u64 = areas.iter().map(|area| u64::from(area.count)).sum();
        ensure!(pages > 0, "there is no page to draw");
        let pages_per_cell = pages.div_ceil(CELLS).next_power_of_two();
        let mut runs: Vec<(FrameRange, Class)> = Vec::new();
        for chunk in image.contents().chunks() {
            let class = match chunk.entry.len() {
                _ if chunk.entry.is_raw() => Class::Raw,
                len if len * 2 <= chunk_pages(&chunk.frames) * PAGE_SIZE => Class::Well,
                _ => Class::Little,
            };
            runs.extend(chunk.frames.iter().map(|run| (*run, class)));
        }
        let zeroes = image.extents.iter().filter(|extent| extent.kind == ExtentKind::Zero);
        runs.extend(zeroes.map(|extent| (extent.frames, Class::Zero)));
        runs.extend(map.iter().flat_map(|map| map.nosave()).map(|frames| (*frames, Class::Nosave)));
        let parts = areas.iter().map(|area| (*area, cells(*area, &runs, pages_per_cell))).collect();
        Ok(RamMap { parts, pages_per_cell, mapped: map.is_some() })
    }

    /// Writes it in the format that the file's name ends in.
    ///
    /// # Errors
    /// For another ending than `svg` and `png`, or of the file.
    pub fn write(&self, name: &str, out: impl Write) -> Result<()> {
        let mut out = std::io::BufWriter::new(out);
        match name.rsplit_once('.') {
            Some((_, "svg")) => out.write_all(self.svg().as_bytes())?,
            Some((_, "png")) => self.png(&mut out)?,
            _ => bail!("a map's name ends in `.svg` or `.png`"),
        }
        out.flush().context("cannot write the map")
    }

    /// Rows of a part.
    fn rows(cells: &[Class]) -> u64 {
        (cells.len() as u64).div_ceil(COLUMNS)
    }

    /// The map as SVG, with the addresses of each part and a legend.
    fn svg(&self) -> String {
        const LINE: u64 = 16;
        let rows: u64 = self.parts.iter().map(|(_, cells)| Self::rows(cells)).sum();
        let height = rows * CELL + (2 * self.parts.len() + Class::ALL.len() + 2) as u64 * LINE;
        let width = COLUMNS * CELL + 2 * LINE;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        );
        let mut y = LINE;
        let text = |svg: &mut String, x: u64, y: u64, words: &str| {
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\">{words}</text>");
        };
        for (area, cells) in &self.parts {
            let (from, to) = (area.first.address(), area.end().address());
            text(&mut svg, LINE, y, &format!("{from:#x} to {to:#x}"));
            y += LINE / 2;
            for (row, cells) in cells.chunks(COLUMNS as usize).enumerate() {
                let y = y + row as u64 * CELL;
                let mut column = 0;
                for run in cells.chunk_by(|a, b| a == b) {
                    let (x, width) = (LINE + column * CELL, run.len() as u64 * CELL);
                    let fill = hex(run[0]);
                    let _ = writeln!(
                        svg,
                        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{CELL}\" fill=\"{fill}\"/>"
                    );
                    column += run.len() as u64;
                }
            }
            y += Self::rows(cells) * CELL + LINE * 3 / 2;
        }
        for class in self.legend() {
            let _ = writeln!(
                svg,
                "<rect x=\"{LINE}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{}\" stroke=\"#888\"/>",
                y - 10,
                hex(class)
            );
            text(&mut svg, 2 * LINE, y, class.words(self.mapped));
            y += LINE;
        }
        let cell = self.pages_per_cell * PAGE_SIZE as u64 / 1024;
        text(&mut svg, LINE, y, &format!("a cell: {cell} KiB, in the colour of most of its pages"));
        svg.push_str("</svg>\n");
        svg
    }

    /// The classes that the legend explains.
    fn legend(&self) -> impl Iterator<Item = Class> {
        let mapped = self.mapped;
        Class::ALL.into_iter().filter(move |class| mapped || *class != Class::Nosave)
    }

    /// The cells alone as PNG, the parts below each other with a row of cells between them.
    fn png(&self, out: &mut impl Write) -> Result<()> {
        let mut rows: Vec<Vec<Class>> = Vec::new();
        for (i, (_, cells)) in self.parts.iter().enumerate() {
            if i > 0 {
                rows.push(vec![Class::Absent; COLUMNS as usize]);
            }
            rows.extend(cells.chunks(COLUMNS as usize).map(<[Class]>::to_vec));
        }
        let (width, height) = (COLUMNS * CELL, rows.len() as u64 * CELL);
        let mut pixels = Vec::with_capacity((width * height * 3) as usize);
        for row in &rows {
            let cell = |column| row.get(column as usize).copied().unwrap_or(Class::Absent).colour();
            let line: Vec<u8> = (0..width).flat_map(|x| cell(x / CELL)).collect();
            (0..CELL).for_each(|_| pixels.extend_from_slice(&line));
        }
        let mut encoder = png::Encoder::new(out, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&pixels).context("cannot write the map")
    }
}

/// A colour in SVG.
fn hex(class: Class) -> String {
    let [red, green, blue] = class.colour();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The parts of RAM that an image speaks of: its extents, those with a small gap between them together.
fn parts(image: &Image) -> Vec<FrameRange> {
    let mut parts: Vec<Range<u64>> = Vec::new();
    for extent in &image.extents {
        let frames = extent.frames.first.0..extent.frames.end().0;
        match parts.last_mut() {
            Some(last) if frames.start - last.end < GAP => last.end = frames.end,
            _ => parts.push(frames),
        }
    }
    if parts.len() > PARTS {
        let whole = parts[0].start..parts[parts.len() - 1].end;
        parts = vec![whole];
    }
    let range = |part: Range<u64>| FrameRange {
        first: Pfn(part.start),
        count: u32::try_from(part.end - part.start).unwrap_or(u32::MAX),
    };
    parts.into_iter().map(range).collect()
}

/// The cells of a part: for each the class that most of its pages have.
fn cells(area: FrameRange, runs: &[(FrameRange, Class)], pages_per_cell: u64) -> Vec<Class> {
    let count = u64::from(area.count).div_ceil(pages_per_cell) as usize;
    let mut tally = vec![[0_u64; Class::ALL.len()]; count];
    for (frames, class) in runs {
        let mut at = frames.first.0.max(area.first.0);
        let end = frames.end().0.min(area.end().0);
        while at < end {
            let cell = (at - area.first.0) / pages_per_cell;
            let next = end.min(area.first.0 + (cell + 1) * pages_per_cell);
            if let Some(tally) = tally.get_mut(cell as usize) {
                tally[*class as usize] += next - at;
            }
            at = next;
        }
    }
    let mut left = u64::from(area.count);
    let mut cells = Vec::with_capacity(count);
    for mut tally in tally {
        let pages = left.min(pages_per_cell);
        left -= pages;
        tally[Class::Absent as usize] = pages.saturating_sub(tally.iter().sum());
        let most = Class::ALL.into_iter().max_by_key(|class| tally[*class as usize]);
        cells.push(most.unwrap_or(Class::Absent));
    }
    cells
}
