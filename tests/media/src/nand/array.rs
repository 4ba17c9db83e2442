//! [`Array`]: the cells of a NAND chip, below its commands.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use oal_parts::nand::Geometry;
use oal_parts::nand::marker::MarkerRule;

use super::fault::{CellCounters, Change, Failure, Violation, When};
use crate::rng::Rng;

/// The cells of a chip: pages that programming can only clear bits of, in blocks that erasing sets.
///
/// It fails when told to, notes every rule that is broken ([`Array::violations`]), ages, and loses power inside an
/// operation. A block that has failed may be treated in any order, so that it can still be marked.
#[derive(Clone, Debug)]
pub struct Array {
    geometry: Geometry,
    programs_per_page: u8,
    /// Pages that are not all ones, by row.
    pages: BTreeMap<u32, Page>,
    blocks: Vec<Block>,
    failures: Vec<Failure>,
    violations: Vec<Violation>,
    counters: CellCounters,
    noise: Rng,
    flips_per_read: u32,
    reads_per_flip: Option<u32>,
    cut_in: Option<u64>,
    off: bool,
}

#[derive(Clone, Debug)]
struct Page {
    bytes: Vec<u8>,
    programs: u8,
    /// Bits that read one way or the other: power was cut while they changed.
    unstable: bool,
}

#[derive(Clone, Debug, Default)]
struct Block {
    /// First page that may still be programmed.
    next: u32,
    erases: u32,
    reads: u32,
    failed: bool,
    factory_bad: bool,
}

impl Array {
    /// An erased chip whose pages may be programmed `programs_per_page` times.
    pub fn new(geometry: Geometry, programs_per_page: u8) -> Self {
        Self {
            geometry,
            programs_per_page,
            pages: BTreeMap::new(),
            blocks: vec![Block::default(); geometry.blocks as usize],
            failures: Vec::new(),
            violations: Vec::new(),
            counters: CellCounters::default(),
            noise: Rng::new(0x4e41_4e44),
            flips_per_read: 0,
            reads_per_flip: None,
            cut_in: None,
            off: false,
        }
    }

    /// Its measures.
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// How much was done.
    pub const fn counters(&self) -> CellCounters {
        self.counters
    }

    /// The rules broken so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How often a block was erased.
    pub fn erases(&self, block: u32) -> u32 {
        self.blocks.get(block as usize).map_or(0, |block| block.erases)
    }

    /// Makes a block bad as a factory does: marked by `rule`, and neither to be erased nor programmed.
    pub fn plant_bad(&mut self, block: u32, rule: MarkerRule) {
        let pages: Vec<u32> = rule.pages(self.geometry.pages_per_block).collect();
        // Either of the pages will do: take the last.
        if let (Some(&page), Some(state)) = (pages.last(), self.blocks.get_mut(block as usize)) {
            state.factory_bad = true;
            let at = self.geometry.page_bytes + rule.offset();
            self.page_mut(block, page).bytes[at] = 0;
        }
    }

    /// Has an operation fail.
    pub fn fail(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    /// Every page that is read has so many bits flipped, other ones each time.
    pub fn flip_on_read(&mut self, bits: u32) {
        self.flips_per_read = bits;
    }

    /// Every so many reads of a block flip a bit in one of its pages for good (read disturb).
    pub fn disturb_every(&mut self, reads: Option<u32>) {
        self.reads_per_flip = reads;
    }

    /// Flips one bit of a page for good. Bits are numbered through data and spare area.
    pub fn flip(&mut self, block: u32, page: u32, bit: usize) {
        if let Some(byte) = self.page_mut(block, page).bytes.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// Flips `bits` random bits in every page that was programmed (age).
    pub fn age(&mut self, bits: u32) {
        for page in self.pages.values_mut() {
            flip_some(&mut page.bytes, bits, &mut self.noise);
        }
    }

    /// Cuts the power inside the change after `changes` more programs and erases.
    pub fn cut_after(&mut self, changes: u64) {
        self.cut_in = Some(changes);
    }

    /// Whether the power is off.
    pub const fn is_off(&self) -> bool {
        self.off
    }

    /// Gives the power back.
    pub fn power_on(&mut self) {
        self.off = false;
        self.cut_in = None;
    }

    /// Data and spare area of a page as the cells have it, without side effects.
    pub fn peek(&self, block: u32, page: u32) -> Vec<u8> {
        match self.pages.get(&self.row(block, page)) {
            Some(page) => page.bytes.clone(),
            None => vec![0xff; self.page_len()],
        }
    }

    /// Reads a page: data and spare area.
    pub fn read(&mut self, block: u32, page: u32) -> Vec<u8> {
        self.counters.reads += 1;
        let mut bytes = vec![0xff; self.page_len()];
        if self.off || !self.has(block, page) {
            return bytes;
        }
        self.disturb(block);
        if let Some(page) = self.pages.get(&self.row(block, page)) {
            bytes.copy_from_slice(&page.bytes);
            if page.unstable {
                let flips = bytes.len() as u32 / 8;
                flip_some(&mut bytes, flips, &mut self.noise);
            }
        }
        flip_some(&mut bytes, self.flips_per_read, &mut self.noise);
        bytes
    }

    fn disturb(&mut self, block: u32) {
        let Some(state) = self.blocks.get_mut(block as usize) else { return };
        state.reads += 1;
        if self.reads_per_flip.is_some_and(|every| every > 0 && state.reads.is_multiple_of(every)) {
            let page = self.noise.below(self.geometry.pages_per_block.into()) as u32;
            let bit = self.noise.below(8 * self.page_len() as u64) as usize;
            self.flip(block, page, bit);
        }
    }

    /// Programs `bytes` into a page from byte `column` on (data, then spare area). False if the chip reports a failure:
    /// then only some of the bits were cleared.
    pub fn program(&mut self, block: u32, page: u32, column: usize, bytes: &[u8]) -> bool {
        self.counters.programs += 1;
        if self.off || !self.has(block, page) {
            return false;
        }
        let ok = !self.fails(Change::Program, block);
        let cut = self.cut_now();
        self.check_program(block, page);
        let (torn, noise) = (cut || !ok, self.noise.bits());
        let cells = self.page_mut(block, page);
        cells.unstable |= cut;
        cells.programs = cells.programs.saturating_add(1);
        let mut rng = Rng::new(noise);
        for (cell, byte) in cells.bytes.iter_mut().skip(column).zip(bytes) {
            *cell &= if torn { *byte | rng.bits() as u8 } else { *byte };
        }
        ok && !cut
    }

    fn check_program(&mut self, block: u32, page: u32) {
        let programs = self.pages.get(&self.row(block, page)).map_or(0, |page| page.programs);
        let limit = self.programs_per_page;
        let Some(state) = self.blocks.get_mut(block as usize) else { return };
        if state.factory_bad {
            self.violations.push(Violation::FactoryBad { block });
        }
        if state.failed {
            return;
        }
        if page + 1 < state.next {
            self.violations.push(Violation::OutOfOrder { block, page });
        }
        if programs >= limit {
            self.violations.push(Violation::TooOften { block, page });
        }
        state.next = state.next.max(page + 1);
    }

    /// Erases a block. False if the chip reports a failure: then it holds anything.
    pub fn erase(&mut self, block: u32) -> bool {
        self.counters.erases += 1;
        if self.off || !self.has(block, 0) {
            return false;
        }
        let ok = !self.fails(Change::Erase, block);
        let cut = self.cut_now();
        if let Some(state) = self.blocks.get_mut(block as usize) {
            state.erases += 1;
            state.next = 0;
            if state.factory_bad {
                self.violations.push(Violation::FactoryBad { block });
            }
        }
        let rows = self.row(block, 0)..self.row(block + 1, 0);
        if ok && !cut {
            let gone: Vec<u32> = self.pages.range(rows).map(|(&row, _)| row).collect();
            gone.iter().for_each(|row| drop(self.pages.remove(row)));
            return true;
        }
        for (_, page) in self.pages.range_mut(rows) {
            page.unstable |= cut;
            page.bytes.iter_mut().for_each(|byte| *byte |= self.noise.bits() as u8);
        }
        false
    }

    fn fails(&mut self, change: Change, block: u32) -> bool {
        let mut due = self.blocks.get(block as usize).is_some_and(|state| state.factory_bad);
        self.failures.retain_mut(|failure| match &mut failure.when {
            _ if failure.change != change => true,
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
        if let Some(state) = self.blocks.get_mut(block as usize).filter(|_| due) {
            state.failed = true;
        }
        due
    }

    fn cut_now(&mut self) -> bool {
        match &mut self.cut_in {
            Some(0) => {
                self.cut_in = None;
                self.off = true;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.off
    }

    fn has(&mut self, block: u32, page: u32) -> bool {
        let inside = block < self.geometry.blocks && page < self.geometry.pages_per_block;
        if !inside {
            self.violations.push(Violation::Address);
        }
        inside
    }

    const fn row(&self, block: u32, page: u32) -> u32 {
        block * self.geometry.pages_per_block + page
    }

    const fn page_len(&self) -> usize {
        self.geometry.page_bytes + self.geometry.spare_bytes
    }

    fn page_mut(&mut self, block: u32, page: u32) -> &mut Page {
        let blank = Page { bytes: vec![0xff; self.page_len()], programs: 0, unstable: false };
        self.pages.entry(self.row(block, page)).or_insert(blank)
    }
}

fn flip_some(bytes: &mut [u8], bits: u32, noise: &mut Rng) {
    for _ in 0..bits {
        let bit = noise.below(8 * bytes.len() as u64) as usize;
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}
