//! A snapshot that does not fit is an error before anything is touched.

use super::bench::{Bench, take};
use super::{Case, SNAPSHOT};
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::media::{Kind, Medium, Sizes};
use anyhow::{Result, ensure};

/// A partition of two slots of at most 8 MiB.
const SMALL: Sizes = Sizes { user: 32, fat: 8, snapshot: 16 };

/// One case.
pub fn cases() -> Vec<Case> {
    vec![Case::new("too-large-leaves-the-old-image", too_large)]
}

/// MiB of memory that does not compress: more than a slot, less than RAM. Chips have slots of one size.
fn ballast(kind: Kind) -> u32 {
    match kind {
        Kind::Sd | Kind::Emmc => 12,
        Kind::Nand | Kind::RawNand => 17,
        Kind::Nor | Kind::OneNand => 34,
    }
}

fn too_large(bench: &Bench, journal: &Journal) -> Result<()> {
    let medium = if bench.kind.is_card() {
        Medium::fresh(&bench.new_path(), bench.kind, SMALL, &bench.files)?.temporary()?
    } else {
        bench.fresh()?
    };
    let (mut machine, _) = bench.boot(Some(&medium), journal)?;
    let seq = take(&mut machine, "snapshot")?;
    machine.command(&format!("ballast {}", ballast(bench.kind)), QUICK)?;
    let before = medium.store_bytes()?;
    let answer = machine.console.run("snapshot", SNAPSHOT)?;
    let reason = answer.error.as_deref();
    ensure!(reason == Some("does-not-fit"), "expected the error does-not-fit, got {reason:?}");
    ensure!(before == medium.store_bytes()?, "the failed snapshot wrote to the medium");
    bench.check_find(&mut machine)?;
    machine.power_off()?;
    let (mut machine, boot) = bench.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    bench.check_find(&mut machine)?;
    machine.power_off()
}
