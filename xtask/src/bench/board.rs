//! The reference firmware on its board, from reset to the prompt, copying from the card (PIO) included.

use super::corpus::{Corpus, PAGE};
use crate::board;
use crate::demo::instructions;
use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::harness::machine::{INSTRUCTION_NS, Machine, Power};
use crate::harness::memory::Map;
use crate::media::{Medium, text};
use crate::run::{MOST_TEXT, ROOMY};
use crate::{cases, firmware, paths};
use anyhow::{Context, Result, ensure};
use oal_lab_host::qemu::Emulator;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::time::Duration;

/// Bytes of saved memory, at least.
const SAVED: u64 = 64 << 20;
const RAM_MIB: u32 = 128;
const MIB: u64 = 1 << 20;
/// For a snapshot on a busy machine.
const PATIENCE: Duration = Duration::from_secs(1200);

/// How many times fewer instructions the demonstration's snapshot boot takes than its cold boot, from reset
/// to the prompt.
pub fn times_sooner(emulator: &Emulator) -> Result<f64> {
    let (board, card) = board::reference_with_card()?;
    let firmware = firmware::build(board, card)?;
    let scratch = tempfile::Builder::new().prefix("oal-bench-").tempdir()?;
    let files = text::gather(paths::root(), MOST_TEXT)?;
    let medium = Medium::fresh(&scratch.path().join("medium"), card.layout, ROOMY, &files)?;
    Ok(instructions::count(emulator, &firmware, &medium, &Journal::default())?.ratio())
}

/// A boot of 64 MiB of saved memory.
pub struct Total {
    /// Instructions from reset to the prompt.
    pub instructions: u64,
    /// Bytes of saved memory.
    pub saved: u64,
    /// Bytes of the image.
    pub image: u64,
}

impl Total {
    /// Instructions from reset to the prompt for each saved byte.
    pub fn per_byte(&self) -> f64 {
        self.instructions as f64 / self.saved as f64
    }

    /// How it was measured.
    pub fn how(&self) -> String {
        format!(
            "reference firmware, SD card by PIO, reset to prompt: {:.1} million instructions for {:.2} MiB of saved memory, \
             its own RAM and the corpus, whose pages in use begin anew where they end; image {:.2} MiB",
            self.instructions as f64 / 1e6,
            self.saved as f64 / MIB as f64,
            self.image as f64 / MIB as f64,
        )
    }
}

/// Boots from 64 MiB of saved memory: the firmware's own RAM and, in memory that it keeps for us, pages of
/// the corpus.
pub fn total(emulator: &Emulator, corpus: &Corpus) -> Result<Total> {
    let (board, card) = board::reference_with_card()?;
    let firmware = firmware::build(board, card)?;
    let scratch = tempfile::Builder::new().prefix("oal-bench-").tempdir()?;
    let files = text::made_up(cases::TEXT_BYTES, cases::TEXT_SEED);
    let medium = Medium::fresh(&scratch.path().join("medium"), card.layout, ROOMY, &files)?;
    let journal = Journal::default();
    let power = Power {
        board,
        emulator,
        firmware: &firmware,
        ram_mib: RAM_MIB,
        medium: Some(&medium),
        noise: 1,
        stops: &[],
        counted: true,
    };
    let mut machine = Machine::start(&power, &journal)?;
    Boot::watch(&mut machine.console, PATIENCE)?;
    let before = Map::read(&machine.command("memory", QUICK)?)?;
    let own: u64 = before.still().iter().chain(&before.oem).map(|range| range.end - range.start).sum();
    let mib = SAVED.saturating_sub(own).div_ceil(MIB);
    machine.command(&format!("ballast {mib}"), PATIENCE)?.ok()?;
    let after = Map::read(&machine.command("memory", QUICK)?)?;
    let ballast =
        taken_off(&before.free, &after.free).context("the ballast is at the end of no free memory")?;
    ensure!(ballast.end - ballast.start == mib * MIB, "the ballast is {ballast:x?}, not {mib} MiB");
    // Nobody looks at it before the snapshot.
    let bytes: Vec<u8> = corpus.used.iter().copied().cycle().take((mib * MIB) as usize).collect();
    let at = ballast.start - board.ram_start;
    machine.ram.write_all_at(&bytes, at)?;
    let answer = machine.command("snapshot", PATIENCE)?.ok()?;
    let taken = answer.event("taken")?;
    let (seq, pages, image) = (taken.number("seq")?, taken.number("pages")?, taken.number("bytes")?);
    machine.power_off()?;

    let mut machine = Machine::start(&power, &journal)?;
    let boot = Boot::watch(&mut machine.console, PATIENCE)?;
    boot.expect_restored(seq)?;
    let mut back = vec![0; bytes.len()];
    machine.ram.read_exact_at(&mut back, at)?;
    ensure!(back == bytes, "the boot that was measured brought back other bytes");
    machine.power_off()?;
    let instructions = boot.ready.number("us")? * 1000 / INSTRUCTION_NS;
    let saved = pages * PAGE as u64;
    ensure!(saved >= SAVED, "only {saved} bytes are saved");
    Ok(Total { instructions, saved, image })
}

/// What one of the free ranges lost at its end.
fn taken_off(before: &[Range<u64>], after: &[Range<u64>]) -> Option<Range<u64>> {
    let was = before.iter().find(|range| !after.contains(range))?;
    let is = after.iter().find(|range| range.start == was.start)?;
    (is.end < was.end).then_some(is.end..was.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_taken_off_the_end_of_a_free_range_is_found() {
        let (low, whole, less) = (0x1000..0x2000, 0x4000..0x9000, 0x4000..0x6000);
        assert_eq!(taken_off(&[low.clone(), whole.clone()], &[low.clone(), less]), Some(0x6000..0x9000));
        assert_eq!(taken_off(&[low.clone(), whole.clone()], &[low.clone(), whole.clone()]), None);
        assert_eq!(taken_off(&[low, whole], &[0x1800..0x2000, 0x4000..0x9000]), None);
    }
}
