//! What a parallel chip does with an address and its cells.

use super::RawChip;
use crate::nand::fault::Violation;

impl RawChip {
    /// Block and page of the row cycles at the end of the address, or none if there are too few or too many.
    fn target(&mut self, columns: usize) -> Option<(u32, u32)> {
        if self.address.len() != columns + self.model.cycles.1 {
            self.violations.push(Violation::Cycles);
            return None;
        }
        let row = self.address[columns..].iter().rev().fold(0, |row, &byte| row << 8 | u32::from(byte));
        let geometry = self.model.geometry;
        let per_lun = geometry.blocks / self.model.luns;
        let pages = geometry.pages_per_block.next_power_of_two();
        let lun_rows = pages * per_lun.next_power_of_two();
        let (lun, page, block) = (row / lun_rows, row % pages, row % lun_rows / pages);
        let inside = lun < self.model.luns && page < geometry.pages_per_block && block < per_lun;
        if !inside {
            self.violations.push(Violation::Address);
        }
        inside.then_some((lun * per_lun + block, page))
    }

    fn column(&self) -> usize {
        let low = usize::from(self.address[0]);
        if self.model.small { self.pointer + low } else { low | usize::from(self.address[1]) << 8 }
    }

    pub(super) fn load(&mut self) {
        let Some((block, page)) = self.target(self.model.cycles.0) else { return };
        let column = self.column();
        let bytes = self.array.read(block, page);
        self.give(bytes);
        self.position = column;
        self.work(self.model.times_us[0]);
    }

    pub(super) fn store(&mut self) {
        let Some((block, page)) = self.target(self.model.cycles.0) else { return };
        let (column, bytes) = (self.column(), core::mem::take(&mut self.program));
        if column + bytes.len() > self.model.geometry.page_bytes + self.model.geometry.spare_bytes {
            self.violations.push(Violation::Cycles);
        }
        if !self.protected {
            self.failed = !self.array.program(block, page, column, &bytes);
            self.work(self.model.times_us[1]);
        }
        if self.pointer == 256 {
            self.pointer = 0;
        }
    }

    pub(super) fn erase(&mut self) {
        let Some((block, _)) = self.target(0) else { return };
        if !self.protected {
            self.failed = !self.array.erase(block);
            self.work(self.model.times_us[2]);
        }
    }
}
