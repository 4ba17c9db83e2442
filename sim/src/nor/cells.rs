//! [`NorCells`]: NOR flash as the store sees it. It holds the store to the rules of [`NorFlash`].

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use oal_snapshot::store::nor::{NorFlash, NorGeometry};

use crate::rng::Rng;

/// Bytes that flip together after a cut.
const PIECE: usize = 512;

/// Why the flash refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NorFault {
    /// Power is off.
    PowerOff,
    /// It says that programming or erasing failed.
    Failed,
}

/// How often the flash was asked for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NorCounters {
    /// Ranges read.
    pub reads: u64,
    /// Ranges programmed.
    pub programs: u64,
    /// Blocks erased.
    pub erases: u64,
}

impl NorCounters {
    /// Operations that change the flash.
    pub fn changes(&self) -> u64 {
        self.programs + self.erases
    }
}

/// What the last operation on a program unit was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// None since the erase.
    Fresh,
    Programmed,
}

/// Flash. It panics where the store breaks a rule of it.
#[derive(Clone, Debug)]
pub struct NorCells {
    geometry: NorGeometry,
    /// What is read; of pieces that are unstable, what was read last.
    bytes: Vec<u8>,
    units: Vec<Unit>,
    /// Blocks whose last erase was completed, and that were erased at all.
    erased: Vec<bool>,
    wear: Vec<u64>,
    /// Pieces that power went out over, with what they may read as.
    unstable: BTreeMap<usize, Vec<[u8; PIECE]>>,
    rng: Rng,
    counters: NorCounters,
    /// The change at which power goes, counted from 0.
    cut: Option<u64>,
    off: bool,
    /// Changes that fail.
    failures: Vec<u64>,
    mapped: bool,
}

enum Outcome {
    Works,
    Fails,
    Cut,
}

impl NorCells {
    /// Flash as it leaves the factory: erased.
    pub fn new(geometry: NorGeometry, seed: u64) -> NorCells {
        let bytes = geometry.bytes() as usize;
        NorCells {
            geometry,
            bytes: vec![0xff; bytes],
            units: vec![Unit::Fresh; bytes / geometry.program_bytes as usize],
            erased: vec![false; geometry.blocks as usize],
            wear: vec![0; geometry.blocks as usize],
            unstable: BTreeMap::new(),
            rng: Rng::new(seed),
            counters: NorCounters::default(),
            cut: None,
            off: false,
            failures: Vec::new(),
            mapped: false,
        }
    }

    /// The same, mapped into memory.
    #[must_use]
    pub fn mapped(mut self) -> NorCells {
        self.mapped = true;
        self
    }

    /// Lets the change number `change` (programming or erasing, counted from now on) fail.
    pub fn fail(&mut self, change: u64) {
        self.failures.push(self.counters.changes() + change);
    }

    /// Other noise, and other torn ranges, to come.
    pub fn reseed(&mut self, seed: u64) {
        self.rng = Rng::new(seed);
    }

    /// Cuts power during the change number `change`, counted from now on.
    pub fn cut(&mut self, change: u64) {
        self.cut = Some(self.counters.changes() + change);
    }

    /// Whether power is off.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// Switches power on again, with no cut and no failure planned. What is unstable reads as it likes.
    pub fn power_cycle(&mut self) {
        (self.off, self.cut) = (false, None);
        self.failures.clear();
        self.settle(0..self.bytes.len());
    }

    /// What was asked so far.
    pub fn counters(&self) -> NorCounters {
        self.counters
    }

    /// How often each block was erased.
    pub fn wear(&self) -> &[u64] {
        &self.wear
    }

    /// The bytes, to tamper with.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Counts a change; says whether it fails, or power goes.
    fn change(&mut self) -> Result<Outcome, NorFault> {
        if self.off {
            return Err(NorFault::PowerOff);
        }
        let number = self.counters.changes();
        if self.cut == Some(number) {
            self.off = true;
            return Ok(Outcome::Cut);
        }
        Ok(if self.failures.contains(&number) { Outcome::Fails } else { Outcome::Works })
    }

    /// Has every unstable piece of the range read as something that it may read as.
    fn settle(&mut self, range: core::ops::Range<usize>) {
        for (piece, readings) in self.unstable.range(range.start / PIECE..range.end.div_ceil(PIECE)) {
            let mut any = || readings[self.rng.below(readings.len() as u64) as usize];
            let (one, other) = (any(), any());
            let mix = self.rng.below(4) == 0;
            for (i, byte) in self.bytes[piece * PIECE..][..PIECE].iter_mut().enumerate() {
                *byte = if mix && self.rng.below(2) == 0 { other[i] } else { one[i] };
            }
        }
    }

    /// What a piece may read as.
    fn readings(&self, piece: usize) -> Vec<[u8; PIECE]> {
        let now = self.bytes[piece * PIECE..][..PIECE].try_into().expect("a whole piece");
        self.unstable.get(&piece).cloned().unwrap_or_else(|| vec![now])
    }

    fn set(&mut self, piece: usize, mut readings: Vec<[u8; PIECE]>) {
        readings.sort_unstable();
        readings.dedup();
        self.bytes[piece * PIECE..][..PIECE].copy_from_slice(&readings[0]);
        if readings.len() == 1 {
            self.unstable.remove(&piece);
        } else {
            self.unstable.insert(piece, readings);
        }
    }

    /// The pieces of a range, with the part of it that each has.
    fn pieces(at: usize, data: &[u8]) -> Vec<(usize, usize, &[u8])> {
        let mut pieces = Vec::new();
        let (mut at, mut rest) = (at, data);
        while !rest.is_empty() {
            let (now, behind) = rest.split_at(rest.len().min(PIECE - at % PIECE));
            pieces.push((at / PIECE, at % PIECE, now));
            (at, rest) = (at + now.len(), behind);
        }
        pieces
    }

    /// Programs a range, or less than that: of a piece whose programming was not completed both are possible.
    fn apply(&mut self, at: usize, data: &[u8], outcome: &Outcome) {
        let pieces = Self::pieces(at, data);
        // How far it came, and whether everything is as good as torn.
        let (reached, all_torn) = match (outcome, self.rng.below(5)) {
            (Outcome::Works, _) => (pieces.len(), false),
            (_, 0) => (0, false),
            (_, 1) => (pieces.len(), false),
            (_, 2) => (0, true),
            _ => (self.rng.below(pieces.len() as u64) as usize, false),
        };
        let whole = reached == pieces.len() || (reached == 0 && !all_torn);
        for (i, (piece, start, data)) in pieces.into_iter().enumerate() {
            let before = self.readings(piece);
            let mut after = before.clone();
            for reading in &mut after {
                reading[start..start + data.len()].iter_mut().zip(data).for_each(|(byte, new)| *byte &= new);
            }
            if i < reached {
                self.set(piece, after);
            } else if all_torn || (i == reached && !whole) {
                self.set(piece, [before, after].concat());
            }
        }
    }
}

impl NorFlash for NorCells {
    type Error = NorFault;

    fn geometry(&self) -> NorGeometry {
        self.geometry
    }

    fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), NorFault> {
        if self.off {
            return Err(NorFault::PowerOff);
        }
        self.counters.reads += 1;
        let range = at as usize..at as usize + buf.len();
        self.settle(range.clone());
        buf.copy_from_slice(&self.bytes[range]);
        Ok(())
    }

    fn program(&mut self, at: u64, data: &[u8]) -> Result<(), NorFault> {
        let outcome = self.change()?;
        self.counters.programs += 1;
        let void = data.iter().all(|byte| *byte == 0);
        let (at, unit) = (at as usize, self.geometry.program_bytes as usize);
        assert!(at.is_multiple_of(unit) && data.len().is_multiple_of(unit), "not whole units");
        for byte in (at..at + data.len()).step_by(unit) {
            let block = byte / self.geometry.block_bytes as usize;
            assert!(self.erased[block] || void, "programmed a block that was not erased: {block}");
            let fresh = self.units[byte / unit] == Unit::Fresh;
            assert!(fresh || void, "programmed twice: {byte:#x}");
            self.units[byte / unit] = Unit::Programmed;
        }
        self.apply(at, data, &outcome);
        match outcome {
            Outcome::Works => Ok(()),
            Outcome::Fails => Err(NorFault::Failed),
            Outcome::Cut => Err(NorFault::PowerOff),
        }
    }

    fn erase(&mut self, block: u32) -> Result<(), NorFault> {
        let outcome = self.change()?;
        self.counters.erases += 1;
        let (block, len) = (block as usize, self.geometry.block_bytes as usize);
        self.wear[block] += 1;
        self.erased[block] = matches!(outcome, Outcome::Works);
        let unit = self.geometry.program_bytes as usize;
        self.units[block * len / unit..][..len / unit].fill(Unit::Fresh);
        let how = self.rng.below(4);
        for piece in block * len / PIECE..(block + 1) * len / PIECE {
            let mut noise = [0; PIECE];
            let readings = match (&outcome, how) {
                (Outcome::Works, _) | (_, 0) => vec![[0xff; PIECE]],
                (_, 1) => continue,
                _ => {
                    self.rng.fill(&mut noise);
                    [self.readings(piece), vec![noise, [0xff; PIECE]]].concat()
                }
            };
            self.set(piece, readings);
        }
        match outcome {
            Outcome::Works => Ok(()),
            Outcome::Fails => Err(NorFault::Failed),
            Outcome::Cut => Err(NorFault::PowerOff),
        }
    }

    fn mapped(&self) -> Option<&[u8]> {
        (self.mapped && !self.off).then_some(&self.bytes)
    }
}
