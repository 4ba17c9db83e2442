//! [`NandPages`]: a NAND chip as the store sees it, pages and blocks. It holds the store to the chip's rules,
//! and to its promises.

use alloc::vec;
use alloc::vec::Vec;

use oal_drivers::nand::Geometry;
use oal_drivers::nand::marker::MarkerRule;
use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

pub use crate::nand::PowerOff;
use crate::nand::{Array, CellCounters, Change, Cut, Failure, When};

/// Bytes that the chip's ECC guards together.
const CODEWORD: usize = 512;
/// Bits of a codeword that it corrects.
const STRENGTH: u32 = 8;
/// Corrected bits from which on a page is worn.
const WORN: u32 = STRENGTH / 2;

/// A chip with error correction over the cells of an [`Array`]. It panics where the store breaks a rule of
/// the chip, or programs a block that it did not erase.
#[derive(Clone, Debug)]
pub struct NandPages {
    array: Array,
    geometry: NandGeometry,
    marker: MarkerRule,
    queries: u64,
    /// A page with its spare area, as it was read or is to be programmed.
    page: Vec<u8>,
}

impl NandPages {
    /// A chip as it leaves the factory: erased, no bad block. Each 512 bytes have 16 of spare area.
    pub fn new(geometry: NandGeometry, seed: u64) -> NandPages {
        let page_bytes = geometry.page_bytes as usize;
        let spare_bytes = page_bytes / 32;
        let NandGeometry { pages_per_block, blocks, .. } = geometry;
        let mut array = Array::new(Geometry { page_bytes, spare_bytes, pages_per_block, blocks }, 1);
        array.reseed(seed);
        array.erase_first(true);
        let small = page_bytes == CODEWORD;
        let marker = if small { MarkerRule::SmallPage } else { MarkerRule::FirstOrSecondPage };
        NandPages { array, geometry, marker, queries: 0, page: vec![0xff; page_bytes + spare_bytes] }
    }

    /// Marks a block bad, as its maker does.
    pub fn factory_bad(&mut self, block: u32) {
        self.array.plant_bad(block, self.marker);
    }

    /// Lets the change number `change` (programming or erasing, counted from now on) fail.
    pub fn fail(&mut self, change: u64) {
        self.array.fail(Failure { change: Change::Any, when: When::After(change) });
    }

    /// Other noise, and other torn pages, to come.
    pub const fn reseed(&mut self, seed: u64) {
        self.array.reseed(seed);
    }

    /// Cuts power anywhere inside the change number `change`, counted from now on.
    pub const fn cut(&mut self, change: u64) {
        self.array.cut_after(change);
    }

    /// Cuts power at this very place.
    pub const fn cut_at(&mut self, cut: Cut) {
        self.array.cut_at(cut);
    }

    /// Whether power is off.
    pub const fn is_off(&self) -> bool {
        self.array.is_off()
    }

    /// Switches power on again, with no cut and no failure planned.
    pub fn power_cycle(&mut self) {
        self.array.power_on();
        self.array.clear_failures();
    }

    /// What was done so far.
    pub const fn counters(&self) -> CellCounters {
        self.array.counters()
    }

    /// Bad-block marks looked at so far.
    pub const fn queries(&self) -> u64 {
        self.queries
    }

    /// Whether the block is marked bad.
    pub fn is_marked(&self, block: u32) -> bool {
        self.array.is_marked(block, self.marker)
    }

    /// Gives a programmed page wrong bits: as many as are comfortable no more, or more than can be corrected.
    pub fn age(&mut self, at: NandPage, rotten: bool) {
        self.array.wear(at.block, at.page, 0..CODEWORD, if rotten { 2 * STRENGTH } else { WORN });
    }

    /// Pages that were programmed, and not in part.
    pub fn programmed(&self) -> impl Iterator<Item = NandPage> + '_ {
        self.array.programmed().map(|(block, page)| NandPage { block, page })
    }

    /// The bytes of the spare area behind the marker, as many as the store may have.
    fn free(&self, bytes: usize) -> core::ops::Range<usize> {
        let first = self.geometry.page_bytes as usize + self.marker.offset() + 1;
        first..(first + bytes).min(self.page.len())
    }

    /// The answer to a change, if all rules were kept.
    fn answer(&self, done: bool) -> Result<(), NandError<PowerOff>> {
        assert_eq!(self.array.violations(), [], "rules of the chip");
        match done {
            true => Ok(()),
            false if self.is_off() => Err(NandError::Device(PowerOff)),
            false => Err(NandError::Failed),
        }
    }
}

/// Makes of what was read what was programmed, codeword by codeword, and counts the wrong bits of the worst.
/// An erased codeword is a codeword too. What has too many wrong bits stays as it is.
fn correct(read: &mut [u8], meant: Option<&[u8]>) -> u32 {
    const ERASED: [u8; CODEWORD] = [0xff; CODEWORD];
    let mut worst = 0;
    for (n, codeword) in read.chunks_exact_mut(CODEWORD).enumerate() {
        let right = meant.map_or(ERASED.as_slice(), |meant| &meant[n * CODEWORD..][..CODEWORD]);
        if codeword != right && codeword != ERASED {
            let distance = |other: &[u8]| -> u32 {
                codeword.iter().zip(other).map(|(byte, other)| (byte ^ other).count_ones()).sum()
            };
            let (from_right, from_erased) = (distance(right), distance(&ERASED));
            let wrong = from_right.min(from_erased);
            if wrong <= STRENGTH {
                codeword.copy_from_slice(if from_right <= from_erased { right } else { &ERASED });
            }
            worst = worst.max(wrong);
        }
    }
    worst
}

impl NandFlash for NandPages {
    type Error = PowerOff;

    fn geometry(&self) -> NandGeometry {
        self.geometry
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<PowerOff>> {
        if self.is_off() {
            return Err(NandError::Device(PowerOff));
        }
        assert_eq!(data.len(), self.geometry.page_bytes as usize);
        self.array.read_into(at.block, at.page, &mut self.page);
        data.copy_from_slice(&self.page[..data.len()]);
        let free = self.free(spare.len());
        spare.copy_from_slice(&self.page[free]);
        match correct(data, self.array.meant(at.block, at.page)) {
            0..WORN => Ok(Ecc::Clean),
            WORN..=STRENGTH => Ok(Ecc::Worn),
            _ => Err(NandError::Uncorrectable),
        }
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<PowerOff>> {
        assert_eq!(data.len(), self.geometry.page_bytes as usize);
        self.page.fill(0xff);
        self.page[..data.len()].copy_from_slice(data);
        let free = self.free(spare.len());
        self.page[free].copy_from_slice(spare);
        let done = self.array.program(at.block, at.page, 0, &self.page);
        self.answer(done)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<PowerOff>> {
        let done = self.array.erase(block);
        self.answer(done)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, PowerOff> {
        self.queries += 1;
        if self.is_off() { Err(PowerOff) } else { Ok(self.is_marked(block)) }
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), PowerOff> {
        if self.is_off() {
            return Err(PowerOff);
        }
        self.array.mark(block, self.marker);
        Ok(())
    }
}
