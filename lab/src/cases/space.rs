//! A snapshot that does not fit is an error before anything is touched.

use super::rig::{Rig, take};
use super::{Case, SNAPSHOT};
use crate::board::{self, Board};
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::media::layout::MIB;
use crate::media::{Layout, Medium, Sizes};
use anyhow::{Result, ensure};

/// A partition of two slots of at most 8 MiB.
const SMALL: Sizes = Sizes { user: 32, fat: 8, snapshot: 16 };

/// One case.
pub fn cases() -> Vec<Case> {
    let case = Case::new("too-large-leaves-the-old-image", too_large);
    vec![case.unless(has_large_slots, "a slot has room for all of RAM")]
}

/// MiB of memory that does not compress and is more than a slot: of a chip, half of the store.
fn ballast(layout: Layout) -> u64 {
    if layout.kind.is_card() {
        return SMALL.snapshot / 2 + 4;
    }
    layout.store_size() / MIB * 17 / 32
}

/// Whether RAM cannot hold more than a slot besides the application.
pub fn has_large_slots(board: &Board, medium: &board::Medium) -> bool {
    const APPLICATION: u64 = 24;
    ballast(medium.layout) + APPLICATION > board.ram().into()
}

fn too_large(rig: &Rig, journal: &Journal) -> Result<()> {
    let medium = if rig.kind().is_card() {
        Medium::fresh(&rig.new_path(), rig.layout(), SMALL, &rig.files)?.temporary()?
    } else {
        rig.fresh()?
    };
    let (mut machine, _) = rig.boot(Some(&medium), journal)?;
    let seq = take(&mut machine, "snapshot")?;
    machine.command(&format!("ballast {}", ballast(rig.layout())), QUICK)?;
    let before = medium.store_bytes()?;
    let answer = machine.console.run("snapshot", SNAPSHOT)?;
    let reason = answer.error.as_deref();
    ensure!(reason == Some("does-not-fit"), "expected the error does-not-fit, got {reason:?}");
    ensure!(before == medium.store_bytes()?, "the failed snapshot wrote to the medium");
    rig.check_find(&mut machine)?;
    machine.power_off()?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(seq)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}
