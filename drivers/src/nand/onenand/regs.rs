//! Register numbers and bits: KFG1G16Q2 data sheet, "Register Description"; areas: "Memory Map".
#![forbid(unsafe_code)]

use crate::nand::error::Error;

/// DataRAM 0: 1024 words of a page's data, and 32 words of its spare area.
pub(super) const DATA: usize = 0x0200;
pub(super) const SPARE: usize = 0x8010;

pub(super) const MAKER: usize = 0xf000;
pub(super) const DEVICE: usize = 0xf001;
pub(super) const BUFFER_SIZE: usize = 0xf003;
pub(super) const TECHNOLOGY: usize = 0xf006;
/// Start Address 1: the block, and in bit 15 the die.
pub(super) const BLOCK: usize = 0xf100;
/// Start Address 2: in bit 15 the die whose buffer is seen.
pub(super) const BUFFER_DIE: usize = 0xf101;
/// Start Address 8: page in bits 2 to 7, sector in bits 0 and 1.
pub(super) const PAGE: usize = 0xf107;
/// Start Buffer: area in bits 8 to 11, sectors in bits 0 and 1 (0 is all four).
pub(super) const BUFFER: usize = 0xf200;
pub(super) const COMMAND: usize = 0xf220;
pub(super) const STATUS: usize = 0xf240;
pub(super) const INTERRUPT: usize = 0xf241;
/// First and last block that an unlock command is for.
pub(super) const LOCK_FIRST: usize = 0xf24c;
pub(super) const LOCK_LAST: usize = 0xf24d;
/// Write protection of the block in [`BLOCK`].
pub(super) const PROTECTION: usize = 0xf24e;
pub(super) const ECC: usize = 0xff00;

pub(super) const LOAD: u16 = 0x00;
pub(super) const LOAD_SPARE: u16 = 0x13;
pub(super) const PROGRAM: u16 = 0x80;
pub(super) const PROGRAM_SPARE: u16 = 0x1a;
pub(super) const ERASE: u16 = 0x94;
pub(super) const UNLOCK: u16 = 0x23;
/// Ends whatever the cells are doing; registers stay.
pub(super) const RESET_CORE: u16 = 0xf0;
/// Resets everything but the buffers ("hot reset").
pub(super) const RESET: u16 = 0xf3;

pub(super) const SECOND_DIE: u16 = 1 << 15;
/// DataRAM 0 in [`BUFFER`].
pub(super) const DATA_RAM_0: u16 = 8 << 8;
pub(super) const DONE: u16 = 1 << 15;
pub(super) const ERROR: u16 = 1 << 10;
pub(super) const LOCKED: u16 = 1 << 14;
pub(super) const UNLOCKED: u16 = 1 << 2;

/// The result of a command that changes cells, from the controller's status.
pub(super) fn refuse(status: u16, failure: Error) -> Result<(), Error> {
    match (status & LOCKED, status & ERROR) {
        (0, 0) => Ok(()),
        (0, _) => Err(failure),
        _ => Err(Error::WriteProtected),
    }
}
