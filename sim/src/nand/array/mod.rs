//! [`Array`]: the cells of a NAND chip in memory, below its commands.

mod change;
mod harm;
mod page;

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use oal_drivers::nand::Geometry;
use oal_drivers::nand::marker::MarkerRule;

use super::cells::{CellError, Cells};
use super::fault::{Beyond, CellCounters, Failure, PowerOff};
use super::violation::Violation;
use crate::rng::Rng;
use page::{Block, Page};

/// The cells of a chip: pages that programming can only clear bits of, in blocks that erasing sets.
///
/// It fails when told to, notes every rule that is broken ([`Array::violations`]), ages, and loses power
/// inside an operation. A block that has failed may be treated in any order, so that it can still be marked.
///
/// What it does is decided by what was done to it and by its seed. A clone goes on where the original is, at
/// the cost of a pointer for each block: what they hold is shared until one of them changes it.
#[derive(Clone, Debug)]
pub struct Array {
    geometry: Geometry,
    programs_per_page: u8,
    blocks: Vec<Arc<Block>>,
    failures: Vec<Failure>,
    violations: Vec<Violation>,
    counters: CellCounters,
    noise: Rng,
    flips_per_read: u32,
    reads_per_flip: Option<u32>,
    erase_first: bool,
    cut: Option<Planned>,
    off: bool,
}

/// A power cut that is to come.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// Changes that are done before.
    after: u64,
    /// Where in the change; anywhere if there is none.
    place: Option<(usize, Beyond)>,
}

impl Array {
    /// An erased chip whose pages may be programmed `programs_per_page` times.
    pub fn new(geometry: Geometry, programs_per_page: u8) -> Self {
        Self {
            geometry,
            programs_per_page,
            blocks: vec![Arc::default(); geometry.blocks as usize],
            failures: Vec::new(),
            violations: Vec::new(),
            counters: CellCounters::default(),
            noise: Rng::new(0x4e41_4e44),
            flips_per_read: 0,
            reads_per_flip: None,
            erase_first: false,
            cut: None,
            off: false,
        }
    }

    /// Takes all its noise from `seed` from now on: bits that flip, that are unstable, that a failure leaves.
    pub const fn reseed(&mut self, seed: u64) {
        self.noise = Rng::new(seed);
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

    /// Whether a block is marked as bad by `rule`, without side effects.
    pub fn is_marked(&self, block: u32, rule: MarkerRule) -> bool {
        let at = self.geometry.page_bytes + rule.offset();
        rule.pages(self.geometry.pages_per_block)
            .filter_map(|page| self.page(block, page))
            .any(|page| page.bytes.get(at).is_some_and(|byte| MarkerRule::marks(*byte)))
    }

    /// Whether the power is off.
    pub const fn is_off(&self) -> bool {
        self.off
    }

    /// Data and spare area of a page as the cells have it, without side effects.
    pub fn peek(&self, block: u32, page: u32) -> Vec<u8> {
        self.page(block, page).map_or_else(|| vec![0xff; self.page_len()], |page| page.bytes.to_vec())
    }

    /// What the cells of a page should hold, all that was programmed: an ECC of any strength would make that
    /// of what is read. None if it is erased.
    pub fn meant(&self, block: u32, page: u32) -> Option<&[u8]> {
        self.page(block, page).map(|page| &*page.meant)
    }

    /// The pages that were programmed since they were erased, and read the same at every reading: block and
    /// page.
    pub fn programmed(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..).zip(&self.blocks).flat_map(|(number, block)| {
            let programmed = block.pages().filter(|(_, page)| page.programs > 0 && page.is_stable());
            programmed.map(move |(page, _)| (number, page))
        })
    }

    /// Reads a page: data and spare area. With the power off it reads as FFh.
    pub fn read(&mut self, block: u32, page: u32) -> Vec<u8> {
        let mut bytes = vec![0xff; self.page_len()];
        self.read_into(block, page, &mut bytes);
        bytes
    }

    /// As [`Array::read`], into `bytes`, of the page's length.
    pub fn read_into(&mut self, block: u32, page: u32, bytes: &mut [u8]) {
        bytes.fill(0xff);
        if self.off || !self.has(block, page) {
            return;
        }
        self.counters.reads += 1;
        self.disturb(block);
        if let Some(page) = self.blocks[block as usize].page(page) {
            page.read(bytes, &mut self.noise);
        }
        for _ in 0..self.flips_per_read {
            let bit = self.noise.below(8 * bytes.len() as u64) as usize;
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    fn disturb(&mut self, block: u32) {
        let Some(every) = self.reads_per_flip.filter(|every| *every > 0) else { return };
        let Some(state) = self.block_mut(block) else { return };
        state.reads += 1;
        if state.reads.is_multiple_of(every) {
            let page = self.noise.below(self.geometry.pages_per_block.into()) as u32;
            let bit = self.noise.below(8 * self.page_len() as u64) as usize;
            self.flip(block, page, bit);
        }
    }

    fn has(&mut self, block: u32, page: u32) -> bool {
        let inside = block < self.geometry.blocks && page < self.geometry.pages_per_block;
        if !inside {
            self.violations.push(Violation::Address);
        }
        inside
    }

    const fn page_len(&self) -> usize {
        self.geometry.page_bytes + self.geometry.spare_bytes
    }

    fn page(&self, block: u32, page: u32) -> Option<&Page> {
        self.blocks.get(block as usize)?.page(page)
    }

    fn block_mut(&mut self, block: u32) -> Option<&mut Block> {
        self.blocks.get_mut(block as usize).map(Arc::make_mut)
    }

    fn page_mut(&mut self, block: u32, page: u32) -> Option<&mut Page> {
        let len = self.page_len();
        let inside = page < self.geometry.pages_per_block;
        self.block_mut(block).filter(|_| inside).map(|block| block.page_mut(page, len))
    }
}

impl Cells for Array {
    type Error = PowerOff;

    fn read(&mut self, block: u32, page: u32, bytes: &mut [u8]) -> Result<(), PowerOff> {
        self.read_into(block, page, bytes);
        if self.off { Err(PowerOff) } else { Ok(()) }
    }

    fn program(
        &mut self,
        block: u32,
        page: u32,
        column: usize,
        bytes: &[u8],
    ) -> Result<(), CellError<PowerOff>> {
        let done = Array::program(self, block, page, column, bytes);
        answer(done, self.off)
    }

    fn erase(&mut self, block: u32) -> Result<(), CellError<PowerOff>> {
        let done = Array::erase(self, block);
        answer(done, self.off)
    }
}

fn answer(done: bool, off: bool) -> Result<(), CellError<PowerOff>> {
    match (done, off) {
        (_, true) => Err(CellError::Lost(PowerOff)),
        (true, false) => Ok(()),
        (false, false) => Err(CellError::Failed),
    }
}
