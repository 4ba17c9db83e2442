//! [`Nor`]: NOR flash under a NOR store.

use oal_sim::nor::{NorCells, NorFault};
use oal_sim::{Effect, Operation};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nor::{LOG_BLOCKS, NorFlash, NorGeometry, NorStore};

use super::store::Forgetful;
use super::{Abilities, Count, Family, Medium, Register, Sort, Step};
use crate::mutant::Mutant;
use crate::point::Point;

const BLOCK: u32 = 16 * 1024;
const GEOMETRY: NorGeometry =
    NorGeometry { block_bytes: BLOCK, blocks: LOG_BLOCKS + 2 * 4, program_bytes: 4 };

/// Flash, and what is wrong with the store on it.
#[derive(Clone)]
pub struct Nor {
    cells: NorCells,
    mutant: Option<Mutant>,
    operations: u64,
    bytes: u64,
    /// Operations of any kind before power goes between two of them.
    off_after: Option<u64>,
    off: bool,
    /// A read that fails.
    read_fault: Option<(u64, Effect)>,
    journal: Option<Vec<Step>>,
    /// For [`Mutant::CommitBeforeData`]: what waits for the commit; a block to erase if there are no bytes.
    waiting: Vec<(u64, Vec<u8>)>,
}

impl Nor {
    /// The same, mapped into memory: images are booted from where they lie.
    #[must_use]
    pub fn mapped(self) -> Nor {
        Nor { cells: self.cells.mapped(), ..self }
    }

    /// Flash that was never used.
    pub fn new() -> Nor {
        Nor {
            cells: NorCells::new(GEOMETRY, 1),
            mutant: None,
            operations: 0,
            bytes: 0,
            off_after: None,
            off: false,
            read_fault: None,
            journal: None,
            waiting: Vec::new(),
        }
    }

    /// Whether power is there for one more operation.
    fn start(&mut self, sort: Sort, what: &str, at: u64, len: usize) -> Result<(), NorFault> {
        if self.off_after == Some(0) {
            self.off = true;
        }
        if self.is_off() {
            return Err(NorFault::PowerOff);
        }
        if let Some(left) = &mut self.off_after {
            *left -= 1;
        }
        self.operations += 1;
        if let Some(journal) = &mut self.journal {
            let block = at / u64::from(BLOCK);
            let part = if block < u64::from(LOG_BLOCKS) { "log" } else { "slots" };
            let text =
                format!("{what} {len} bytes from {} of block {block} on ({part})", at % u64::from(BLOCK));
            journal.push(Step { sort, bytes: 0, text });
        }
        Ok(())
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), NorFault> {
        self.start(Sort::Write, "program", at, data.len())?;
        self.bytes += data.len() as u64;
        self.cells.program(at, data)
    }

    fn erase(&mut self, block: u32) -> Result<(), NorFault> {
        self.start(Sort::Erase, "erase", u64::from(block) * u64::from(BLOCK), BLOCK as usize)?;
        self.cells.erase(block)
    }
}

impl Default for Nor {
    fn default() -> Self {
        Nor::new()
    }
}

/// Whether a byte lies in the log.
fn is_log(at: u64) -> bool {
    at < u64::from(LOG_BLOCKS) * u64::from(BLOCK)
}

impl Medium for Nor {
    const FAMILY: Family = Family::Nor;

    type Store<'a> = NorStore<Lens<'a>, Register<'a>>;

    fn open<'a>(
        &'a mut self,
        settings: StoreSettings,
        register: Register<'a>,
    ) -> Forgetful<Self::Store<'a>, Self> {
        let mutant = self.mutant;
        let store = NorStore::with_register(Lens(self), settings, register).expect("flash that fits");
        Forgetful { store, mutant, medium: |store| store.device_mut().0 }
    }

    /// Where power goes inside a change, `bytes` chooses how far it came and what is left.
    fn plan(&mut self, point: Point) {
        match point {
            Point::Cut { change, bytes, .. } => {
                self.cells.reseed(bytes as u64);
                self.cells.cut(change);
            }
            Point::Between { operations } => self.off_after = Some(operations),
            Point::Fault { operation: Operation::Read, after, effect } => {
                self.read_fault = Some((after, effect))
            }
            Point::Fault { after, .. } => self.cells.fail(after),
        }
    }

    fn is_off(&self) -> bool {
        self.off || self.cells.is_off()
    }

    fn power_cycle(&mut self, seed: u64) {
        self.cells.reseed(seed);
        self.cells.power_cycle();
        (self.off, self.off_after, self.read_fault) = (false, None, None);
        self.waiting.clear();
    }

    fn count(&self) -> Count {
        let counters = self.cells.counters();
        Count {
            operations: self.operations,
            changes: counters.changes(),
            reads: counters.reads,
            writes: counters.programs,
            erases: counters.erases,
            bytes: self.bytes,
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
            noise: false,
            blocks: false,
            unreadable: false,
            outcomes: 1,
            stale: true,
            silent_writes: false,
            survives_failures: false,
            two_chunks: false,
            changes: 16,
        }
    }

    fn with_mutant(self, mutant: Option<Mutant>) -> Self {
        Nor { mutant, ..self }
    }
}

/// The flash as a store sees it.
pub struct Lens<'a>(&'a mut Nor);

impl NorFlash for Lens<'_> {
    type Error = NorFault;

    fn geometry(&self) -> NorGeometry {
        GEOMETRY
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), NorFault> {
        let nor = &mut *self.0;
        nor.start(Sort::Read, "read", at, buf.len())?;
        nor.cells.read(at, buf)?;
        for (from, held) in &nor.waiting {
            for (byte, held) in (*from..).zip(held) {
                if let Some(place) = byte.checked_sub(at).and_then(|i| buf.get_mut(i as usize)) {
                    *place = *held;
                }
            }
        }
        match &mut nor.read_fault {
            Some((0, effect)) => {
                let effect = *effect;
                nor.read_fault = None;
                if effect == Effect::Error {
                    return Err(NorFault::Failed);
                }
                let bit = at as usize / 7 % (8 * buf.len());
                buf[bit / 8] ^= 1 << (bit % 8);
            }
            Some((after, _)) => *after -= 1,
            None => {}
        }
        Ok(())
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), NorFault> {
        let nor = &mut *self.0;
        if !nor.is(Mutant::CommitBeforeData) {
            return nor.program(at, data);
        }
        if !is_log(at) {
            nor.waiting.push((at, data.into()));
            return Ok(());
        }
        nor.program(at, data)?;
        for (at, data) in core::mem::take(&mut nor.waiting) {
            match &data[..] {
                [] => nor.erase((at / u64::from(BLOCK)) as u32)?,
                data => nor.program(at, data)?,
            }
        }
        Ok(())
    }

    fn erase(&mut self, block: u32) -> Result<(), NorFault> {
        let nor = &mut *self.0;
        let at = u64::from(block) * u64::from(BLOCK);
        if nor.is(Mutant::CommitBeforeData) && !is_log(at) {
            nor.waiting.push((at, Vec::new()));
            return Ok(());
        }
        nor.erase(block)
    }

    /// What waits for the commit is not in the cells.
    fn mapped(&self) -> Option<&[u8]> {
        if self.0.waiting.is_empty() && !self.0.is_off() { NorFlash::mapped(&self.0.cells) } else { None }
    }
}
