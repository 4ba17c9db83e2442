//! [`RamDisk`]: a block device in memory that fails when it is told to.

mod cache;
mod plan;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use oal_snapshot::store::{BlockDevice, SECTOR_SIZE};

use self::cache::{Cache, Sector};
pub use self::plan::{Beyond, Counters, Cut, DiskError, Done, Effect, Fault, Operation, Trim};
use crate::rng::Rng;

/// Bytes of the blocks in which a device may work below its sectors.
const BLOCK: usize = 4096;

/// A block device in memory.
///
/// Discarded sectors hold noise, and sectors of a failed write too: the trait promises nothing better. With a
/// volatile cache, what was written is lost at a power cut, each sector on its own, unless a flush came
/// after. A clone shares its bytes until one of the two is written to.
#[derive(Clone, Debug)]
pub struct RamDisk {
    stable: Arc<Vec<u8>>,
    /// Sectors written since the last flush; `None` if there is no cache.
    cache: Option<Cache>,
    /// What sectors held before they were last written; `None` if that is not remembered.
    before: Option<BTreeMap<u64, Sector>>,
    /// Sectors that cannot be read until they are written.
    unreadable: BTreeSet<u64>,
    /// Sectors of which every change goes wrong, and how.
    worn: BTreeMap<u64, Effect>,
    /// Whether a power cut may make sectors unreadable that were in the cache.
    may_fail: bool,
    /// Whether a reliable write leaves each sector old or new.
    atomic: bool,
    trim: Trim,
    counters: Counters,
    journal: Option<Vec<Done>>,
    faults: Vec<Fault>,
    cut: Option<Cut>,
    /// Operations of any kind that succeed before the power goes between two of them.
    off_after: Option<u64>,
    on: bool,
    rng: Rng,
}

impl RamDisk {
    /// A disk that holds zeroes.
    pub fn blank(sectors: u64) -> RamDisk {
        RamDisk::from_bytes(vec![0; sectors as usize * SECTOR_SIZE])
    }

    /// A disk that holds noise.
    pub fn noise(sectors: u64, seed: u64) -> RamDisk {
        let mut disk = RamDisk::blank(sectors);
        Rng::new(seed).fill(disk.bytes_mut());
        disk
    }

    /// A disk that holds `bytes`, a whole number of sectors.
    pub fn from_bytes(bytes: Vec<u8>) -> RamDisk {
        assert!(bytes.len().is_multiple_of(SECTOR_SIZE));
        RamDisk {
            stable: Arc::new(bytes),
            cache: None,
            before: None,
            unreadable: BTreeSet::new(),
            worn: BTreeMap::new(),
            may_fail: false,
            atomic: false,
            trim: Trim::Noise,
            counters: Counters::default(),
            journal: None,
            faults: Vec::new(),
            cut: None,
            off_after: None,
            on: true,
            rng: Rng::new(0),
        }
    }

    /// The same disk with a volatile write cache.
    pub fn with_cache(mut self) -> RamDisk {
        self.cache = Some(Cache::default());
        self
    }

    /// The same disk with other noise to come.
    pub fn with_seed(mut self, seed: u64) -> RamDisk {
        self.reseed(seed);
        self
    }

    /// The same disk, but a reliable write that power goes out over leaves each of its sectors old or new.
    pub fn with_atomic_writes(mut self) -> RamDisk {
        self.atomic = true;
        self
    }

    /// The same disk, but a power cut may leave sectors that were in its cache unreadable until they are
    /// written again.
    pub fn with_unreadable_sectors(mut self) -> RamDisk {
        self.may_fail = true;
        self
    }

    /// The same disk with discarded sectors that read as `trim`.
    pub fn with_trim(mut self, trim: Trim) -> RamDisk {
        self.trim = trim;
        self
    }

    /// The same disk, with a memory for [`Effect::Stale`] from now on.
    pub fn with_history(mut self) -> RamDisk {
        self.before = Some(BTreeMap::new());
        self
    }

    /// Other noise to come.
    pub fn reseed(&mut self, seed: u64) {
        self.rng = Rng::new(seed);
    }

    /// What the disk holds for good: what is in the cache only is not there.
    pub fn bytes(&self) -> &[u8] {
        &self.stable
    }

    /// What the disk holds for good, to be tampered with.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        Arc::make_mut(&mut self.stable).as_mut_slice()
    }

    /// How often what was done so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Starts a journal of every operation.
    pub fn start_journal(&mut self) {
        self.journal = Some(Vec::new());
    }

    /// The operations since the journal was started or last taken.
    pub fn take_journal(&mut self) -> Vec<Done> {
        self.journal.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// Makes an operation to come fail, besides those that are to fail already.
    pub fn fail(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Wears a sector out: every change of it has this effect from now on, over power cuts too.
    pub fn wear_out(&mut self, sector: u64, effect: Effect) {
        self.worn.insert(sector, effect);
    }

    /// Cuts the power in a changing operation to come. From then on the disk answers [`DiskError::PowerOff`].
    pub fn cut(&mut self, cut: Cut) {
        self.cut = Some(cut);
    }

    /// Cuts the power behind `operations` more operations of any kind: the next one has no effect.
    pub fn cut_between(&mut self, operations: u64) {
        self.off_after = Some(operations);
    }

    /// Whether a cut that was asked for has happened.
    pub fn is_off(&self) -> bool {
        !self.on
    }

    /// Switches the power off, unless a cut did, and on again. The cache is lost, faults and cuts to come
    /// too.
    pub fn power_cycle(&mut self) {
        self.lose_cache();
        self.reset();
    }

    /// Goes on after a reset: of what was to come nothing is left, but the disk kept its power, and its
    /// cache.
    pub fn reset(&mut self) {
        self.faults.clear();
        self.cut = None;
        self.off_after = None;
        self.on = true;
    }

    fn lose_cache(&mut self) {
        if let Some(cache) = &mut self.cache {
            let stable = Arc::make_mut(&mut self.stable).as_mut_slice();
            cache.lose(stable, &mut self.unreadable, self.may_fail, &mut self.rng);
        }
    }

    /// Checks power and range, counts down to the cut, and notes the operation.
    fn start(
        &mut self,
        operation: Operation,
        reliable: bool,
        first: u64,
        len: usize,
    ) -> Result<(), DiskError> {
        if self.off_after == Some(0) && self.on {
            self.lose_cache();
            self.on = false;
        }
        if !self.on {
            return Err(DiskError::PowerOff);
        }
        let sectors = (len / SECTOR_SIZE) as u64;
        let end = first.checked_add(sectors).ok_or(DiskError::BadRange)?;
        let whole = len.is_multiple_of(SECTOR_SIZE) && (len > 0 || operation == Operation::Flush);
        if !whole || end > self.sectors() {
            return Err(DiskError::BadRange);
        }
        if let Some(left) = &mut self.off_after {
            *left -= 1;
        }
        if let Some(journal) = &mut self.journal {
            journal.push(Done { operation, reliable, first, sectors });
        }
        let (count, moved) = match operation {
            Operation::Read => (&mut self.counters.reads, &mut self.counters.sectors_read),
            Operation::Write => (&mut self.counters.writes, &mut self.counters.sectors_written),
            Operation::Discard => (&mut self.counters.discards, &mut self.counters.sectors_discarded),
            Operation::Flush => {
                self.counters.flushes += 1;
                return Ok(());
            }
        };
        (*count, *moved) = (*count + 1, *moved + sectors);
        self.counters.reliable_writes += u64::from(reliable);
        Ok(())
    }

    /// Counts down to the faults, and says which one is due.
    fn due(&mut self, operation: Operation) -> Option<Effect> {
        let mut due = None;
        self.faults.retain_mut(|fault| {
            if fault.operation != operation {
                return true;
            }
            if fault.after == 0 {
                due = Some(fault.effect);
                return false;
            }
            fault.after -= 1;
            true
        });
        due
    }

    /// Counts down to the power cut; when it is due, returns it.
    fn cut_due(&mut self) -> Option<Cut> {
        let cut = self.cut.as_mut()?;
        if cut.after == 0 {
            return self.cut.take();
        }
        cut.after -= 1;
        None
    }

    /// What a reader sees.
    fn get(&self, first: u64, buf: &mut [u8]) {
        let at = first as usize * SECTOR_SIZE;
        buf.copy_from_slice(&self.stable[at..at + buf.len()]);
        let Some(cache) = &self.cache else { return };
        for (sector, piece) in (first..).zip(buf.chunks_mut(SECTOR_SIZE)) {
            if let Some(cached) = cache.get(sector) {
                piece.copy_from_slice(cached);
            }
        }
    }

    /// What a reader sees who is given the sectors as they were before they were last written.
    fn get_stale(&self, first: u64, buf: &mut [u8]) {
        self.get(first, buf);
        let Some(before) = &self.before else { return };
        for (sector, piece) in (first..).zip(buf.chunks_mut(SECTOR_SIZE)) {
            if let Some(old) = before.get(&sector) {
                piece.copy_from_slice(old);
            }
        }
    }

    /// Stores sectors: in the cache if there is one, unless they are to be `durable`.
    fn put(&mut self, first: u64, data: &[u8], durable: bool) {
        for (sector, piece) in (first..).zip(data.as_chunks().0) {
            if self.before.is_some() {
                let mut old = [0; SECTOR_SIZE];
                self.get(sector, &mut old);
                self.before.as_mut().map(|before| before.insert(sector, old));
            }
            match &mut self.cache {
                Some(cache) if !durable => cache.put(sector, *piece),
                cache => {
                    let at = sector as usize * SECTOR_SIZE;
                    Arc::make_mut(&mut self.stable)[at..at + SECTOR_SIZE].copy_from_slice(piece);
                    self.unreadable.remove(&sector);
                    if let Some(cache) = cache {
                        cache.forget(sector);
                    }
                }
            }
        }
    }

    fn noise_like(&mut self, len: usize) -> Vec<u8> {
        let mut noise = vec![0; len];
        self.rng.fill(&mut noise);
        noise
    }

    /// Changes sectors, unless the power goes or a fault is due.
    fn change(
        &mut self,
        operation: Operation,
        first: u64,
        data: &[u8],
        reliable: bool,
    ) -> Result<(), DiskError> {
        let sectors = first..first + (data.len() / SECTOR_SIZE) as u64;
        let effect =
            self.due(operation).or_else(|| self.worn.range(sectors).next().map(|(_, effect)| *effect));
        if let Some(cut) = self.cut_due() {
            self.tear(first, data, reliable, cut);
            return Err(DiskError::PowerOff);
        }
        match effect {
            None => self.put(first, data, reliable),
            Some(Effect::Error) => {
                let noise = self.noise_like(data.len());
                self.put(first, &noise, reliable);
                return Err(DiskError::Failed);
            }
            Some(Effect::FlippedBit) => {
                let mut wrong = data.to_vec();
                self.flip(&mut wrong);
                self.put(first, &wrong, reliable);
            }
            Some(Effect::Stale) => {}
        }
        Ok(())
    }

    /// The power goes in the middle of a change.
    fn tear(&mut self, first: u64, data: &[u8], reliable: bool, cut: Cut) {
        let atomic = reliable && self.atomic;
        let mut done = cut.bytes.min(data.len());
        if atomic {
            done -= done % SECTOR_SIZE;
        }
        let mut torn = vec![0; data.len()];
        self.get(first, &mut torn);
        torn[..done].copy_from_slice(&data[..done]);
        match cut.beyond {
            Beyond::New => torn[done..].copy_from_slice(&data[done..]),
            Beyond::Noise | Beyond::NoiseInBlock if !atomic => self.rng.fill(&mut torn[done..]),
            _ => {}
        }
        // What was not reached is not touched, not even in the cache.
        let reached = if cut.beyond == Beyond::Old { done.next_multiple_of(SECTOR_SIZE) } else { torn.len() };
        // A sector that could not be read is not written before the last of its bytes is: what it held does not come back.
        let whole = first + (done / SECTOR_SIZE) as u64;
        let end = first + (reached / SECTOR_SIZE) as u64;
        let still: Vec<u64> = self.unreadable.range(whole.min(end)..end).copied().collect();
        self.put(first, &torn[..reached], reliable);
        let noise = matches!(cut.beyond, Beyond::Noise | Beyond::NoiseInBlock) && !atomic;
        if !noise && cut.beyond != Beyond::New {
            self.unreadable.extend(still);
        }
        self.lose_cache();
        let last = first * SECTOR_SIZE as u64 + done.min(data.len() - 1) as u64;
        match cut.beyond {
            Beyond::NoiseInBlock if !atomic => {
                let at = last as usize / BLOCK * BLOCK;
                let stable = Arc::make_mut(&mut self.stable).as_mut_slice();
                let end = (at + BLOCK).min(stable.len());
                self.rng.fill(&mut stable[at..end]);
            }
            Beyond::Unreadable if !atomic => drop(self.unreadable.insert(last / SECTOR_SIZE as u64)),
            _ => {}
        }
        self.on = false;
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let bit = self.rng.below(bytes.len() as u64 * 8);
        bytes[bit as usize / 8] ^= 1 << (bit % 8);
    }

    /// Whether one of the sectors cannot be read.
    fn has_unreadable(&self, first: u64, sectors: usize) -> bool {
        let cached = |sector| self.cache.as_ref().is_some_and(|cache| cache.get(sector).is_some());
        self.unreadable.range(first..first + sectors as u64).any(|sector| !cached(*sector))
    }
}

impl BlockDevice for RamDisk {
    type Error = DiskError;

    fn sectors(&self) -> u64 {
        (self.stable.len() / SECTOR_SIZE) as u64
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), DiskError> {
        self.start(Operation::Read, false, first, buf.len())?;
        let effect = self.due(Operation::Read);
        if effect == Some(Effect::Error) || self.has_unreadable(first, buf.len() / SECTOR_SIZE) {
            self.rng.fill(buf);
            return Err(DiskError::Failed);
        }
        match effect {
            Some(Effect::Stale) => self.get_stale(first, buf),
            _ => self.get(first, buf),
        }
        if effect == Some(Effect::FlippedBit) {
            self.flip(buf);
        }
        Ok(())
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), DiskError> {
        self.start(Operation::Write, false, first, data.len())?;
        self.change(Operation::Write, first, data, false)
    }

    /// Durable on return, but no more atomic than any other write unless the disk was made so; what is in the
    /// cache stays there.
    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), DiskError> {
        self.start(Operation::Write, true, first, data.len())?;
        self.change(Operation::Write, first, data, true)
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), DiskError> {
        let len = count as usize * SECTOR_SIZE;
        self.start(Operation::Discard, false, first, len)?;
        let data = match self.trim {
            Trim::Noise => self.noise_like(len),
            Trim::Zeroes => vec![0; len],
            Trim::Ones => vec![0xff; len],
        };
        self.change(Operation::Discard, first, &data, false)
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        self.start(Operation::Flush, false, 0, 0)?;
        match self.due(Operation::Flush) {
            Some(Effect::Stale) => return Ok(()),
            Some(_) => {
                self.lose_cache();
                return Err(DiskError::Failed);
            }
            None => {}
        }
        if let Some(cut) = self.cut_due() {
            if cut.beyond != Beyond::New {
                self.lose_cache();
            }
            self.on = false;
        }
        if let Some(cache) = &mut self.cache {
            let stable = Arc::make_mut(&mut self.stable).as_mut_slice();
            cache.flush(stable, &mut self.unreadable);
        }
        if self.on { Ok(()) } else { Err(DiskError::PowerOff) }
    }
}

#[cfg(test)]
mod tests;
