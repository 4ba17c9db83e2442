//! [`NandPages`]: a NAND chip as the store sees it, pages and blocks. It holds the store to the chip's rules.

use alloc::vec;
use alloc::vec::Vec;

use oal_snapshot::store::nand::{Ecc, NandError, NandFlash, NandGeometry, NandPage};

use crate::rng::Rng;

/// The chip does not answer: power is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerOff;

/// What a page's cells hold.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cells {
    Erased,
    /// Programmed; with more wrong bits than are comfortable if `worn`.
    Programmed {
        data: Vec<u8>,
        worn: bool,
    },
    /// More wrong bits than can be corrected.
    Rotten,
    /// Power went while the page was programmed or erased: what it reads as may differ from reading to reading.
    Unstable(Vec<u8>),
}

#[derive(Clone, Debug)]
struct Block {
    pages: Vec<Cells>,
    /// The lowest page that may be programmed next; none before the block is erased.
    next: Option<u32>,
    marked: bool,
    /// The maker's mark, which an erase would destroy: the store must never touch such a block.
    factory: bool,
}

/// How often the chip was asked for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NandCounters {
    /// Pages read.
    pub reads: u64,
    /// Pages programmed.
    pub programs: u64,
    /// Blocks erased.
    pub erases: u64,
    /// Bad-block marks looked at.
    pub queries: u64,
}

impl NandCounters {
    /// Operations that change the chip.
    pub fn changes(&self) -> u64 {
        self.programs + self.erases
    }
}

/// A chip. It panics where the store breaks a rule of the chip.
#[derive(Clone, Debug)]
pub struct NandPages {
    geometry: NandGeometry,
    blocks: Vec<Block>,
    rng: Rng,
    counters: NandCounters,
    /// The change at which power goes, counted from 0.
    cut: Option<u64>,
    off: bool,
    /// Changes that fail, with the block they happen in gone bad.
    failures: Vec<u64>,
}

impl NandPages {
    /// A chip as it leaves the factory: erased, no bad block.
    pub fn new(geometry: NandGeometry, seed: u64) -> NandPages {
        let block = Block {
            pages: vec![Cells::Erased; geometry.pages_per_block as usize],
            next: None,
            marked: false,
            factory: false,
        };
        NandPages {
            geometry,
            blocks: vec![block; geometry.blocks as usize],
            rng: Rng::new(seed),
            counters: NandCounters::default(),
            cut: None,
            off: false,
            failures: Vec::new(),
        }
    }

    /// Marks a block bad, as its maker does.
    pub fn factory_bad(&mut self, block: u32) {
        let block = &mut self.blocks[block as usize];
        (block.marked, block.factory) = (true, true);
    }

    /// Lets the change number `change` (programming or erasing, counted from now on) fail.
    pub fn fail(&mut self, change: u64) {
        self.failures.push(self.counters.changes() + change);
    }

    /// Cuts power during the change number `change`, counted from now on.
    pub fn cut(&mut self, change: u64) {
        self.cut = Some(self.counters.changes() + change);
    }

    /// Whether power is off.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// Switches power on again, with no cut and no failure planned.
    pub fn power_cycle(&mut self) {
        (self.off, self.cut) = (false, None);
        self.failures.clear();
    }

    /// What was asked so far.
    pub fn counters(&self) -> NandCounters {
        self.counters
    }

    /// Whether the block is marked bad.
    pub fn is_marked(&self, block: u32) -> bool {
        self.blocks[block as usize].marked
    }

    /// Gives a programmed page wrong bits: as many as are comfortable no more, or more than can be corrected.
    pub fn age(&mut self, at: NandPage, rotten: bool) {
        let cells = &mut self.blocks[at.block as usize].pages[at.page as usize];
        match cells {
            Cells::Programmed { .. } if rotten => *cells = Cells::Rotten,
            Cells::Programmed { worn, .. } => *worn = true,
            _ => {}
        }
    }

    /// Pages that were programmed.
    pub fn programmed(&self) -> impl Iterator<Item = NandPage> + '_ {
        self.blocks.iter().zip(0..).flat_map(|(block, number)| {
            block.pages.iter().zip(0..).filter_map(move |(cells, page)| {
                matches!(cells, Cells::Programmed { .. }).then_some(NandPage { block: number, page })
            })
        })
    }

    fn page_bytes(&self) -> usize {
        self.geometry.page_bytes as usize
    }

    /// Counts a change; says whether it fails. Power may go, in which case `torn` is what is left.
    fn change(&mut self) -> Result<Outcome, NandError<PowerOff>> {
        if self.off {
            return Err(NandError::Device(PowerOff));
        }
        let number = self.counters.changes();
        if self.cut == Some(number) {
            self.off = true;
            return Ok(Outcome::Cut);
        }
        Ok(if self.failures.contains(&number) { Outcome::Fails } else { Outcome::Works })
    }
}

enum Outcome {
    Works,
    Fails,
    Cut,
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
        if self.off {
            return Err(NandError::Device(PowerOff));
        }
        assert_eq!(data.len(), self.page_bytes());
        self.counters.reads += 1;
        spare.fill(0xff);
        let cells = &self.blocks[at.block as usize].pages[at.page as usize];
        match cells {
            Cells::Erased => data.fill(0xff),
            Cells::Programmed { data: held, worn } => {
                data.copy_from_slice(held);
                return Ok(if *worn { Ecc::Worn } else { Ecc::Clean });
            }
            Cells::Rotten => {
                self.rng.fill(data);
                return Err(NandError::Uncorrectable);
            }
            Cells::Unstable(held) => match self.rng.below(4) {
                0 => data.copy_from_slice(held),
                1 => data.fill(0xff),
                2 => {
                    data.copy_from_slice(held);
                    return Ok(Ecc::Worn);
                }
                _ => {
                    self.rng.fill(data);
                    return Err(NandError::Uncorrectable);
                }
            },
        }
        Ok(Ecc::Clean)
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], _spare: &[u8]) -> Result<(), NandError<PowerOff>> {
        assert_eq!(data.len(), self.page_bytes());
        let outcome = self.change()?;
        self.counters.programs += 1;
        let block = &mut self.blocks[at.block as usize];
        assert!(!block.factory, "programmed a block that its maker marked bad: {at:?}");
        assert!(
            block.next.is_some_and(|next| at.page >= next),
            "programmed twice, out of order or without an erase: {at:?}, next {:?}",
            block.next
        );
        block.next = Some(at.page + 1);
        let cells = &mut block.pages[at.page as usize];
        match outcome {
            Outcome::Works => *cells = Cells::Programmed { data: data.into(), worn: false },
            Outcome::Fails => {
                *cells = Cells::Unstable(data.into());
                return Err(NandError::Failed);
            }
            Outcome::Cut => {
                *cells = match self.rng.below(4) {
                    0 => Cells::Erased,
                    1 => Cells::Programmed { data: data.into(), worn: false },
                    2 => Cells::Rotten,
                    _ => Cells::Unstable(data.into()),
                };
                // Whatever it reads as, it is not fit to be programmed on.
                block.next = None;
                return Err(NandError::Device(PowerOff));
            }
        }
        Ok(())
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<PowerOff>> {
        let outcome = self.change()?;
        self.counters.erases += 1;
        let torn = self.rng.bits();
        let noise = vec![torn as u8; self.page_bytes()];
        let block = &mut self.blocks[block as usize];
        assert!(!block.factory, "erased a block that its maker marked bad");
        block.next = None;
        for (cells, i) in block.pages.iter_mut().zip(0..) {
            match (&outcome, (torn >> (2 * (i % 32))) % 4) {
                (Outcome::Works, _) | (_, 0) => *cells = Cells::Erased,
                (_, 1) => {}
                (_, 2) => *cells = Cells::Rotten,
                _ => {
                    let held = match cells {
                        Cells::Programmed { data, .. } => data.clone(),
                        _ => noise.clone(),
                    };
                    *cells = Cells::Unstable(held);
                }
            }
        }
        match outcome {
            Outcome::Works => {
                block.next = Some(0);
                Ok(())
            }
            Outcome::Fails => Err(NandError::Failed),
            Outcome::Cut => Err(NandError::Device(PowerOff)),
        }
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, PowerOff> {
        self.counters.queries += 1;
        if self.off { Err(PowerOff) } else { Ok(self.blocks[block as usize].marked) }
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), PowerOff> {
        if self.off {
            return Err(PowerOff);
        }
        self.blocks[block as usize].marked = true;
        Ok(())
    }
}

impl NandFlash for &mut NandPages {
    type Error = PowerOff;

    fn geometry(&self) -> NandGeometry {
        (**self).geometry()
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<PowerOff>> {
        (**self).read_page(at, data, spare)
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], spare: &[u8]) -> Result<(), NandError<PowerOff>> {
        (**self).program_page(at, data, spare)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<PowerOff>> {
        (**self).erase_block(block)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, PowerOff> {
        (**self).is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), PowerOff> {
        (**self).mark_bad(block)
    }
}
