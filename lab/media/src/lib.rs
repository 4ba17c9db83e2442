//! Media for the emulated boards, as files: cards with partitions, and flash chips. Each has text files for
//! the application and a store for snapshots; [`layout`] says where.

pub mod chip;
pub mod disk;
pub mod images;
pub mod layout;
pub mod mbr;
pub mod noise;
pub mod records;
pub mod samples;
pub mod text;

use anyhow::{Context, Result};
pub use layout::Layout;
use layout::{EMMC_BOOT, EMMC_RPMB, MIB, PAGE};
use noise::Noise;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempPath;

/// The kinds of medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An SD card.
    Sd,
    /// An eMMC device; needs a newer QEMU.
    Emmc,
    /// NOR flash with a common flash interface.
    Nor,
    /// A model of a NAND chip that keeps its cells in NOR flash.
    #[serde(rename = "nand-in-nor")]
    Nand,
    /// A OneNAND.
    #[serde(rename = "onenand")]
    OneNand,
    /// A NAND chip on a bus of its own.
    RawNand,
}

impl Kind {
    /// The name used on the command line and in reports. Two boards have a medium of the name `nand`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sd => "sd",
            Self::Emmc => "emmc",
            Self::Nor => "nor",
            Self::Nand | Self::RawNand => "nand",
            Self::OneNand => "onenand",
        }
    }

    /// Whether QEMU keeps the spare area of the chip in the file, where the lab can plant marks of bad
    /// blocks.
    pub fn has_spare(self) -> bool {
        matches!(self, Self::Nand | Self::OneNand)
    }

    /// Whether it is a card in a slot, with partitions; the others are soldered flash chips.
    pub fn is_card(self) -> bool {
        matches!(self, Self::Sd | Self::Emmc)
    }

    /// Whether the store is in the pages of a NAND chip.
    pub fn is_nand(self) -> bool {
        matches!(self, Self::Nand | Self::OneNand | Self::RawNand)
    }

    /// Whether the text is in a file of its own, the second bank of NOR flash.
    fn has_text_bank(self) -> bool {
        matches!(self, Self::Nor | Self::Nand)
    }
}

/// The sizes of a medium and its partitions, in MiB. Flash has the sizes that its chips have; there only the
/// text's counts.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// The user area; QEMU wants a power of two.
    pub user: u64,
    /// The FAT partition.
    pub fat: u64,
    /// The partition for snapshots.
    pub snapshot: u64,
}

impl Sizes {
    /// What most cases use: small, since the card models move a megabyte a second.
    pub const SMALL: Self = Self { user: 64, fat: 8, snapshot: 48 };
}

/// A medium in a file.
#[derive(Debug, Clone)]
pub struct Medium {
    /// The file.
    pub path: PathBuf,
    /// What it is, and what lies where.
    pub layout: Layout,
    /// Its sizes.
    pub sizes: Sizes,
    /// Which operations on the file QEMU lets fail, if any: a configuration of its block debugger.
    errors: Option<PathBuf>,
    /// The socket of a server that stands in for the file, if any.
    server: Option<PathBuf>,
    /// The bank with the text, which is only read, so that copies share it.
    text: Option<PathBuf>,
    /// Whether the text's bank is that of the medium that this one is a copy of.
    shares_text: bool,
    /// Removes the files with the last clone, for media that only one case needs.
    scratch: Vec<Arc<TempPath>>,
}

impl Medium {
    /// A medium that was made before.
    pub fn existing(path: PathBuf, layout: Layout, sizes: Sizes) -> Self {
        let text = layout.kind.has_text_bank().then(|| path.with_extension("text"));
        Self {
            path,
            layout,
            sizes,
            errors: None,
            server: None,
            text,
            shares_text: false,
            scratch: Vec::new(),
        }
    }

    /// The same medium; its own files go away with it and its copies.
    pub fn temporary(mut self) -> Result<Self> {
        let text = self.text.as_ref().filter(|_| !self.shares_text);
        for path in [Some(&self.path), text].into_iter().flatten() {
            self.scratch.push(Arc::new(TempPath::try_from_path(path)?));
        }
        Ok(self)
    }

    /// A medium without anything: a card of zeroes, or an erased chip.
    pub fn blank(path: &Path, layout: Layout, sizes: Sizes) -> Result<Self> {
        let medium = Self::existing(path.to_path_buf(), layout, sizes);
        let shown = path.display();
        let file = File::create_new(path).with_context(|| format!("cannot make the medium `{shown}`"))?;
        let is_card = layout.kind.is_card();
        let size = if is_card { medium.user() + sizes.user * MIB } else { layout.file_bytes() };
        file.set_len(size).with_context(|| format!("no room for `{shown}`"))?;
        if !is_card {
            layout.used().iter().try_for_each(|range| medium.fill(range, |part| part.fill(0xff)))?;
        }
        if let Some(text) = &medium.text {
            std::fs::write(text, vec![0xff; layout.bytes() as usize])?;
        }
        Ok(medium)
    }

    /// A medium with the files and an empty store; a card has its partition table.
    pub fn fresh(path: &Path, layout: Layout, sizes: Sizes, files: &[text::TextFile]) -> Result<Self> {
        let medium = Self::blank(path, layout, sizes)?;
        match &medium.text {
            Some(text) => {
                let volume = disk::fat16(sizes.fat * MIB, files)?;
                File::options().write(true).open(text)?.write_all_at(&volume, 0)?;
            }
            // Its board has no use for text.
            None if !layout.has_text() => {}
            None => {
                let fat = medium.fat();
                medium.write(fat.start, &disk::fat16(fat.end - fat.start, files)?)?;
            }
        }
        if layout.kind.is_card() {
            let partition = |kind, range: &Range<u64>| mbr::Partition {
                kind,
                first: ((range.start - medium.user()) / mbr::SECTOR) as u32,
                count: ((range.end - range.start) / mbr::SECTOR) as u32,
            };
            let table =
                [partition(mbr::FAT16_LBA, &medium.fat()), partition(mbr::SNAPSHOT, &medium.snapshot())];
            medium.write(medium.user(), &mbr::sector(&table))?;
        }
        Ok(medium)
    }

    /// A copy in another file. The text's bank is not copied but shared.
    pub fn copy(&self, path: &Path) -> Result<Self> {
        let shown = path.display();
        if self.layout.kind.is_card() {
            std::fs::copy(&self.path, path)
                .with_context(|| format!("cannot copy the medium to `{shown}`"))?;
        } else {
            let file = File::create_new(path).with_context(|| format!("cannot make the medium `{shown}`"))?;
            file.set_len(self.layout.file_bytes())?;
            for range in self.layout.used() {
                let bytes = self.read(range.start, (range.end - range.start) as usize)?;
                file.write_all_at(&bytes, range.start)
                    .with_context(|| format!("cannot copy the medium to `{shown}`"))?;
            }
        }
        Ok(Self { path: path.to_path_buf(), shares_text: true, ..self.clone() })
    }

    /// The same medium on which QEMU lets operations fail, as the file says. For a OneNAND: the models of
    /// other chips do not tell the guest.
    pub fn failing(&self, errors: &Path) -> Self {
        Self { errors: Some(errors.to_path_buf()), ..self.clone() }
    }

    /// The same medium, which QEMU gets at through the server at this socket. For media that are one file.
    pub fn behind(&self, socket: &Path) -> Self {
        Self { server: Some(socket.to_path_buf()), ..self.clone() }
    }

    /// Where the FAT volume is in the file; media with a bank for the text have it there.
    pub fn fat(&self) -> Range<u64> {
        if !self.layout.kind.is_card() {
            return self.layout.text();
        }
        let start = self.user() + MIB;
        start..start + self.sizes.fat * MIB
    }

    /// Where a store that is in one piece is in the file: a card's partition, or NOR flash.
    pub fn snapshot(&self) -> Range<u64> {
        if !self.layout.kind.is_card() {
            return 0..self.layout.bytes();
        }
        let start = self.fat().end;
        start..start + self.sizes.snapshot * MIB
    }

    /// All parts of the file that the store is in, spare areas included.
    pub fn store(&self) -> Vec<Range<u64>> {
        if self.layout.kind.is_card() { vec![self.snapshot()] } else { self.layout.store() }
    }

    /// The bytes of the store.
    pub fn store_bytes(&self) -> Result<Vec<u8>> {
        let parts = self.store().into_iter().map(|r| self.read(r.start, (r.end - r.start) as usize));
        Ok(parts.collect::<Result<Vec<_>>>()?.concat())
    }

    /// Fills the store with noise.
    pub fn spoil_store(&self, seed: u64) -> Result<()> {
        let mut noise = Noise::new(seed);
        self.store().iter().try_for_each(|range| self.fill(range, |part| noise.fill(part)))
    }

    /// Fills all of the medium with noise, text and partition table included.
    pub fn spoil(&self, seed: u64) -> Result<()> {
        let mut noise = Noise::new(seed);
        let all = if self.layout.kind.is_card() {
            std::iter::once(self.user()..self.user() + self.sizes.user * MIB).collect()
        } else {
            self.layout.used()
        };
        all.iter().try_for_each(|range| self.fill(range, |part| noise.fill(part)))?;
        if let Some(text) = &self.text {
            let mut bytes = vec![0; self.layout.bytes() as usize];
            noise.fill(&mut bytes);
            std::fs::write(text, bytes)?;
        }
        Ok(())
    }

    fn fill(&self, range: &Range<u64>, mut with: impl FnMut(&mut [u8])) -> Result<()> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        with(&mut bytes);
        self.write(range.start, &bytes)
    }

    /// Where the user area begins in the file.
    pub fn user(&self) -> u64 {
        self.layout.kind.user_area()
    }

    /// Reads from the file.
    pub fn read(&self, offset: u64, size: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; size];
        let file = File::open(&self.path)?;
        file.read_exact_at(&mut bytes, offset).context("cannot read the medium's file")?;
        Ok(bytes)
    }

    /// Writes to the file.
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let file = File::options().write(true).open(&self.path)?;
        file.write_all_at(bytes, offset).context("cannot write to the medium's file")
    }

    /// Adds the medium to QEMU's command line. `second`: the first bank of NOR flash is the program's, so a
    /// medium that is a bank is the second one, and there is none for the text.
    pub fn attach(&self, command: &mut Command, second: bool) {
        let path = match &self.server {
            None => self.path.display().to_string(),
            Some(socket) => format!("nbd:unix:{}", socket.display()),
        };
        let mut drive = |options: String| {
            command.arg("-drive").arg(options);
        };
        match self.layout.kind {
            Kind::Sd => drive(format!("if=sd,format=raw,file={path}")),
            Kind::Emmc => {
                drive(format!("if=none,id=emmc,format=raw,file={path}"));
                let device = format!("boot-partition-size={EMMC_BOOT},rpmb-partition-size={EMMC_RPMB}");
                command.arg("-device").arg(format!("emmc,drive=emmc,{device}"));
            }
            Kind::Nor | Kind::Nand => {
                drive(format!("if=pflash,index={},format=raw,file={path}", u8::from(second)));
                if let Some(text) = self.text.as_ref().filter(|_| !second) {
                    drive(format!("if=pflash,index=1,format=raw,readonly=on,file={}", text.display()));
                }
            }
            Kind::OneNand | Kind::RawNand => match &self.errors {
                None => drive(format!("if=mtd,format=raw,file={path}")),
                // Requests that are no whole page, such as those of an erase, become reading, changing and writing.
                Some(errors) => drive(format!(
                    "if=mtd,format=raw,file.driver=blkdebug,file.config={},file.align={PAGE},\
                     file.image.driver=file,file.image.filename={path}",
                    errors.display()
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests;
