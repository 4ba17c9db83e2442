//! [`Page`] and [`Block`]: what cells hold. Copies share it until one of them changes it.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::nand::fault::Beyond;
use crate::rng::Rng;

/// A page that is not as an erase left it.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// What the cells hold.
    pub(super) bytes: Arc<[u8]>,
    /// What they may read as instead, bit by bit.
    other: Option<Arc<[u8]>>,
    /// What they should hold: all that was programmed.
    pub(super) meant: Arc<[u8]>,
    /// How often it was programmed.
    pub(super) programs: u8,
}

impl Page {
    pub(super) fn erased(len: usize) -> Page {
        Page::holding(ones(len))
    }

    /// A page that holds what it should hold.
    pub(super) fn holding(bytes: Arc<[u8]>) -> Page {
        Page { meant: bytes.clone(), bytes, other: None, programs: 0 }
    }

    /// Whether it reads the same at every reading.
    pub(super) const fn is_stable(&self) -> bool {
        self.other.is_none()
    }

    /// Clears bits from `column` on.
    pub(super) fn program(&mut self, column: usize, bytes: &[u8]) {
        let as_meant = Arc::ptr_eq(&self.bytes, &self.meant);
        self.meant = and(&self.meant, column, bytes);
        self.bytes = if as_meant { self.meant.clone() } else { and(&self.bytes, column, bytes) };
        self.other = self.other.take().map(|other| and(&other, column, bytes));
    }

    /// As [`Page::program`], stopped after `done` bytes.
    pub(super) fn program_in_part(
        &mut self,
        column: usize,
        bytes: &[u8],
        (done, beyond): (usize, Beyond),
        noise: &mut Rng,
    ) {
        let Some((&next, _)) = bytes.get(done..).and_then(|rest| rest.split_first()) else {
            return self.program(column, bytes);
        };
        self.meant = and(&self.meant, column, bytes);
        let target = and(self.other.as_ref().unwrap_or(&self.bytes), column, bytes);
        self.bytes = and(&self.bytes, column, &bytes[..done]);
        self.bytes = and(&self.bytes, column + done, &[next | noise.bits() as u8]);
        self.other = self.other.take().map(|other| and(&other, column, &bytes[..done]));
        if beyond == Beyond::Unstable {
            self.other = Some(target);
        }
    }

    /// As [`Page::program`], but any of the bits may not be cleared, and any of those may read as if they
    /// were.
    pub(super) fn program_badly(&mut self, column: usize, bytes: &[u8], noise: &mut Rng) {
        let some: Vec<u8> = bytes.iter().map(|byte| byte | noise.bits() as u8).collect();
        self.meant = and(&self.meant, column, bytes);
        self.other = Some(and(self.other.as_ref().unwrap_or(&self.bytes), column, bytes));
        self.bytes = and(&self.bytes, column, &some);
    }

    /// Sets the bits of the first `done` bytes, fewer than it has, and some of the next.
    pub(super) fn erase_start(&mut self, done: usize, noise: &mut Rng) {
        for cells in [Some(&mut self.bytes), self.other.as_mut()].into_iter().flatten() {
            let cells = Arc::make_mut(cells);
            cells[..done].fill(0xff);
            cells[done] |= noise.bits() as u8;
        }
    }

    /// It may read as if it were erased.
    pub(super) fn erase_unstably(&mut self) {
        self.other = Some(ones(self.bytes.len()));
    }

    /// Erases it, or not, or in part. A chip may program a page before it erases it: so even one that was
    /// erased may hold anything.
    pub(super) fn erase_badly(&mut self, noise: &mut Rng) {
        let len = self.bytes.len();
        match noise.below(4) {
            0 => (self.bytes, self.other) = (ones(len), None),
            1 => {}
            2 => Arc::make_mut(&mut self.bytes).iter_mut().for_each(|byte| *byte |= noise.bits() as u8),
            _ => {
                self.erase_unstably();
                Arc::make_mut(&mut self.bytes).iter_mut().for_each(|byte| *byte &= noise.bits() as u8);
            }
        }
    }

    /// Flips a bit for good, if there is one of that number.
    pub(super) fn flip(&mut self, bit: usize) {
        if let Some(byte) = Arc::make_mut(&mut self.bytes).get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// Whether a bit is as it should be.
    pub(super) fn is_right(&self, bit: usize) -> bool {
        (self.bytes[bit / 8] ^ self.meant[bit / 8]) >> (bit % 8) & 1 == 0
    }

    /// Wrong bits among these bytes.
    pub(super) fn wrong(&self, bytes: Range<usize>) -> u32 {
        let pairs = self.bytes[bytes.clone()].iter().zip(&self.meant[bytes]);
        pairs.map(|(byte, right)| (byte ^ right).count_ones()).sum()
    }

    /// What it reads as, this time.
    pub(super) fn read(&self, into: &mut [u8], noise: &mut Rng) {
        into.copy_from_slice(&self.bytes);
        let Some(other) = &self.other else { return };
        // The chip's reference level is never quite the same: all bits fall to one side, or to the other but for a few,
        // or to either.
        match noise.below(4) {
            0 => {}
            1 => into.copy_from_slice(other),
            2 => {
                into.copy_from_slice(other);
                for _ in 0..into.len() / 128 {
                    let bit = noise.below(8 * into.len() as u64) as usize;
                    let mask = 1 << (bit % 8);
                    into[bit / 8] = into[bit / 8] & !mask | self.bytes[bit / 8] & mask;
                }
            }
            _ => {
                for (byte, other) in into.iter_mut().zip(other.iter()) {
                    *byte ^= (*byte ^ other) & noise.bits() as u8;
                }
            }
        }
    }
}

fn ones(len: usize) -> Arc<[u8]> {
    vec![0xff; len].into()
}

/// `bytes` with the bits cleared that are so in `mask`, from `column` on.
fn and(bytes: &Arc<[u8]>, column: usize, mask: &[u8]) -> Arc<[u8]> {
    let mut cleared = bytes.clone();
    let cells = Arc::make_mut(&mut cleared).iter_mut().skip(column);
    cells.zip(mask).for_each(|(cell, byte)| *cell &= byte);
    cleared
}

/// A block of pages.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// Those that are not erased; none at all if the block was never programmed.
    pages: Vec<Option<Page>>,
    /// First page that may still be programmed.
    pub(super) next: u32,
    /// Whether it was erased to the end, and not programmed in part since.
    pub(super) erased: bool,
    pub(super) erases: u32,
    /// Reads, as long as they disturb.
    pub(super) reads: u32,
    pub(super) failed: bool,
    pub(super) factory_bad: bool,
}

impl Block {
    /// A page, unless it is erased.
    pub(super) fn page(&self, page: u32) -> Option<&Page> {
        self.pages.get(page as usize)?.as_ref()
    }

    /// A page of `len` bytes, to be changed.
    pub(super) fn page_mut(&mut self, page: u32, len: usize) -> &mut Page {
        let page = page as usize;
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        self.pages[page].get_or_insert_with(|| Page::erased(len))
    }

    /// Programs a whole page that is erased.
    pub(super) fn program_erased(&mut self, page: u32, bytes: &[u8]) {
        let cells = self.page_mut(page, 0);
        *cells = Page { programs: 1, ..Page::holding(bytes.into()) };
    }

    /// The pages that are not erased, with their numbers.
    pub(super) fn pages(&self) -> impl Iterator<Item = (u32, &Page)> {
        (0..).zip(&self.pages).filter_map(|(number, page)| Some((number, page.as_ref()?)))
    }

    /// The same, to be changed or, as `None`, erased.
    pub(super) fn pages_mut(&mut self) -> impl Iterator<Item = (u32, &mut Option<Page>)> {
        (0..).zip(&mut self.pages).filter(|(_, page)| page.is_some())
    }

    /// Erases all pages.
    pub(super) fn clear(&mut self) {
        self.pages.clear();
    }
}
