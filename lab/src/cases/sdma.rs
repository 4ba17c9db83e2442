//! Reads by DMA: an SD host controller, such as the Zynq's, fills the boot's buffer itself, while the CPU
//! decodes what came before. QEMU's model moves all blocks at the moment of the command, so that it cannot be
//! seen here how the two go on side by side: host tests show that, on simulated media. What is seen is that
//! the controller was used, where it wrote to, and that it is at rest when the image is entered.

use super::ram::LOADED;
use super::rig::{Prepared, Rig};
use super::{BOOT, Case};
use crate::harness::boot::Boot;
use crate::harness::journal::Journal;
use anyhow::{Context, Result, ensure};

/// SDMA System Address and Present State (SD Host Controller Simplified Specification 3.00, 2.2).
const SYSTEM_ADDRESS: u64 = 0x00;
const PRESENT_STATE: u64 = 0x24;
/// Present State: command or data line in use, a transfer under way.
const BUSY: u32 = 0x307;

/// The case of this file.
pub fn cases() -> Vec<Case> {
    let case = Case::new("sdma-loads-the-image-and-rests-when-it-is-entered", loads_and_rests);
    vec![case.only(|_, medium| medium.sdma.is_some())]
}

fn loads_and_rests(rig: &Rig, journal: &Journal) -> Result<()> {
    let Prepared { medium, newest, .. } = rig.with_one_image(journal)?;
    let mut machine = rig.start(&rig.firmware, rig.board.ram(), Some(&medium), &[LOADED], journal)?;
    machine.wait_at(&rig.firmware, LOADED, BOOT)?;
    let controller = rig.medium.sdma.context("the medium has no controller with SDMA")?;
    let mut register = |offset| -> Result<u32> {
        let bytes = machine.device_memory(controller + offset, 4)?;
        Ok(u32::from_le_bytes(*bytes.first_chunk().context("a register has four bytes")?))
    };
    // The CPU's own reads, through the port, leave the address at 0, as after the reset.
    let (address, state) = (register(SYSTEM_ADDRESS)?, register(PRESENT_STATE)?);
    let nosave = rig.firmware.range("__oal_nosave_start", "__oal_nosave_end")?;
    let end = u64::from(address);
    ensure!(
        nosave.start < end && end <= nosave.end,
        "DMA ended at {end:#x}, and nosave memory is {nosave:x?}"
    );
    ensure!(state & BUSY == 0, "the controller is busy when the image is entered: {state:#x}");
    machine.go_on(&rig.firmware, LOADED)?;
    Boot::watch(&mut machine.console, BOOT)?.expect_restored(newest)?;
    journal.note(format!("DMA ended at {end:#x}"));
    machine.power_off()
}
