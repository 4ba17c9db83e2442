//! Programming and erasing.

use alloc::sync::Arc;

use super::{Array, Planned};
use crate::nand::fault::{Beyond, Change, When};
use crate::nand::violation::Violation;
use crate::rng::Rng;

/// What becomes of a change.
enum Fate {
    Done,
    Fails,
    Cut(Option<(usize, Beyond)>),
}

impl Array {
    /// Programs `bytes` into a page from byte `column` on (data, then spare area). False if the chip reports
    /// a failure, or power is off: then only some of the bits were cleared, and some may read one way or the
    /// other.
    pub fn program(&mut self, block: u32, page: u32, column: usize, bytes: &[u8]) -> bool {
        if self.off || !self.has(block, page) {
            return false;
        }
        self.counters.programs += 1;
        let fate = self.fate(Change::Program, block);
        self.check_program(block, page);
        let len = self.page_len();
        let state = Arc::make_mut(&mut self.blocks[block as usize]);
        state.erased &= matches!(fate, Fate::Done);
        if matches!(fate, Fate::Done) && bytes.len() == len && state.page(page).is_none() {
            state.program_erased(page, bytes);
            return true;
        }
        let cells = state.page_mut(page, len);
        cells.programs = cells.programs.saturating_add(1);
        match fate {
            Fate::Done => cells.program(column, bytes),
            Fate::Fails => cells.program_badly(column, bytes, &mut self.noise),
            Fate::Cut(place) => {
                let place = place.unwrap_or_else(|| anywhere(bytes.len(), &mut self.noise));
                cells.program_in_part(column, bytes, place, &mut self.noise);
            }
        }
        matches!(fate, Fate::Done)
    }

    fn check_program(&mut self, block: u32, page: u32) {
        let limit = self.programs_per_page;
        let state = Arc::make_mut(&mut self.blocks[block as usize]);
        if state.factory_bad {
            self.violations.push(Violation::FactoryBad { block });
        }
        if self.erase_first && !state.erased {
            self.violations.push(Violation::NotErased { block, page });
        }
        if state.failed && !self.erase_first {
            return;
        }
        if page + 1 < state.next {
            self.violations.push(Violation::OutOfOrder { block, page });
        }
        if state.page(page).is_some_and(|page| page.programs >= limit) {
            self.violations.push(Violation::TooOften { block, page });
        }
        state.next = state.next.max(page + 1);
    }

    /// Erases a block. False if the chip reports a failure, or power is off: then it holds anything.
    pub fn erase(&mut self, block: u32) -> bool {
        if self.off || !self.has(block, 0) {
            return false;
        }
        self.counters.erases += 1;
        let fate = self.fate(Change::Erase, block);
        let page_len = self.page_len();
        let state = Arc::make_mut(&mut self.blocks[block as usize]);
        state.erases += 1;
        state.next = 0;
        state.erased = matches!(fate, Fate::Done);
        if state.factory_bad {
            self.violations.push(Violation::FactoryBad { block });
        }
        match fate {
            Fate::Done => state.clear(),
            Fate::Cut(Some((done, beyond))) => {
                for (number, slot) in state.pages_mut() {
                    let done = done.checked_sub(number as usize * page_len);
                    match (slot, done) {
                        (slot, Some(done)) if done >= page_len => *slot = None,
                        (Some(page), done) => {
                            if let Some(done) = done {
                                page.erase_start(done, &mut self.noise);
                            }
                            if beyond == Beyond::Unstable {
                                page.erase_unstably();
                            }
                        }
                        (None, _) => {}
                    }
                }
            }
            Fate::Fails | Fate::Cut(None) => {
                for number in 0..self.geometry.pages_per_block {
                    state.page_mut(number, page_len).erase_badly(&mut self.noise);
                }
            }
        }
        matches!(fate, Fate::Done)
    }

    /// What becomes of a change in `block`, the next of its kind.
    fn fate(&mut self, change: Change, block: u32) -> Fate {
        let fails = self.fails(change, block);
        match &mut self.cut {
            Some(Planned { after: 0, place }) => {
                let place = *place;
                (self.cut, self.off) = (None, true);
                return Fate::Cut(place);
            }
            Some(Planned { after, .. }) => *after -= 1,
            None => {}
        }
        if fails { Fate::Fails } else { Fate::Done }
    }

    fn fails(&mut self, change: Change, block: u32) -> bool {
        let mut due = self.blocks[block as usize].factory_bad;
        self.failures.retain_mut(|failure| match &mut failure.when {
            _ if failure.change != change && failure.change != Change::Any => true,
            When::Block(bad) => {
                due |= *bad == block;
                true
            }
            When::After(0) => {
                due = true;
                false
            }
            When::After(left) => {
                *left -= 1;
                true
            }
        });
        if let Some(state) = self.block_mut(block).filter(|_| due) {
            state.failed = true;
        }
        due
    }
}

/// A place inside a change of `len` bytes: as often as not one of those at which it is all or nothing.
fn anywhere(len: usize, noise: &mut Rng) -> (usize, Beyond) {
    match noise.below(5) {
        0 => (0, Beyond::Old),
        1 => (0, Beyond::Unstable),
        2 => (len, Beyond::Old),
        3 => (noise.below(len.max(1) as u64) as usize, Beyond::Old),
        _ => (noise.below(len.max(1) as u64) as usize, Beyond::Unstable),
    }
}
