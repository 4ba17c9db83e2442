//! The RAM that is pictured: 64 MiB of a Linux system if they lie beside the checkout, else made-up pages.

use crate::media::text;
use crate::paths;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// Bytes of the corpus.
const BYTES: usize = 64 << 20;
/// Below the folder beside the checkout.
const LINUX: &str = "shared/corpus/linux-armhf-ram-64m";

/// RAM, and which of its pages are in use.
pub struct Corpus {
    /// Its name, for the checked-in figures: those of another corpus are others.
    pub name: &'static str,
    /// The RAM as a file.
    pub ram: PathBuf,
    /// A letter for each page, as a file.
    pub classes: PathBuf,
    /// Pages that are in use.
    pub used: u64,
    /// Those of them that are not all zero, one after the other: what compressors get.
    pub data: Vec<u8>,
}

impl Corpus {
    /// Finds it, or makes it up, below `folder`.
    pub fn load(folder: &Path) -> Result<Self> {
        let packed = paths::root().parent().map(|beside| beside.join(format!("{LINUX}.bin.xz")));
        let (ram, classes) = (folder.join("ram.bin"), folder.join("classes"));
        let name = match packed.filter(|path| path.is_file()) {
            Some(packed) => {
                unpack(&packed, &ram)?;
                let letters = packed.with_extension("").with_extension("classes");
                std::fs::write(&classes, std::fs::read(&letters).with_context(|| unreadable(&letters))?)?;
                "linux-armhf-ram-64m"
            }
            None => {
                std::fs::write(&ram, made_up())?;
                std::fs::write(&classes, vec![b'A'; BYTES / PAGE])?;
                "made-up"
            }
        };
        let bytes = std::fs::read(&ram).with_context(|| unreadable(&ram))?;
        let letters = std::fs::read(&classes)?;
        ensure!(
            bytes.len() == BYTES && letters.len() == BYTES / PAGE,
            "the corpus is not 64 MiB and a letter a page"
        );
        let used = bytes.chunks(PAGE).zip(&letters).filter(|(_, letter)| **letter != b'Z');
        let (mut count, mut data) = (0, Vec::new());
        for (page, _) in used {
            count += 1;
            if page.iter().any(|byte| *byte != 0) {
                data.extend_from_slice(page);
            }
        }
        Ok(Self { name, ram, classes, used: count, data })
    }

    /// What it is.
    pub fn describe(&self) -> String {
        format!(
            "Corpus {}: {} pages in use, free pages left out, {} of them not all zero.",
            self.name,
            self.used,
            self.data.len() / PAGE
        )
    }
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

/// Pages by turns: text, tables of small numbers, noise, zeroes.
fn made_up() -> Vec<u8> {
    let files = text::made_up(BYTES / 2, 1);
    let mut letters = files.iter().flat_map(|file| file.text.bytes()).cycle();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u32
    };
    let mut bytes = Vec::with_capacity(BYTES);
    for page in 0..BYTES / PAGE {
        match page % 8 {
            0..4 => bytes.extend(letters.by_ref().take(PAGE)),
            4 | 5 => bytes.extend((0..PAGE / 4).flat_map(|_| (noise() & 0x3ff).to_le_bytes())),
            6 => bytes.extend((0..PAGE / 4).flat_map(|_| noise().to_le_bytes())),
            _ => bytes.extend([0; PAGE]),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_corpus_is_64_mib_of_pages_of_which_an_eighth_are_zero() {
        let bytes = made_up();
        assert_eq!(bytes.len(), BYTES);
        let zero = bytes.chunks(PAGE).filter(|page| page.iter().all(|byte| *byte == 0)).count();
        assert_eq!(zero, BYTES / PAGE / 8);
    }
}
