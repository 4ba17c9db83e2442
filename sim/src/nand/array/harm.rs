//! What a test does to the cells of a chip, or has happen to them.

use alloc::sync::Arc;
use core::ops::Range;

use oal_drivers::nand::marker::MarkerRule;

use super::{Array, Planned};
use crate::nand::fault::{Cut, Failure};
use crate::rng::Rng;

impl Array {
    /// Notes, as [`NotErased`](crate::nand::Violation::NotErased), whoever programs a block that was not
    /// erased since it was made, since it failed or since power was cut in it, as the NAND store promises not
    /// to. A block that failed is then treated like any other: no mark can be programmed into it.
    pub const fn erase_first(&mut self, required: bool) {
        self.erase_first = required;
    }

    /// Makes a block bad as a factory does: marked by `rule`, and neither to be erased nor programmed.
    pub fn plant_bad(&mut self, block: u32, rule: MarkerRule) {
        self.mark(block, rule);
        if let Some(block) = self.block_mut(block) {
            block.factory_bad = true;
        }
    }

    /// Marks a block as bad by `rule`, from outside: no operation of the chip.
    pub fn mark(&mut self, block: u32, rule: MarkerRule) {
        // Either of the pages will do: take the last.
        if let Some(page) = rule.pages(self.geometry.pages_per_block).last() {
            let at = self.geometry.page_bytes + rule.offset();
            if let Some(page) = self.page_mut(block, page) {
                page.program(at, &[0]);
            }
        }
    }

    /// Has an operation fail.
    pub fn fail(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    /// Forgets all failures that are still to come.
    pub fn clear_failures(&mut self) {
        self.failures.clear();
    }

    /// Every page that is read has so many bits flipped, other ones each time.
    pub const fn flip_on_read(&mut self, bits: u32) {
        self.flips_per_read = bits;
    }

    /// Every so many reads of a block flip a bit in one of its pages for good (read disturb).
    pub const fn disturb_every(&mut self, reads: Option<u32>) {
        self.reads_per_flip = reads;
    }

    /// Flips one bit of a page for good. Bits are numbered through data and spare area.
    pub fn flip(&mut self, block: u32, page: u32, bit: usize) {
        if let Some(page) = self.page_mut(block, page) {
            page.flip(bit);
        }
    }

    /// Flips `bits` random bits in every page that was programmed (age).
    pub fn age(&mut self, bits: u32) {
        let page_bits = 8 * self.page_len() as u64;
        for block in &mut self.blocks {
            if block.pages().next().is_none() {
                continue;
            }
            for page in Arc::make_mut(block).pages_mut().filter_map(|(_, page)| page.as_mut()) {
                (0..bits).for_each(|_| page.flip(self.noise.below(page_bits) as usize));
            }
        }
    }

    /// Flips random bits for good among these bytes of a page, which was programmed, until so many are wrong.
    pub fn wear(&mut self, block: u32, page: u32, bytes: Range<usize>, bits: u32) {
        if self.page(block, page).is_none_or(|page| page.programs == 0 || !page.is_stable()) {
            return;
        }
        let mut noise = Rng::new(self.noise.bits());
        let Some(cells) = self.page_mut(block, page) else { return };
        let mut wrong = cells.wrong(bytes.clone());
        while wrong < bits.min(8 * bytes.len() as u32) {
            let bit = 8 * bytes.start + noise.below(8 * bytes.len() as u64) as usize;
            if cells.is_right(bit) {
                cells.flip(bit);
                wrong += 1;
            }
        }
    }

    /// Cuts the power anywhere inside the change after `changes` more programs and erases.
    pub const fn cut_after(&mut self, changes: u64) {
        self.cut = Some(Planned { after: changes, place: None });
    }

    /// Cuts the power at this very place.
    pub const fn cut_at(&mut self, cut: Cut) {
        self.cut = Some(Planned { after: cut.after, place: Some((cut.bytes, cut.beyond)) });
    }

    /// Gives the power back, with no cut planned.
    pub const fn power_on(&mut self) {
        self.off = false;
        self.cut = None;
    }
}
