//! [`Address`]: the address cycles of a command.

use super::model::Model;
use crate::nand::violation::Violation;

/// More cycles than any command takes.
const MOST: usize = 8;

/// The cycles so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    cycles: [u8; MOST],
    count: usize,
}

impl Address {
    pub(super) const NONE: Address = Address { cycles: [0; MOST], count: 0 };

    /// One more cycle; more than any command takes are one too many for each.
    pub(super) fn push(&mut self, cycle: u8) {
        if let Some(place) = self.cycles.get_mut(self.count) {
            *place = cycle;
            self.count += 1;
        }
    }

    pub(super) fn cycles(&self) -> &[u8] {
        &self.cycles[..self.count]
    }

    /// The first cycle, and with the second the column of chips with large pages.
    pub(super) fn column(&self, small: bool) -> usize {
        let [low, high, ..] = self.cycles;
        usize::from(low) | if small { 0 } else { usize::from(high) << 8 }
    }

    /// Block and page of the row behind so many column cycles.
    pub(super) fn row(&self, columns: usize, model: &Model) -> Result<(u32, u32), Violation> {
        if self.count != columns + model.cycles.1 {
            return Err(Violation::Cycles);
        }
        let row = self.cycles()[columns..].iter().rev().fold(0, |row, &byte| row << 8 | u32::from(byte));
        let geometry = model.geometry;
        let per_lun = geometry.blocks / model.luns;
        let pages = geometry.pages_per_block.next_power_of_two();
        let lun_rows = pages * per_lun.next_power_of_two();
        let (lun, page, block) = (row / lun_rows, row % pages, row % lun_rows / pages);
        let inside = lun < model.luns && page < geometry.pages_per_block && block < per_lun;
        if inside { Ok((lun * per_lun + block, page)) } else { Err(Violation::Address) }
    }
}
