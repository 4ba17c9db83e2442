//! [`Nand`]: a NAND chip under a NAND store.

use oal_sim::nand::{Beyond as Rest, Cut};
use oal_sim::nand_pages::PowerOff;
use oal_sim::{Beyond, Effect, NandPages, Operation};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nand::{Ecc, LOG_BLOCKS, NandError, NandFlash, NandGeometry, NandPage, NandStore};

use super::store::Forgetful;
use super::{Abilities, Count, Family, Medium, Register, Sort, Step};
use crate::mutant::Mutant;
use crate::point::Point;

const PAGE: usize = 2048;
/// Bytes of a page with its spare area.
const PAGE_BYTES: usize = PAGE + PAGE / 32;
const BLOCKS: u32 = 24;
const MAP: usize = BLOCKS as usize / 8;
const GEOMETRY: NandGeometry = NandGeometry { page_bytes: PAGE as u32, pages_per_block: 16, blocks: BLOCKS };

/// What state a chip is in when it is first used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rig {
    /// No bad block.
    Good,
    /// Bad blocks of the factory, in the log and in both slots.
    BadBlocks,
}

/// A chip, and what is wrong with the store on it.
#[derive(Clone)]
pub struct Nand {
    chip: NandPages,
    mutant: Option<Mutant>,
    operations: u64,
    /// Operations of any kind before power goes between two of them.
    off_after: Option<u64>,
    off: bool,
    /// A read that fails.
    read_fault: Option<(u64, Effect)>,
    journal: Option<Vec<Step>>,
    /// For [`Mutant::CommitBeforeData`]: pages that wait for the commit.
    waiting: Vec<Waiting>,
}

#[derive(Clone)]
enum Waiting {
    Erase(u32),
    Program(NandPage, Vec<u8>),
}

impl Nand {
    /// A chip that was never used.
    pub fn new(rig: Rig) -> Nand {
        let mut chip = NandPages::new(GEOMETRY, 1);
        if rig == Rig::BadBlocks {
            [0, 3, 9, 17].into_iter().for_each(|block| chip.factory_bad(block));
        }
        Nand {
            chip,
            mutant: None,
            operations: 0,
            off_after: None,
            off: false,
            read_fault: None,
            journal: None,
            waiting: Vec::new(),
        }
    }

    /// Whether power is there for one more operation.
    fn start(&mut self, sort: Sort, text: impl FnOnce() -> String) -> Result<(), PowerOff> {
        if self.off_after == Some(0) {
            self.off = true;
        }
        if self.is_off() {
            return Err(PowerOff);
        }
        if let Some(left) = &mut self.off_after {
            *left -= 1;
        }
        self.operations += 1;
        if let Some(journal) = &mut self.journal {
            let bytes = match sort {
                Sort::Write => PAGE_BYTES,
                Sort::Erase => PAGE_BYTES * GEOMETRY.pages_per_block as usize,
                _ => 0,
            };
            journal.push(Step { sort, bytes, text: text() });
        }
        Ok(())
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn program(&mut self, at: NandPage, data: &[u8]) -> Result<(), NandError<PowerOff>> {
        self.start(Sort::Write, || {
            format!("program page {} of block {} ({})", at.page, at.block, part(at.block))
        })
        .map_err(NandError::Device)?;
        self.chip.program_page(at, data, &[])
    }

    fn erase(&mut self, block: u32) -> Result<(), NandError<PowerOff>> {
        self.start(Sort::Erase, || format!("erase block {block} ({})", part(block)))
            .map_err(NandError::Device)?;
        self.chip.erase_block(block)
    }

    /// What a store that does not skip bad blocks makes of an answer.
    fn answer(&self, result: Result<(), NandError<PowerOff>>) -> Result<(), NandError<PowerOff>> {
        match result {
            Err(NandError::Failed) if self.is(Mutant::BadBlockNotSkipped) => Ok(()),
            other => other,
        }
    }
}

/// Which part of the store a block belongs to.
fn part(block: u32) -> String {
    if block < LOG_BLOCKS {
        "log".into()
    } else {
        format!("slot {}", (block - LOG_BLOCKS) / ((BLOCKS - LOG_BLOCKS) / 2))
    }
}

impl Medium for Nand {
    const FAMILY: Family = Family::Nand;

    type Store<'a> = NandStore<Lens<'a>, PAGE, MAP, Register<'a>>;

    fn open<'a>(
        &'a mut self,
        settings: StoreSettings,
        register: Register<'a>,
    ) -> Forgetful<Self::Store<'a>, Self> {
        let mutant = self.mutant;
        let store = NandStore::with_register(Lens(self), settings, register).expect("a chip that fits");
        Forgetful { store, mutant, medium: |store| store.device_mut().0 }
    }

    /// Noise beyond the bytes of a cut stands for bits that read one way or the other, and not the same each
    /// time.
    fn plan(&mut self, point: Point) {
        match point {
            Point::Cut { change, bytes, beyond } => {
                let (bytes, beyond) = match beyond {
                    Beyond::New => (usize::MAX, Rest::Old),
                    Beyond::Old => (bytes, Rest::Old),
                    _ => (bytes, Rest::Unstable),
                };
                self.chip.cut_at(Cut { after: change, bytes, beyond });
            }
            Point::Between { operations } => self.off_after = Some(operations),
            Point::Fault { operation: Operation::Read, after, effect } => {
                self.read_fault = Some((after, effect))
            }
            Point::Fault { after, .. } => self.chip.fail(after),
        }
    }

    fn is_off(&self) -> bool {
        self.off || self.chip.is_off()
    }

    fn power_cycle(&mut self, seed: u64) {
        self.chip.power_cycle();
        self.chip.reseed(seed);
        (self.off, self.off_after, self.read_fault) = (false, None, None);
        self.waiting.clear();
    }

    fn count(&self) -> Count {
        let counters = self.chip.counters();
        Count {
            operations: self.operations,
            changes: counters.changes(),
            reads: counters.reads,
            writes: counters.programs,
            erases: counters.erases,
            bytes: counters.programs * PAGE as u64,
        }
    }

    fn start_journal(&mut self) {
        self.journal = Some(Vec::new());
    }

    fn take_journal(&mut self) -> Vec<Step> {
        self.journal.as_mut().map(core::mem::take).unwrap_or_default()
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            noise: true,
            blocks: false,
            unreadable: false,
            outcomes: 0,
            stale: false,
            silent_writes: false,
            survives_failures: true,
            two_chunks: false,
            changes: 60,
        }
    }

    fn with_mutant(self, mutant: Option<Mutant>) -> Self {
        Nand { mutant, ..self }
    }
}

/// The chip as a store sees it.
pub struct Lens<'a>(&'a mut Nand);

impl NandFlash for Lens<'_> {
    type Error = PowerOff;

    fn geometry(&self) -> NandGeometry {
        GEOMETRY
    }

    fn read_page(
        &mut self,
        at: NandPage,
        data: &mut [u8],
        spare: &mut [u8],
    ) -> Result<Ecc, NandError<PowerOff>> {
        let nand = &mut *self.0;
        nand.start(Sort::Read, || {
            format!("read page {} of block {} ({})", at.page, at.block, part(at.block))
        })
        .map_err(NandError::Device)?;
        for waiting in nand.waiting.iter().rev() {
            if let Waiting::Program(page, held) = waiting
                && *page == at
            {
                data.copy_from_slice(held);
                return Ok(Ecc::Clean);
            }
        }
        let result = nand.chip.read_page(at, data, spare);
        match &mut nand.read_fault {
            Some((0, effect)) => {
                let effect = *effect;
                nand.read_fault = None;
                data.fill(0x3c);
                Err(if effect == Effect::Error {
                    NandError::Device(PowerOff)
                } else {
                    NandError::Uncorrectable
                })
            }
            Some((after, _)) => {
                *after -= 1;
                result
            }
            None => result,
        }
    }

    fn program_page(&mut self, at: NandPage, data: &[u8], _spare: &[u8]) -> Result<(), NandError<PowerOff>> {
        let nand = &mut *self.0;
        if nand.is(Mutant::CommitBeforeData) {
            if at.block >= LOG_BLOCKS {
                nand.waiting.push(Waiting::Program(at, data.into()));
                return Ok(());
            }
            nand.program(at, data)?;
            for waiting in core::mem::take(&mut nand.waiting) {
                match waiting {
                    Waiting::Erase(block) => nand.erase(block)?,
                    Waiting::Program(at, data) => nand.program(at, &data)?,
                }
            }
            return Ok(());
        }
        let result = nand.program(at, data);
        nand.answer(result)
    }

    fn erase_block(&mut self, block: u32) -> Result<(), NandError<PowerOff>> {
        let nand = &mut *self.0;
        if nand.is(Mutant::CommitBeforeData) && block >= LOG_BLOCKS {
            nand.waiting.push(Waiting::Erase(block));
            return Ok(());
        }
        if nand.is(Mutant::LogErasedFirst) && block < LOG_BLOCKS {
            for other in (0..LOG_BLOCKS).filter(|other| *other != block) {
                if !nand.chip.is_marked(other) {
                    nand.erase(other)?;
                }
            }
        }
        let result = nand.erase(block);
        nand.answer(result)
    }

    fn is_bad(&mut self, block: u32) -> Result<bool, PowerOff> {
        self.0.start(Sort::Look, || format!("look at the mark of block {block}"))?;
        self.0.chip.is_bad(block)
    }

    fn mark_bad(&mut self, block: u32) -> Result<(), PowerOff> {
        self.0.start(Sort::Look, || format!("mark block {block} bad"))?;
        self.0.chip.mark_bad(block)
    }
}
