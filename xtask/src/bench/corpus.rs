//! The RAM that is saved: 64 MiB of a Linux system if they lie beside the checkout, else those of the
//! reference firmware.

use crate::board;
use crate::firmware;
use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::harness::memory::Map;
use crate::media::{Medium, text};
use crate::paths;
use crate::run::ROOMY;
use anyhow::{Context, Result, ensure};
use oal_lab_host::qemu::Emulator;
use std::fs::File;
use std::io::{Read, Seek};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// Bytes of the corpus.
const BYTES: usize = 64 << 20;
/// Below the folder beside the checkout.
const LINUX: &str = "shared/corpus/linux-armhf-ram-64m";
/// Text that the firmware indexes for its own corpus: the same in every checkout.
const TEXT_BYTES: usize = 2 << 20;
const TEXT_SEED: u64 = 2013;
/// Where the firmware waits for its first command.
const READY: &str = "oal_marker_ready";
/// For a cold boot on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// RAM, and which of its pages are in use.
pub struct Corpus {
    /// Its name, for the checked-in figures: those of another corpus are others.
    pub name: &'static str,
    /// The RAM as a file.
    pub ram: PathBuf,
    /// A letter for each page, as a file.
    pub classes: PathBuf,
    /// The pages in use, one after the other.
    pub used: Vec<u8>,
    /// Those of them that are not all zero: what compressors get.
    pub data: Vec<u8>,
}

impl Corpus {
    /// Unpacks the Linux system's RAM to `folder` if it is beside the checkout, unless `own_ram`; else makes
    /// that of the firmware.
    pub fn load(emulator: &Emulator, folder: &Path, own_ram: bool) -> Result<Self> {
        let packed = paths::root().parent().map(|beside| beside.join(format!("{LINUX}.bin.xz")));
        let file = |what: &str| folder.join(what);
        match packed.filter(|path| path.is_file() && !own_ram) {
            Some(packed) => {
                let (ram, classes) = (file("linux.ram"), file("linux.classes"));
                unpack(&packed, &ram)?;
                let letters = packed.with_extension("").with_extension("classes");
                std::fs::write(&classes, std::fs::read(&letters).with_context(|| unreadable(&letters))?)?;
                Self::read("linux-armhf-ram-64m", ram, classes)
            }
            None => {
                let (ram, classes) = (file("firmware.ram"), file("firmware.classes"));
                let (bytes, letters) = own(emulator, folder)?;
                std::fs::write(&ram, bytes)?;
                std::fs::write(&classes, letters)?;
                Self::read("firmware", ram, classes)
            }
        }
    }

    fn read(name: &'static str, ram: PathBuf, classes: PathBuf) -> Result<Self> {
        let bytes = std::fs::read(&ram).with_context(|| unreadable(&ram))?;
        let letters = std::fs::read(&classes)?;
        ensure!(
            bytes.len() == BYTES && letters.len() == BYTES / PAGE,
            "the corpus is not 64 MiB and a letter a page"
        );
        let (mut used, mut data) = (Vec::new(), Vec::new());
        for (page, _) in bytes.chunks(PAGE).zip(&letters).filter(|(_, letter)| **letter != b'Z') {
            used.extend_from_slice(page);
            if page.iter().any(|byte| *byte != 0) {
                data.extend_from_slice(page);
            }
        }
        Ok(Self { name, ram, classes, used, data })
    }

    /// Pages in use.
    pub fn pages(&self) -> u64 {
        (self.used.len() / PAGE) as u64
    }

    /// What it is.
    pub fn describe(&self) -> String {
        format!(
            "Corpus {}: {} pages in use, free pages left out, {} of them not all zero.",
            self.name,
            self.pages(),
            self.data.len() / PAGE
        )
    }
}

/// The reference firmware's RAM where it first takes commands, and a letter for each page: `A` in its saved
/// memory, `Z` not. Its instructions are counted, and RAM holds the same noise at power-on, so that it is the
/// same RAM for the same firmware.
fn own(emulator: &Emulator, folder: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let (board, card) = board::reference_with_card()?;
    let firmware = firmware::build(board, card)?;
    let scratch = tempfile::Builder::new().prefix("medium-").tempdir_in(folder)?;
    let files = text::made_up(TEXT_BYTES, TEXT_SEED);
    let medium = Medium::fresh(&scratch.path().join("medium"), card.layout, ROOMY, &files)?;
    let power = Power {
        board,
        emulator,
        firmware: &firmware,
        ram_mib: (BYTES >> 20) as u32,
        medium: Some(&medium),
        noise: 1,
        stops: &[firmware.function(READY)?],
        counted: true,
    };
    let mut machine = Machine::start(&power, &Journal::default())?;
    machine.wait_at(&firmware, READY, PATIENCE)?;
    let mut bytes = Vec::with_capacity(BYTES);
    let mut ram = machine.copy_ram()?;
    ram.rewind()?;
    ram.read_to_end(&mut bytes)?;
    Boot::watch(&mut machine.console, PATIENCE)?.expect_cold("no-image")?;
    machine.go_on(&firmware, READY)?;
    let map = Map::read(&machine.command("memory", QUICK)?)?;
    machine.power_off()?;
    let base = board.ram_start;
    Ok((bytes, letters(&map.still(), base)))
}

/// `A` for each page of RAM that is wholly in one of `used`, else `Z`.
fn letters(used: &[Range<u64>], base: u64) -> Vec<u8> {
    let page = |i: usize| base + (i * PAGE) as u64;
    let is_used = |i| used.iter().any(|range| range.start <= page(i) && page(i + 1) <= range.end);
    (0..BYTES / PAGE).map(|i| if is_used(i) { b'A' } else { b'Z' }).collect()
}

fn unreadable(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}

/// Unpacks by the program `xz`, unless that was done.
fn unpack(packed: &Path, to: &Path) -> Result<()> {
    if to.metadata().is_ok_and(|m| m.len() == BYTES as u64) {
        return Ok(());
    }
    let part = to.with_extension("part");
    let status = Command::new("xz")
        .arg("-dc")
        .arg(packed)
        .stdin(Stdio::null())
        .stdout(File::create(&part)?)
        .status()
        .context("cannot start `xz`, which unpacks the corpus")?;
    ensure!(status.success(), "`xz` cannot unpack `{}`", packed.display());
    std::fs::rename(&part, to)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_are_only_partly_in_use_are_left_out() {
        let base = 0x6000_0000;
        let letters = letters(&[base + 1..base + 3 * 4096, base + 0x10_0000..base + 0x10_1000], base);
        assert_eq!(letters.len(), 16384);
        let used: Vec<usize> = (0..letters.len()).filter(|i| letters[*i] == b'A').collect();
        assert_eq!(used, [1, 2, 256]);
    }
}
