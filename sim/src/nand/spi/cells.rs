//! What an SPI NAND does with its cells, its ECC and its status bits.

use oal_drivers::nand::spi::EccReport;

use super::{SpiChip, WRITE_ENABLED};
use crate::nand::on_die::Role;
use crate::nand::violation::Violation;

const ECC_ON: u8 = 0x10;
const ERASE_FAILED: u8 = 0x04;
const PROGRAM_FAILED: u8 = 0x08;

/// Spare area in two halves, the second the ECC's.
pub(super) fn halves(at: usize) -> Role {
    match at.checked_sub(2048) {
        None => Role::Guarded(at / 512),
        Some(spare @ 0..64) => Role::Guarded(spare / 16),
        Some(_) => Role::Parity,
    }
}

/// W25N01GV: each sixteen bytes of the spare area have four of each kind.
pub(super) fn sixteens(at: usize) -> Role {
    match at.checked_sub(2048) {
        None => Role::Guarded(at / 512),
        Some(spare) => match spare % 16 {
            0..4 => Role::Open,
            4..8 => Role::Guarded(spare / 16),
            _ => Role::Parity,
        },
    }
}

impl SpiChip {
    pub(super) fn load(&mut self, block: u32, page: u32) {
        let mut bytes = self.array.read(block, page);
        self.status &= 0x0f;
        if self.config & ECC_ON != 0 {
            let wrong = self.ecc.correct((block, page), &mut bytes);
            let worst = wrong.into_iter().max().unwrap_or(0);
            (self.status, self.extra) = match self.report {
                Some((bits, extra)) => (self.status | bits, extra),
                None => self.tell(worst),
            };
        }
        (self.cache, self.loaded) = (bytes, block);
        self.work(self.family.times.read_us.into());
    }

    /// Status and second register for a page whose worst codeword has so many wrong bits.
    fn tell(&self, wrong: u32) -> (u8, u8) {
        let bits = wrong as u8;
        let (ecc, extra) = match self.family.report {
            _ if wrong == 0 => (0, 0),
            _ if wrong > self.ecc.strength() => (0x20, 0),
            EccReport::TwoBits => (0x10, 0),
            EccReport::TwoBitsAndMaximum => (if bits > 4 { 0x30 } else { 0x10 }, bits << 4),
            EccReport::TwoBitsAndExtended => (0x10, (bits - 1) << 4),
            EccReport::ThreeBits => ([0x10, 0x10, 0x10, 0x30, 0x30, 0x30, 0x50, 0x50][wrong as usize - 1], 0),
        };
        (self.status | ecc, extra)
    }

    pub(super) fn execute(&mut self, block: u32, page: u32) {
        let (column, bytes) = core::mem::take(&mut self.program);
        let column = self.column(column, block);
        if column + bytes.len() > self.cache.len() {
            self.violations.push(Violation::Cycles);
        }
        if self.may_change(PROGRAM_FAILED) {
            let ok = if self.config & ECC_ON != 0 {
                let sent = self.ecc.program(&self.array, (block, page), column, &bytes);
                self.array.program(block, page, 0, &sent)
            } else {
                self.array.program(block, page, column, &bytes)
            };
            self.status |= if ok { 0 } else { PROGRAM_FAILED };
        }
        self.work(self.family.times.program_us.into());
    }

    pub(super) fn erase(&mut self, block: u32) {
        if self.may_change(ERASE_FAILED) {
            if self.array.erase(block) {
                self.ecc.erase(block);
            } else {
                self.status |= ERASE_FAILED;
            }
        }
        self.work(self.family.times.erase_us.into());
    }

    fn may_change(&mut self, failed: u8) -> bool {
        if self.status & WRITE_ENABLED == 0 {
            self.violations.push(Violation::Command(0x06));
        }
        let protected = self.protection & 0x78 != 0;
        self.status &= !(WRITE_ENABLED | ERASE_FAILED | PROGRAM_FAILED);
        self.status |= if protected { failed } else { 0 };
        !protected
    }
}
