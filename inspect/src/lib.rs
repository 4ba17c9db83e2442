//! What is on a medium or in an image, on the host, without writing to it.
//!
//! | file | what |
//! |---|---|
//! | `medium` | what the file is, and its store, read-only |
//! | `image` | an image, checked as a boot checks it |
//! | `findings` | both as data, which is the JSON of `--json` |
//! | `report` | the same as text |
//! | `words` | the library's names in sentences |
//! | `pages` | `--extract` and `--diff` |
//! | `ram_map` | `--map` |
//! | `stored` | stored text that tests compare with |

pub mod findings;
mod image;
mod medium;
mod pages;
mod ram_map;
pub mod report;
#[cfg(test)]
mod stored;
#[cfg(test)]
mod tests;
mod words;

use anyhow::{Context, Result, bail, ensure};
use findings::{Findings, ImageFound, Look, StoreFound};
use image::{Image, ImageBytes};
use medium::{FileKind, Input, Store};
use oal_lab_host::table;
use oal_lab_media as media;
use oal_snapshot::frame::RamRegion;
use oal_snapshot::image::ImageId;
use oal_snapshot::memory_map::{MemoryLayout, MemoryMap};
use oal_snapshot::store::SlotEntry;
use pages::Addresses;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What to look at, and what to do with it.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct Options {
    /// A medium, or an image
    #[arg(required_unless_present = "diff")]
    file: Option<PathBuf>,
    /// What the file is, if it does not tell
    #[arg(long, value_enum)]
    kind: Option<FileKind>,
    /// Which image of a store; else the one that would boot, else the newest
    #[arg(long, value_name = "ID")]
    image: Option<u64>,
    /// Check every checksum, and decode every chunk
    #[arg(long)]
    verify: bool,
    /// Unconfirmed boots that the board allows; 0 is no limit
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_attempts: u8,
    /// The board's RAM, the OEM's regions with it, to check the image against; more than once for several
    /// parts
    #[arg(long, value_name = "ADDR..ADDR")]
    ram: Vec<Addresses>,
    /// The board's nosave memory
    #[arg(long, value_name = "ADDR..ADDR", requires = "ram")]
    nosave: Vec<Addresses>,
    /// Write a range of RAM to the file of `--out`
    #[arg(long, value_name = "ADDR..ADDR", requires = "out", conflicts_with = "diff")]
    extract: Option<Addresses>,
    /// Where `--extract` writes to
    #[arg(long, value_name = "FILE", requires = "extract")]
    out: Option<PathBuf>,
    /// Say which pages differ: between two files, or, with a FILE, between two images of its store
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["verify", "ram_map", "image"])]
    diff: Vec<PathBuf>,
    /// Print what was found as JSON instead of text
    #[arg(long, conflicts_with_all = ["extract", "diff", "ram_map"])]
    json: bool,
    /// Draw RAM as a map to a file, `.svg` or `.png`
    #[arg(long = "map", value_name = "FILE", conflicts_with = "extract")]
    ram_map: Option<PathBuf>,
}

impl Options {
    /// As a command line has them.
    ///
    /// # Errors
    /// As clap puts it.
    pub fn parse(words: &[&OsStr]) -> Result<Self> {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            options: Options,
        }
        let words = std::iter::once(OsStr::new("inspect")).chain(words.iter().copied());
        Ok(<Line as clap::Parser>::try_parse_from(words)?.options)
    }
}

/// Looks at a file and prints what it finds.
///
/// # Errors
/// If the file holds nothing that can be looked at, and for `--verify` if anything in it is wrong.
pub fn main(options: &Options) -> Result<()> {
    let Outcome { text, faults } = inspect(options)?;
    print!("{text}");
    ensure!(faults == 0, "{} found", table::count(faults, "fault"));
    Ok(())
}

/// What an inspection came to.
pub struct Outcome {
    /// What to print.
    pub text: String,
    /// What `--verify` found wrong.
    pub faults: u64,
}

/// A file, what it is, and the store in it if it is no image.
struct Subject {
    path: PathBuf,
    input: Input,
    kind: FileKind,
    store: Option<Store>,
}

impl Subject {
    fn open(path: &Path, options: &Options) -> Result<Subject> {
        let input = Input::open(path)?;
        let kind = options.kind.map_or_else(|| input.detect(), Ok)?;
        let store = match kind {
            FileKind::Image => None,
            kind => Some(Store::open(&input, kind, options.max_attempts)?),
        };
        Ok(Subject { path: path.to_path_buf(), input, kind, store })
    }

    /// The image that would boot if its chunks are right.
    fn booting(&mut self, map: Option<&MemoryMap>) -> Option<ImageId> {
        self.store.as_mut().and_then(|store| findings::boot(store, Look { verify: false, map }).0)
    }

    /// The entry of the image to look at: the one asked for, or the one that would boot, or the newest; none
    /// if the file is an image.
    fn chosen(&mut self, id: Option<u64>, booting: Option<ImageId>) -> Result<Option<SlotEntry>> {
        let Some(store) = &mut self.store else { return Ok(None) };
        let entries: Vec<SlotEntry> = store.shelf.record()?.slots.into_iter().flatten().collect();
        if let Some(id) = id {
            let entry = entries.into_iter().find(|entry| entry.id == ImageId(id));
            return entry.map(Some).with_context(|| format!("the store has no image {id}"));
        }
        let found = entries.iter().find(|entry| Some(entry.id) == booting);
        found.or(entries.iter().max_by_key(|entry| entry.id)).copied().map(Some).context("there is no image")
    }

    /// The bytes of an image: of the store's entry, or all of the file.
    fn bytes(&mut self, entry: Option<&SlotEntry>) -> Box<dyn ImageBytes + '_> {
        match (&mut self.store, entry) {
            (Some(store), Some(entry)) => Box::new(store.image(entry)),
            _ => Box::new(self.input.clone()),
        }
    }

    /// An image without a fault, for what needs all of it.
    fn whole(&mut self, entry: Option<&SlotEntry>, map: Option<&MemoryMap>) -> Result<Image> {
        let name = self.path.display().to_string();
        let image = Image::open(&mut *self.bytes(entry), entry.map(|entry| entry.id), map);
        let fault = match &image {
            Ok(image) => image.fault,
            Err(fault) => Some(*fault),
        };
        match (image, fault) {
            (Ok(image), None) => Ok(image),
            (_, Some(fault)) => bail!("the image in `{name}` is damaged: {}", words::fault(fault)),
            (Err(fault), None) => bail!("the image in `{name}` is damaged: {}", words::fault(fault)),
        }
    }
}

/// Does what the options ask for; nothing is printed.
///
/// # Errors
/// As for [`main`], but for what `--verify` finds.
pub fn inspect(options: &Options) -> Result<Outcome> {
    let map = memory_map(options)?;
    let map = map.as_ref();
    if let [a, b] = options.diff.as_slice() {
        return diff(options, a, b).map(|text| Outcome { text, faults: 0 });
    }
    let path = options.file.as_deref().context("there is no file to look at")?;
    let mut subject = Subject::open(path, options)?;
    if let (Some(range), Some(out)) = (&options.extract, &options.out) {
        let booting = subject.booting(map);
        let entry = subject.chosen(options.image, booting)?;
        let image = subject.whole(entry.as_ref(), map)?;
        let text = pages::extract(&image, &mut *subject.bytes(entry.as_ref()), range, out, &[path])?;
        return Ok(Outcome { text, faults: 0 });
    }
    if let Some(out) = &options.ram_map {
        let booting = subject.booting(map);
        let entry = subject.chosen(options.image, booting)?;
        let drawn = ram_map::RamMap::new(&subject.whole(entry.as_ref(), map)?, map)?;
        let name = out.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        ensure!(name.ends_with(".svg") || name.ends_with(".png"), "a map's name ends in `.svg` or `.png`");
        drawn.write(name, pages::output(out, &[path])?)?;
        return Ok(Outcome { text: format!("the map is in `{}`\n", out.display()), faults: 0 });
    }
    let found = look_at(&mut subject, options, map)?;
    let text = match options.json {
        true => serde_json::to_string_pretty(&found)? + "\n",
        false => report::text(&found),
    };
    Ok(Outcome { text, faults: if options.verify { found.faults() } else { 0 } })
}

/// What there is to tell of a file.
///
/// # Errors
/// If the file holds nothing that can be looked at.
pub fn look(options: &Options) -> Result<Findings> {
    let map = memory_map(options)?;
    let path = options.file.as_deref().context("there is no file to look at")?;
    look_at(&mut Subject::open(path, options)?, options, map.as_ref())
}

fn look_at(subject: &mut Subject, options: &Options, map: Option<&MemoryMap>) -> Result<Findings> {
    let look = Look { verify: options.verify, map };
    let store = subject.store.as_mut().map(|store| StoreFound::of(store, look)).transpose()?;
    let file = subject.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (kind, bytes) = (subject.kind, subject.input.len());
    let mut found = Findings { file, kind, bytes, store, image: None };
    let is_empty = found.store.as_ref().is_some_and(|store| store.slots.iter().all(Option::is_none));
    if !is_empty {
        let booting = found.store.as_ref().and_then(|store| store.boots).map(ImageId);
        let entry = subject.chosen(options.image, booting)?;
        found.image = Some(ImageFound::of(&mut *subject.bytes(entry.as_ref()), entry.as_ref(), look));
    }
    Ok(found)
}

/// Compares two files, or two images of one.
fn diff(options: &Options, a: &Path, b: &Path) -> Result<String> {
    let side = |which: &Path| -> Result<(Subject, Option<SlotEntry>, Image)> {
        let (path, id) = match &options.file {
            None => (which, None),
            Some(file) => {
                let id = which.to_str().and_then(|id| id.parse().ok());
                (file.as_path(), Some(id.context("with a FILE, `--diff` takes the numbers of two images")?))
            }
        };
        let mut subject = Subject::open(path, options)?;
        ensure!(id.is_none() || subject.store.is_some(), "the file is no store, so it has no two images");
        let booting = subject.booting(None);
        let entry = subject.chosen(id, booting)?;
        let image = subject.whole(entry.as_ref(), None)?;
        Ok((subject, entry, image))
    };
    let (mut a, a_entry, a_image) = side(a)?;
    let (mut b, b_entry, b_image) = side(b)?;
    let mut a_bytes = a.bytes(a_entry.as_ref());
    let mut b_bytes = b.bytes(b_entry.as_ref());
    pages::diff((&a_image, &mut *a_bytes), (&b_image, &mut *b_bytes))
}

/// The board's memory, if it was told.
fn memory_map(options: &Options) -> Result<Option<MemoryMap>> {
    let regions = |list: &[Addresses]| -> Vec<RamRegion> {
        list.iter().map(|range| RamRegion::new(range.0.start, range.0.end - range.0.start)).collect()
    };
    if options.ram.is_empty() {
        return Ok(None);
    }
    let (ram, nosave) = (regions(&options.ram), regions(&options.nosave));
    let map = MemoryMap::new(&MemoryLayout { ram: &ram, oem: &[], nosave: &nosave });
    map.map(Some).context("`--ram` and `--nosave` make no memory map")
}
