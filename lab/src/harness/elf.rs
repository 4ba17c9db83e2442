//! What the harness wants to know of the firmware's ELF file: symbols and their addresses.

use anyhow::{Context, Result};
use object::{Object, ObjectSymbol};
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A linked firmware.
#[derive(Debug, Clone)]
pub struct Firmware {
    /// The ELF file, a copy of its own.
    pub path: PathBuf,
    /// The bank of flash that the board starts from by itself; without one QEMU loads the ELF file.
    pub flash: Option<PathBuf>,
    symbols: BTreeMap<String, u64>,
    /// Removes the files with the last clone.
    folders: Vec<Arc<TempDir>>,
}

impl Firmware {
    /// Copies the file and reads its symbol table: a build that comes in between does not matter to those who
    /// run the copy.
    pub fn open(original: &Path) -> Result<Self> {
        let shown = original.display();
        let data = std::fs::read(original).with_context(|| format!("cannot read the firmware `{shown}`"))?;
        let elf = object::File::parse(&*data).with_context(|| format!("`{shown}` is not an ELF file"))?;
        let symbols = elf.symbols().filter_map(|s| Some((s.name().ok()?.to_string(), s.address()))).collect();
        let dir = tempfile::Builder::new().prefix("oal-firmware-").tempdir()?;
        let path = dir.path().join("firmware.elf");
        std::fs::write(&path, &data).context("cannot copy the firmware")?;
        Ok(Self { path, flash: None, symbols, folders: vec![Arc::new(dir)] })
    }

    /// The same program, but the board starts from flash of `size` bytes, with these at its beginning.
    pub fn in_flash(&self, bytes: &[u8], size: u64) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("oal-firmware-").tempdir()?;
        let path = dir.path().join("flash.img");
        std::fs::write(&path, bytes).context("cannot make the flash")?;
        File::options().write(true).open(&path)?.set_len(size).context("cannot make the flash")?;
        let folders = self.folders.iter().cloned().chain([Arc::new(dir)]).collect();
        Ok(Self { flash: Some(path), folders, ..self.clone() })
    }

    /// The value of a symbol of `docs/console.md`.
    pub fn symbol(&self, name: &str) -> Result<u64> {
        let value = self.symbols.get(name).copied();
        value.with_context(|| format!("the firmware `{}` has no symbol `{name}`", self.path.display()))
    }

    /// The address of a function; the bit that says Thumb is not part of it.
    pub fn function(&self, name: &str) -> Result<u64> {
        self.symbol(name).map(|v| v & !1)
    }

    /// A range between two symbols.
    pub fn range(&self, start: &str, end: &str) -> Result<Range<u64>> {
        Ok(self.symbol(start)?..self.symbol(end)?)
    }

    /// The symbol that an address belongs to, as `name+0x12`, for reports.
    pub fn nearest(&self, address: u64) -> String {
        let below =
            self.symbols.iter().filter(|(n, a)| **a <= address && !n.starts_with('$') && !n.is_empty());
        match below.max_by_key(|(_, a)| **a) {
            Some((name, at)) => format!("{name}+{:#x}", address - at),
            None => "no symbol".to_string(),
        }
    }
}
