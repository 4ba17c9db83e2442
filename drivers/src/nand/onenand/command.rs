//! Commands of a OneNAND, and its buffers.
#![forbid(unsafe_code)]

use embedded_hal::delay::DelayNs;

use super::regs::*;
use super::{LOAD_US, OneNand, PROGRAM_US, RESET_US, UNLOCK_US};
use crate::mmio::Registers16;
use crate::nand::error::{Error, Wait};
use crate::nand::geometry::EccStatus;

impl<R: Registers16, D: DelayNs> OneNand<R, D> {
    /// Brings a page, or its spare area, into the buffer.
    ///
    /// The error bit means that it could not be corrected ("Controller Status Register").
    pub(super) fn load(&mut self, command: u16, block: u32, page: u32) -> Result<EccStatus, Error> {
        self.select(block, page);
        let status = self.command(command, Wait::Read, LOAD_US)?;
        if status & ERROR != 0 { Ok(EccStatus::Uncorrectable) } else { Ok(ecc(self.regs.read(ECC))) }
    }

    pub(super) fn program(&mut self, command: u16, block: u32, page: u32) -> Result<(), Error> {
        self.select(block, page);
        let status = self.command(command, Wait::Program, PROGRAM_US)?;
        refuse(status, Error::ProgramFailed)
    }

    /// "Unlock Block", 23h, unless the block is unlocked already ("Write Protection Status Register").
    pub(super) fn unlock(&mut self, block: u32) -> Result<(), Error> {
        let number = self.select(block, 0);
        if self.regs.read(PROTECTION) & UNLOCKED != 0 {
            return Ok(());
        }
        self.regs.write(LOCK_FIRST, number);
        self.regs.write(LOCK_LAST, number);
        self.command(UNLOCK, Wait::Unlock, UNLOCK_US)?;
        if self.regs.read(PROTECTION) & UNLOCKED != 0 { Ok(()) } else { Err(Error::WriteProtected) }
    }

    /// Addresses a page, and the buffer of its die. Gives the block's number in the die.
    fn select(&mut self, block: u32, page: u32) -> u16 {
        let (number, die) = match block.checked_sub(self.blocks_per_die) {
            Some(number) => (number, SECOND_DIE),
            None => (block, 0),
        };
        let number = number as u16;
        self.regs.write(BUFFER_DIE, die);
        self.regs.write(BLOCK, number | die);
        self.regs.write(PAGE, (page as u16) << 2);
        self.regs.write(BUFFER, DATA_RAM_0);
        number
    }

    /// Gives a command, waits for its interrupt bit and reads the controller's status.
    ///
    /// What takes too long is ended by a reset of the cells, so that the next call finds the chip idle.
    pub(super) fn command(&mut self, command: u16, what: Wait, limit_us: u32) -> Result<u16, Error> {
        if self.run(command, limit_us) {
            return Ok(self.regs.read(STATUS));
        }
        self.run(RESET_CORE, RESET_US);
        Err(Error::timeout(what))
    }

    fn run(&mut self, command: u16, limit_us: u32) -> bool {
        self.regs.write(INTERRUPT, 0);
        self.regs.write(COMMAND, command);
        for _ in 0..=limit_us {
            if self.regs.read(INTERRUPT) & DONE != 0 {
                return true;
            }
            self.delay.delay_us(1);
        }
        false
    }

    pub(super) fn copy_from(&mut self, register: usize, bytes: &mut [u8]) {
        for (n, pair) in bytes.chunks_exact_mut(2).enumerate() {
            pair.copy_from_slice(&self.regs.read(register + n).to_le_bytes());
        }
    }

    pub(super) fn copy_to(&mut self, register: usize, bytes: &[u8]) {
        for (n, pair) in bytes.chunks_exact(2).enumerate() {
            self.regs.write(register + n, u16::from_le_bytes([pair[0], pair[1]]));
        }
    }
}

/// "ECC Status Register": two bits for each sector's data and spare area; 01 one bit corrected, 10 more than
/// that wrong.
fn ecc(register: u16) -> EccStatus {
    match (register & 0xaaaa, register & 0x5555) {
        (0, 0) => EccStatus::Clean,
        (0, _) => EccStatus::Corrected { bits: 1, refresh: true },
        _ => EccStatus::Uncorrectable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "Controller Status Register".
    #[test]
    fn what_the_status_says_of_a_program_or_an_erase() {
        assert_eq!(refuse(0x0000, Error::ProgramFailed), Ok(()));
        assert_eq!(refuse(0x1400, Error::ProgramFailed), Err(Error::ProgramFailed));
        assert_eq!(refuse(0x0c00, Error::EraseFailed), Err(Error::EraseFailed));
        assert_eq!(refuse(0x5400, Error::ProgramFailed), Err(Error::WriteProtected));
    }

    /// "ECC Status Register".
    #[test]
    fn what_the_ecc_register_says_of_a_load() {
        assert_eq!(ecc(0), EccStatus::Clean);
        for field in 0..8 {
            assert_eq!(ecc(1 << (2 * field)), EccStatus::Corrected { bits: 1, refresh: true });
            assert_eq!(ecc(2 << (2 * field) | 0x0101), EccStatus::Uncorrectable);
        }
    }
}
