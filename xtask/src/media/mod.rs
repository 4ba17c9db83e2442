//! Media for the emulated board: SD cards and eMMC devices, as files with an MBR, a FAT partition with text files and a
//! partition for snapshots.

pub mod disk;
pub mod images;
pub mod mbr;
pub mod records;
pub mod text;

use anyhow::{Context, Result};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempPath;

const MIB: u64 = 1 << 20;

/// Size of each of the two boot partitions of an eMMC.
const EMMC_BOOT: u64 = MIB;
/// Size of an eMMC's replay-protected block.
const EMMC_RPMB: u64 = 128 << 10;

/// The kinds of medium that the board's slot takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Kind {
    /// An SD card.
    Sd,
    /// An eMMC device; needs a newer QEMU.
    Emmc,
}

impl Kind {
    /// The name used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sd => "sd",
            Self::Emmc => "emmc",
        }
    }

    /// Where the user area begins in the medium's file: QEMU puts an eMMC's boot partitions and its RPMB before it.
    pub fn user_area(self) -> u64 {
        match self {
            Self::Sd => 0,
            Self::Emmc => 2 * EMMC_BOOT + EMMC_RPMB,
        }
    }
}

/// The sizes of a medium and its partitions, in MiB.
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
    /// SD or eMMC.
    pub kind: Kind,
    /// Its sizes.
    pub sizes: Sizes,
    /// Removes the file with the last clone, for media that only one case needs.
    scratch: Option<Arc<TempPath>>,
}

impl Medium {
    /// A medium that was made before.
    pub fn existing(path: PathBuf, kind: Kind, sizes: Sizes) -> Self {
        Self { path, kind, sizes, scratch: None }
    }

    /// The same medium; its file goes away with it.
    pub fn temporary(mut self) -> Result<Self> {
        self.scratch = Some(Arc::new(TempPath::try_from_path(&self.path)?));
        Ok(self)
    }

    /// A medium of zeroes.
    pub fn blank(path: &Path, kind: Kind, sizes: Sizes) -> Result<Self> {
        let shown = path.display();
        let file = File::create_new(path).with_context(|| format!("cannot make the medium `{shown}`"))?;
        file.set_len(kind.user_area() + sizes.user * MIB)
            .with_context(|| format!("no room for `{shown}`"))?;
        Ok(Self::existing(path.to_path_buf(), kind, sizes))
    }

    /// An ordinary disk: MBR, FAT partition with the files, and an empty snapshot partition.
    pub fn disk(path: &Path, kind: Kind, sizes: Sizes, files: &[text::TextFile]) -> Result<Self> {
        let medium = Self::blank(path, kind, sizes)?;
        let (fat, snapshot) = (medium.fat(), medium.snapshot());
        let partition = |kind, range: &Range<u64>| mbr::Partition {
            kind,
            first: ((range.start - medium.user()) / mbr::SECTOR) as u32,
            count: ((range.end - range.start) / mbr::SECTOR) as u32,
        };
        let table = [partition(mbr::FAT16_LBA, &fat), partition(mbr::SNAPSHOT, &snapshot)];
        medium.write(medium.user(), &mbr::sector(&table))?;
        medium.write(fat.start, &disk::fat16(sizes.fat * MIB, files)?)?;
        Ok(medium)
    }

    /// A copy in another file.
    pub fn copy(&self, path: &Path) -> Result<Self> {
        std::fs::copy(&self.path, path)
            .with_context(|| format!("cannot copy the medium to `{}`", path.display()))?;
        Ok(Self::existing(path.to_path_buf(), self.kind, self.sizes))
    }

    /// Where the FAT partition is in the file.
    pub fn fat(&self) -> Range<u64> {
        let start = self.user() + MIB;
        start..start + self.sizes.fat * MIB
    }

    /// Where the snapshot partition is in the file.
    pub fn snapshot(&self) -> Range<u64> {
        let start = self.fat().end;
        start..start + self.sizes.snapshot * MIB
    }

    /// Where the user area begins in the file.
    pub fn user(&self) -> u64 {
        self.kind.user_area()
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

    /// Adds the medium to QEMU's command line.
    pub fn attach(&self, command: &mut Command) {
        let path = self.path.display();
        match self.kind {
            Kind::Sd => {
                command.arg("-drive").arg(format!("if=sd,format=raw,file={path}"));
            }
            Kind::Emmc => {
                command.arg("-drive").arg(format!("if=none,id=emmc,format=raw,file={path}"));
                let device = format!("boot-partition-size={EMMC_BOOT},rpmb-partition-size={EMMC_RPMB}");
                command.arg("-device").arg(format!("emmc,drive=emmc,{device}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_its_parts_where_the_table_says() {
        let dir = tempfile::tempdir().unwrap();
        let files = [text::TextFile { name: "A.TXT".into(), text: "hello world\n".into() }];
        for kind in [Kind::Sd, Kind::Emmc] {
            let medium = Medium::disk(&dir.path().join(kind.name()), kind, Sizes::SMALL, &files).unwrap();
            let sector = medium.read(medium.user(), 512).unwrap();
            assert_eq!(sector[510..], [0x55, 0xaa]);
            let first = u32::from_le_bytes(sector[446 + 8..446 + 12].try_into().unwrap());
            assert_eq!(u64::from(first) * 512 + medium.user(), medium.fat().start);
            let boot = medium.read(medium.fat().start, 512).unwrap();
            assert_eq!(&boot[54..59], b"FAT16");
            assert!(medium.snapshot().end <= medium.user() + Sizes::SMALL.user * MIB);
        }
    }
}
