//! What a `board.toml` says, checked.

use crate::media::{Kind, Layout};
use crate::toolchain::Target;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Its name: that of its package and of the line `@reset`. A description that names none means its
    /// folder's.
    pub name: String,
    /// The folder that it lies in.
    pub folder: PathBuf,
    /// What its firmware is compiled for.
    pub target: Target,
    /// QEMU's options for the machine and its CPU.
    pub qemu: Vec<String>,
    /// The last QEMU that has the machine, if it was given up.
    pub last_qemu: Option<(u32, u32)>,
    /// Where RAM begins.
    pub ram_start: u64,
    /// Sizes of RAM that it can have, in MiB; the first is what most cases use.
    pub ram_mib: Vec<u32>,
    /// MiB from there on that the firmware does not call RAM.
    pub ram_kept_mib: u32,
    /// Whether QEMU can keep its RAM in a file, so that the host can look at it.
    pub ram_is_a_file: bool,
    /// Whether it has a display, whose frame buffer is an OEM region.
    pub has_display: bool,
    /// The firmware's drivers, in the order in which they come up.
    pub drivers: Vec<String>,
    /// Its media.
    pub media: Vec<Medium>,
    /// The programs of a firmware in C.
    pub c: Option<Programs>,
}

/// A medium of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// What it is, and what lies where on it.
    pub layout: Layout,
    /// The program that uses it.
    pub program: String,
    /// Where the registers of its SD host controller are, if that reads by SDMA.
    pub sdma: Option<u64>,
}

/// The programs of a firmware in C: one with the one-call interface, and a kernel with its boot loader.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Programs {
    /// The folder with the sources, from the board's.
    pub sources: PathBuf,
    /// The compiler's options for the CPU.
    pub cpu: Vec<String>,
    /// MiB of the bank of flash that the board starts from.
    pub flash_mib: u64,
    /// Where the kernel is in that flash, behind the boot loader.
    pub kernel_at: usize,
    /// The firmware with the one-call interface.
    pub one_call: Program,
    /// A kernel that calls the hooks.
    pub kernel: Program,
    /// Its boot loader.
    pub loader: Program,
}

/// A program in C.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Program {
    /// The name of its ELF file.
    pub name: String,
    /// Its sources.
    pub sources: Vec<String>,
    /// Its linker script.
    pub script: String,
}

/// The file, word for word.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    name: Option<String>,
    target: String,
    qemu: Vec<String>,
    last_qemu: Option<[u32; 2]>,
    ram: Ram,
    #[serde(default)]
    display: bool,
    #[serde(default)]
    drivers: Vec<String>,
    media: Vec<MediumTable>,
    c: Option<Programs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Ram {
    start: u64,
    mib: Vec<u32>,
    #[serde(default)]
    kept_mib: u32,
    #[serde(default = "yes")]
    in_a_file: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct MediumTable {
    kind: Kind,
    program: Option<String>,
    #[serde(default)]
    mib: u64,
    #[serde(default)]
    erase_block_kib: u64,
    #[serde(default)]
    store_blocks: u32,
    #[serde(default)]
    text_blocks: u32,
    sdma: Option<u64>,
}

impl Board {
    /// Reads a description.
    ///
    /// # Errors
    /// If it cannot be read, or says what no board can be.
    pub fn read(file: &Path) -> Result<Self> {
        let shown = file.display();
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{shown}`"))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).with_context(|| format!("`{shown}` describes no board"))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self> {
        let file: File = toml::from_str(text)?;
        let folder_name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = file.name.or(folder_name).context("it has no name, and its folder has none")?;
        let target = Target::ALL.into_iter().find(|target| target.triple() == file.target);
        let triples = Target::ALL.map(Target::triple).join(", ");
        let target = target.with_context(|| format!("the target `{}` is none of {triples}", file.target))?;
        ensure!(file.ram.mib.iter().all(|mib| *mib > file.ram.kept_mib), "a size of RAM is too small");
        ensure!(!file.ram.mib.is_empty(), "it names no size of RAM");
        ensure!(!file.media.is_empty(), "it names no medium");
        let media = file.media.into_iter().map(|table| table.check(&name)).collect::<Result<Vec<_>>>()?;
        for (at, medium) in media.iter().enumerate() {
            let twice = media[..at].iter().any(|other| other.name() == medium.name());
            ensure!(!twice, "it has two media of the name `{}`", medium.name());
        }
        Ok(Self {
            name,
            folder: folder.to_path_buf(),
            target,
            qemu: file.qemu,
            last_qemu: file.last_qemu.map(|[major, minor]| (major, minor)),
            ram_start: file.ram.start,
            ram_mib: file.ram.mib,
            ram_kept_mib: file.ram.kept_mib,
            ram_is_a_file: file.ram.in_a_file,
            has_display: file.display,
            drivers: file.drivers,
            media,
            c: file.c,
        })
    }

    /// Its medium of this kind.
    ///
    /// # Errors
    /// If it has none.
    pub fn medium(&self, kind: Kind) -> Result<&Medium> {
        let found = self.media.iter().find(|medium| medium.layout.kind == kind);
        found.with_context(|| format!("the board {} has no medium {}", self.name, kind.name()))
    }

    /// What the firmware calls RAM, on a board with `mib` MiB.
    pub fn ram_range(&self, mib: u32) -> Range<u64> {
        let mib_after = |mib: u32| self.ram_start + (u64::from(mib) << 20);
        mib_after(self.ram_kept_mib)..mib_after(mib)
    }

    /// Whether its firmware is written in C.
    pub fn is_in_c(&self) -> bool {
        self.c.is_some()
    }

    /// MiB of RAM where a case does not ask for more.
    pub fn ram(&self) -> u32 {
        self.ram_mib.first().copied().unwrap_or_default()
    }
}

impl Medium {
    /// What it is.
    pub fn kind(&self) -> Kind {
        self.layout.kind
    }

    /// Its name on the command line and in reports.
    pub fn name(&self) -> &'static str {
        self.layout.kind.name()
    }
}

impl MediumTable {
    /// The medium, if it has all the figures that its kind needs, and no other.
    fn check(self, board: &str) -> Result<Medium> {
        let Self { kind, mib, erase_block_kib, store_blocks, text_blocks, .. } = self;
        let name = kind.name();
        let needs = |there: bool, what: &str| {
            let figures = match kind {
                Kind::Sd | Kind::Emmc => "none",
                Kind::Nor => "`mib` and `erase-block-kib`",
                Kind::Nand => "`mib`, `erase-block-kib` and `store-blocks`",
                Kind::OneNand | Kind::RawNand => "`mib`, `store-blocks` and, if there is text, `text-blocks`",
            };
            ensure!(there, "the medium `{name}` {what}: the figures that it needs are {figures}");
            Ok(())
        };
        let [bank, nor, nand] = [!kind.is_card(), matches!(kind, Kind::Nor | Kind::Nand), kind.is_nand()];
        needs((mib > 0) == bank, "and `mib` do not fit")?;
        needs((erase_block_kib > 0) == nor, "and `erase-block-kib` do not fit")?;
        needs((store_blocks > 0) == nand, "and `store-blocks` do not fit")?;
        needs(text_blocks == 0 || (nand && !nor), "has no room for `text-blocks`")?;
        let layout = Layout { kind, mib, erase_block_kib, store_blocks, text_blocks };
        needs(layout.fits(), "is smaller than what is to lie on it")?;
        let program = self.program.unwrap_or_else(|| board.to_string());
        Ok(Medium { layout, program, sdma: self.sdma })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"
        target = "armv7a-none-eabi"
        qemu = ["-M", "virt"]
        last-qemu = [9, 1]
        drivers = ["gic"]
        [ram]
        start = 0x4000_0000
        mib = [64, 128]
        kept-mib = 2
        [[media]]
        kind = "sd"
        [[media]]
        kind = "onenand"
        mib = 256
        store-blocks = 512
        text-blocks = 64
        program = "other"
    "#;

    fn parse(text: &str) -> Result<Board> {
        Board::parse(text, Path::new("/some/where"))
    }

    #[test]
    fn a_description_is_read_and_what_it_leaves_out_is_the_usual() {
        let board = parse(ONE).unwrap();
        assert_eq!((board.name.as_str(), board.target), ("where", Target::Armv7a));
        assert_eq!(board.last_qemu, Some((9, 1)));
        assert_eq!(board.ram_range(64), 0x4020_0000..0x4400_0000);
        assert!(board.ram_is_a_file && !board.has_display && !board.is_in_c());
        assert_eq!(board.medium(Kind::Sd).unwrap().program, "where");
        let onenand = board.medium(Kind::OneNand).unwrap();
        assert_eq!((onenand.program.as_str(), onenand.layout.store_blocks), ("other", 512));
        assert!(board.medium(Kind::Nor).is_err());
    }

    #[test]
    fn what_no_board_can_be_is_refused_in_a_sentence() {
        let refused = |from: &str, to: &str| {
            assert!(ONE.contains(from), "{from}");
            format!("{:#}", parse(&ONE.replace(from, to)).unwrap_err())
        };
        assert!(refused("armv7a", "armv9z").contains("none of armv7a-none-eabi"));
        assert!(refused("[64, 128]", "[]").contains("no size of RAM"));
        assert!(refused("[64, 128]", "[2]").contains("too small"));
        assert!(refused("mib = 256", "").contains("needs are `mib`"));
        assert!(refused("store-blocks = 512", "store-blocks = 2040").contains("smaller than"));
        assert!(
            refused("kind = \"sd\"", "kind = \"onenand\"\nmib = 1\nstore-blocks = 8").contains("two media")
        );
        assert!(
            refused("kind = \"sd\"", "kind = \"sd\"\nmib = 64").contains("figures that it needs are none")
        );
        assert!(refused("drivers", "driver").contains("unknown field"));
    }
}
