//! What of compilers and emulators is on this machine.

use crate::qemu::{Emulator, PROGRAM};
use crate::toolchain::{Target, Toolchain};
use crate::{paths, shell};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// What was found.
pub struct Found {
    /// A compiler for ARMv7-A.
    pub toolchain: Option<Toolchain>,
    /// A compiler for ARMv5TE.
    pub older_core: Option<Toolchain>,
    /// The machine's own QEMU.
    pub qemu: Option<Emulator>,
    /// A QEMU that knows eMMC.
    pub newer: Option<Emulator>,
}

impl Found {
    /// Looks without changing anything. `OAL_QEMU` and `OAL_QEMU_NEW` name other programs; one that is no
    /// QEMU is an error, since a run on another QEMU than the one asked for would be mistaken for it.
    pub fn look() -> Result<Self> {
        let qemu = match named("OAL_QEMU")? {
            Some(emulator) => Some(emulator),
            None => shell::which(PROGRAM).and_then(|p| Emulator::plain(&p).ok()),
        };
        let unpacked = || Emulator::unpacked(&paths::new_qemu()).ok();
        let newer = match named("OAL_QEMU_NEW")? {
            Some(emulator) => {
                ensure!(
                    emulator.has_emmc(),
                    "OAL_QEMU_NEW names `{}`, and QEMU {} has no eMMC device",
                    emulator.place().display(),
                    emulator.label()
                );
                Some(emulator)
            }
            None => qemu.clone().filter(Emulator::has_emmc).or_else(unpacked),
        };
        let [toolchain, older_core] = Target::ALL.map(Toolchain::find);
        Ok(Self { toolchain, older_core, qemu, newer: newer.filter(Emulator::has_emmc) })
    }

    /// The QEMU for runs without eMMC: the machine's own, else the newer one.
    pub fn any_qemu(&self) -> Option<&Emulator> {
        self.qemu.as_ref().or(self.newer.as_ref())
    }
}

/// The QEMU that an environment variable names, if it is set.
fn named(variable: &str) -> Result<Option<Emulator>> {
    let Some(path) = std::env::var_os(variable).map(PathBuf::from) else { return Ok(None) };
    let emulator = Emulator::plain(&path);
    emulator.map(Some).with_context(|| format!("{variable} names `{}`, which cannot be used", path.display()))
}
