//! Instructions from power-on to the prompt. Times of the host differ from run to run; these do not.

use super::{PATIENCE, RAM};
use crate::board;
use crate::harness::boot::Boot;
use crate::harness::elf::Firmware;
use crate::harness::journal::Journal;
use crate::harness::machine::{INSTRUCTION_NS, Machine, Power};
use crate::media::Medium;
use anyhow::{Context, Result};
use oal_lab_host::qemu::Emulator;
use std::time::Duration;

/// Where the guest waits for its command.
const READY: &str = "oal_marker_ready";
/// Long enough for QEMU to take a command off its socket, on any machine.
const TAKEN_IN: Duration = Duration::from_millis(500);

/// The instructions of two boots.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// Of a boot that builds the index.
    pub cold: u64,
    /// Of a boot from the image.
    pub restored: u64,
}

impl Count {
    /// How many snapshot boots take as long as one cold boot.
    pub fn ratio(self) -> f64 {
        self.cold as f64 / self.restored.max(1) as f64
    }
}

/// Boots cold from a medium without an image, takes a snapshot, boots from it, and counts both boots.
pub fn count(emulator: &Emulator, firmware: &Firmware, medium: &Medium, journal: &Journal) -> Result<Count> {
    let board = board::reference()?;
    let stops = [firmware.function(READY)?];
    let power = |noise, stops| {
        let medium = Some(medium);
        Machine::start(
            &Power { board, emulator, firmware, ram_mib: RAM, medium, noise, stops, counted: true },
            journal,
        )
    };
    // Saved memory holds a few bytes that nobody ever wrote: a fixed seed, so that it repeats to the last bit.
    let mut machine = power(1, &stops)?;
    machine.wait_at(firmware, READY, PATIENCE)?;
    let boot = Boot::watch(&mut machine.console, PATIENCE)?;
    boot.expect_cold("no-image")?;
    let cold = instructions(&boot)?;
    // The guest stands while the command comes in, so that it meets it at the same instruction in every run, and so
    // saves the same memory.
    machine.console.send("snapshot")?;
    std::thread::sleep(TAKEN_IN);
    machine.go_on(firmware, READY)?;
    let taken = machine.console.answer(PATIENCE).context("waited for the end of `snapshot`")?.ok()?;
    let seq = taken.event("taken")?.number("seq")?;
    machine.power_off()?;

    let mut machine = power(std::process::id().into(), &[])?;
    let boot = Boot::watch(&mut machine.console, PATIENCE)?;
    boot.expect_restored(seq)?;
    machine.power_off()?;
    Ok(Count { cold, restored: instructions(&boot)? })
}

/// The guest's time is its number of instructions, to the microsecond.
fn instructions(boot: &Boot) -> Result<u64> {
    Ok(boot.ready.number("us")? * 1000 / INSTRUCTION_NS)
}

/// In millions.
pub fn millions(instructions: u64) -> String {
    format!("{:.4} million", instructions as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shown_in_millions() {
        assert_eq!(millions(123_456_789), "123.4568 million");
        assert_eq!(Count { cold: 30, restored: 10 }.ratio(), 3.0);
    }
}
