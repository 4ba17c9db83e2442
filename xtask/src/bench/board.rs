//! The reference firmware on its board, from reset to the prompt, copying from the card (PIO) included.

use super::corpus::PAGE;
use crate::board::VEXPRESS_A9;
use crate::demo::instructions;
use crate::harness::boot::Boot;
use crate::harness::emulator::Emulator;
use crate::harness::journal::Journal;
use crate::harness::machine::{INSTRUCTION_NS, Machine, Power};
use crate::media::{Kind, Medium, text};
use crate::run::{MOST_TEXT, ROOMY};
use crate::{firmware, paths};
use anyhow::Result;
use std::time::Duration;

/// MiB that are added to the application's picture. They do not compress, so the card moves every byte of them.
const BALLAST_MIB: u32 = 16;
const RAM_MIB: u32 = 128;
/// For a snapshot on a busy machine.
const PATIENCE: Duration = Duration::from_secs(1200);

/// What the board's boots come to.
pub struct Totals {
    /// Instructions from reset to the prompt for each byte of the picture.
    pub total: f64,
    /// The demonstration's cold boot to its snapshot boot.
    pub times_sooner: f64,
    /// How the first was measured.
    pub how: String,
}

/// Boots cold and from an image, as the demonstration does, then from an image with ballast in it.
pub fn measure(emulator: &Emulator) -> Result<Totals> {
    let firmware = firmware::build(&VEXPRESS_A9, Kind::Sd)?;
    let scratch = tempfile::Builder::new().prefix("oal-bench-").tempdir()?;
    let files = text::gather(paths::root(), MOST_TEXT)?;
    let medium = Medium::fresh(&scratch.path().join("medium"), Kind::Sd, ROOMY, &files)?;
    let journal = Journal::default();
    let count = instructions::count(emulator, &firmware, &medium, &journal)?;
    let power = Power {
        board: &VEXPRESS_A9,
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
    machine.command(&format!("ballast {BALLAST_MIB}"), PATIENCE)?.ok()?;
    let answer = machine.command("snapshot", PATIENCE)?;
    let taken = answer.event("taken")?;
    let (seq, pages, bytes) = (taken.number("seq")?, taken.number("pages")?, taken.number("bytes")?);
    machine.power_off()?;
    let mut machine = Machine::start(&power, &journal)?;
    let boot = Boot::watch(&mut machine.console, PATIENCE)?;
    boot.expect_restored(seq)?;
    machine.power_off()?;
    let restored = boot.ready.number("us")? * 1000 / INSTRUCTION_NS;
    let picture = pages * PAGE as u64;
    Ok(Totals {
        total: restored as f64 / picture as f64,
        times_sooner: count.ratio(),
        how: format!(
            "reference firmware, SD card by PIO, reset to prompt; NOT 64 MiB: its own picture of {:.1} MiB, of which \
             {BALLAST_MIB} do not compress, which costs more of the card and less of the decoder (image {:.1} MiB)",
            picture as f64 / f64::from(1 << 20),
            bytes as f64 / f64::from(1 << 20)
        ),
    })
}
