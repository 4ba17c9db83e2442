//! Programming and erasing that fails in the middle of a snapshot: QEMU's block layer refuses the write, and
//! the chip's model reports it to the guest as a failure of the chip.

use super::Case;
use super::ram::BALLAST_MIB;
use super::rig::{Rig, take};
use crate::board::{Board, Medium};
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::media::chip::{At, Cells};
use crate::media::layout::{PAGE, PAGES};
use crate::media::{Kind, images, records};
use anyhow::{Context, Result, ensure};
use oal_snapshot::store::nand::LOG_BLOCKS;

const SECTOR: u32 = 512;
/// A sector that no chip has.
const NOWHERE: u32 = i32::MAX as u32;

/// What fails, for good.
#[derive(Clone, Copy)]
enum Failure {
    /// Erasing this block.
    Erase(u32),
    /// Programming this page of this block.
    Program(u32, u32),
}

/// A block in the middle of the first image.
const IN_IMAGE: u32 = LOG_BLOCKS + 5;

/// The cases of this file.
pub fn cases() -> Vec<Case> {
    let case = |name, failure| Case::new(name, move |b, j| survive(b, j, failure)).only(is_reported);
    vec![
        case("program-error-retires-the-block", Failure::Program(IN_IMAGE, 40)),
        case("erase-error-retires-the-block", Failure::Erase(IN_IMAGE)),
        case("program-error-in-the-log-retires-the-block", Failure::Program(0, 1)),
        case("erase-error-in-the-log-retires-the-block", Failure::Erase(0)),
    ]
}

/// QEMU's models of other chips hide errors of the file from the guest.
fn is_reported(_: &Board, medium: &Medium) -> bool {
    medium.kind() == Kind::OneNand
}

impl Failure {
    fn block(self) -> u32 {
        match self {
            Self::Erase(block) | Self::Program(block, _) => block,
        }
    }

    /// The configuration of QEMU's block debugger.
    ///
    /// An erase writes sector by sector, and a page is four of them. The file is set up for requests of whole
    /// pages, so that a sector takes reading, changing and writing, of which events tell. The rule for
    /// programming is on at every write, off as soon as such an event shows that the write is one of an
    /// erase, and not on again before that is done (state 2).
    fn rules(self) -> String {
        let sector = |block: u32, page: u32| (block * PAGES + page) * (PAGE as u32 / SECTOR);
        match self {
            Self::Erase(block) => {
                format!(
                    "[inject-error]\nevent = \"none\"\niotype = \"write\"\nsector = \"{}\"\n",
                    sector(block, 0)
                )
            }
            Self::Program(block, page) => {
                let mut rules = format!(
                    "[inject-error]\nevent = \"pwritev\"\nstate = \"1\"\niotype = \"write\"\nsector = \"{}\"\n",
                    sector(block, page)
                );
                for event in ["pwritev_rmw_head", "pwritev_rmw_tail"] {
                    rules += &format!(
                        "[inject-error]\nevent = \"{event}\"\niotype = \"write\"\nsector = \"{NOWHERE}\"\n\
                         [set-state]\nevent = \"{event}\"\nstate = \"1\"\nnew_state = \"2\"\n"
                    );
                }
                rules + "[set-state]\nevent = \"pwritev_done\"\nstate = \"2\"\nnew_state = \"1\"\n"
            }
        }
    }
}

/// The snapshot completes, the block is retired, and the image boots in a process in which nothing fails.
fn survive(rig: &Rig, journal: &Journal, failure: Failure) -> Result<()> {
    let (medium, bad) = (rig.fresh()?, failure.block());
    let cells = Cells::of(&medium).context("this medium has no blocks")?;
    let (last, old) = (At { block: bad, page: PAGES - 1 }, [0x5a; PAGE]);
    cells.write(last, &old)?;
    let config = rig.new_path();
    std::fs::write(&config, failure.rules())?;
    let (mut machine, boot) = rig.boot(Some(&medium.failing(&config)), journal)?;
    boot.expect_cold("no-image")?;
    machine.command(&format!("ballast {BALLAST_MIB}"), QUICK)?.ok()?;
    let first = take(&mut machine, "snapshot")?;
    rig.check_find(&mut machine)?;
    machine.power_off()?;

    let image = images::newest(&medium)?;
    ensure!(records::newest(&medium)?.is_bad(bad), "the newest record does not know that block {bad} is bad");
    ensure!(cells.is_marked(bad)?, "block {bad} is not marked bad");
    ensure!(!image.blocks().contains(&bad), "the image lies in block {bad}");
    // What failed is what was to fail: a block that could not be erased still holds what it held.
    let stays = cells.read(last)?.is_some_and(|page| page == old);
    ensure!(stays == matches!(failure, Failure::Erase(_)), "block {bad} kept its old contents: {stays}");
    if bad >= LOG_BLOCKS {
        let around = image.blocks().first() < Some(&bad) && Some(&bad) < image.blocks().last();
        ensure!(around, "the image does not lie around block {bad}: {:?}", image.blocks());
    }

    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(first)?;
    rig.check_find(&mut machine)?;
    let second = take(&mut machine, "snapshot")?;
    machine.power_off()?;
    let (mut machine, boot) = rig.boot(Some(&medium), journal)?;
    boot.expect_restored(second)?;
    rig.check_find(&mut machine)?;
    machine.power_off()
}
