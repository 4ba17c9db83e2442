//! [`RamDisk`]: a block device in memory that fails when it is told to.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use oal_snapshot::store::{BlockDevice, SECTOR_SIZE};

use crate::rng::Rng;

/// Bytes of the blocks in which a device may work below its sectors.
const BLOCK: usize = 4096;

/// What is done to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A read.
    Read,
    /// A write, reliable or not.
    Write,
    /// A discard.
    Discard,
    /// A flush.
    Flush,
}

/// How often what was done to a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Reads.
    pub reads: u64,
    /// Writes, reliable ones included.
    pub writes: u64,
    /// Reliable writes.
    pub reliable_writes: u64,
    /// Discards.
    pub discards: u64,
    /// Flushes.
    pub flushes: u64,
    /// Sectors read.
    pub sectors_read: u64,
    /// Sectors written.
    pub sectors_written: u64,
    /// Sectors discarded.
    pub sectors_discarded: u64,
}

impl Counters {
    /// Operations at which a power cut can make a difference: writes, discards and flushes.
    pub fn changes(&self) -> u64 {
        self.writes + self.discards + self.flushes
    }

    /// What came on top of `before`.
    pub fn since(&self, before: &Counters) -> Counters {
        Counters {
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
            reliable_writes: self.reliable_writes - before.reliable_writes,
            discards: self.discards - before.discards,
            flushes: self.flushes - before.flushes,
            sectors_read: self.sectors_read - before.sectors_read,
            sectors_written: self.sectors_written - before.sectors_written,
            sectors_discarded: self.sectors_discarded - before.sectors_discarded,
        }
    }
}

/// What becomes of an operation that is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It ends in [`DiskError::Failed`]; what it should have written, or read, is noise.
    Error,
    /// It seems to succeed, but one bit of what was read, or written, is wrong.
    FlippedBit,
}

/// An operation that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which kind of operation.
    pub operation: Operation,
    /// How many of that kind succeed before: 0 for the next one.
    pub after: u64,
    /// How it fails.
    pub effect: Effect,
}

/// What a cut operation leaves of the bytes that it had not come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// What was there before.
    Old,
    /// What was to be written: the operation was complete but for its answer.
    New,
    /// Noise.
    Noise,
    /// Noise, in all of the 4096-byte block in which the cut fell, written to or not.
    NoiseInBlock,
}

/// A power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many changing operations ([`Counters::changes`]) succeed before: 0 for a cut in the next one.
    pub after: u64,
    /// Bytes of the operation that are done.
    pub bytes: usize,
    /// What the rest of them hold.
    pub beyond: Beyond,
}

/// What a disk answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// The range passes the end, or is not whole sectors: a fault of the caller.
    BadRange,
    /// As a [`Fault`] had it.
    Failed,
    /// The power was cut.
    PowerOff,
}

/// A block device in memory.
///
/// Discarded sectors hold noise, and sectors of a failed write too: the trait promises nothing better. With a
/// volatile cache, what was written is lost at a power cut, each sector on its own, unless a flush came after.
#[derive(Clone, Debug)]
pub struct RamDisk {
    stable: Vec<u8>,
    /// Sectors written since the last flush; `None` if there is no cache.
    cache: Option<BTreeMap<u64, [u8; SECTOR_SIZE]>>,
    counters: Counters,
    faults: Vec<Fault>,
    cut: Option<Cut>,
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
        Rng::new(seed).fill(&mut disk.stable);
        disk
    }

    /// A disk that holds `bytes`, a whole number of sectors.
    pub fn from_bytes(bytes: Vec<u8>) -> RamDisk {
        assert!(bytes.len().is_multiple_of(SECTOR_SIZE));
        RamDisk {
            stable: bytes,
            cache: None,
            counters: Counters::default(),
            faults: Vec::new(),
            cut: None,
            on: true,
            rng: Rng::new(0),
        }
    }

    /// The same disk with a volatile write cache.
    pub fn with_cache(mut self) -> RamDisk {
        self.cache = Some(BTreeMap::new());
        self
    }

    /// The same disk with other noise to come.
    pub fn with_seed(mut self, seed: u64) -> RamDisk {
        self.rng = Rng::new(seed);
        self
    }

    /// What the disk holds for good: what is in the cache only is not there.
    pub fn bytes(&self) -> &[u8] {
        &self.stable
    }

    /// What the disk holds for good, to be tampered with.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.stable
    }

    /// How often what was done so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Makes an operation to come fail, besides those that are to fail already.
    pub fn fail(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Cuts the power in an operation to come. From then on the disk answers [`DiskError::PowerOff`].
    pub fn cut(&mut self, cut: Cut) {
        self.cut = Some(cut);
    }

    /// Whether a cut that was asked for has happened.
    pub fn is_off(&self) -> bool {
        !self.on
    }

    /// Switches the power off, unless a cut did, and on again. The cache is lost, faults and cuts to come too.
    pub fn power_cycle(&mut self) {
        self.lose_cache();
        self.faults.clear();
        self.cut = None;
        self.on = true;
    }

    fn lose_cache(&mut self) {
        let Some(cache) = &mut self.cache else { return };
        for (sector, new) in core::mem::take(cache) {
            let at = sector as usize * SECTOR_SIZE;
            let old = &mut self.stable[at..at + SECTOR_SIZE];
            match self.rng.below(3) {
                0 => {}
                1 => old.copy_from_slice(&new),
                _ => self.rng.fill(old),
            }
        }
    }

    /// Checks power and range.
    fn range(&self, first: u64, len: usize) -> Result<(), DiskError> {
        if !self.on {
            return Err(DiskError::PowerOff);
        }
        let end = first.checked_add((len / SECTOR_SIZE) as u64).ok_or(DiskError::BadRange)?;
        let whole = len > 0 && len.is_multiple_of(SECTOR_SIZE);
        if whole && end <= self.sectors() { Ok(()) } else { Err(DiskError::BadRange) }
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
        for (sector, piece) in (first..).zip(buf.chunks_mut(SECTOR_SIZE)) {
            if let Some(cached) = self.cache.as_ref().and_then(|cache| cache.get(&sector)) {
                piece.copy_from_slice(cached);
            }
        }
    }

    /// Stores sectors: in the cache if there is one, unless they are to be `durable`.
    fn put(&mut self, first: u64, data: &[u8], durable: bool) {
        for (sector, piece) in (first..).zip(data.chunks(SECTOR_SIZE)) {
            match &mut self.cache {
                Some(cache) if !durable => {
                    cache.insert(sector, piece.try_into().expect("whole sectors"));
                }
                cache => {
                    let at = sector as usize * SECTOR_SIZE;
                    self.stable[at..at + SECTOR_SIZE].copy_from_slice(piece);
                    if let Some(cache) = cache {
                        cache.remove(&sector);
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
        durable: bool,
    ) -> Result<(), DiskError> {
        let effect = self.due(operation);
        if let Some(cut) = self.cut_due() {
            self.tear(first, data, durable, cut);
            return Err(DiskError::PowerOff);
        }
        match effect {
            None => self.put(first, data, durable),
            Some(Effect::Error) => {
                let noise = self.noise_like(data.len());
                self.put(first, &noise, durable);
                return Err(DiskError::Failed);
            }
            Some(Effect::FlippedBit) => {
                let mut wrong = data.to_vec();
                self.flip(&mut wrong);
                self.put(first, &wrong, durable);
            }
        }
        Ok(())
    }

    /// The power goes in the middle of a change.
    fn tear(&mut self, first: u64, data: &[u8], durable: bool, cut: Cut) {
        let done = cut.bytes.min(data.len());
        let mut torn = vec![0; data.len()];
        self.get(first, &mut torn);
        torn[..done].copy_from_slice(&data[..done]);
        match cut.beyond {
            Beyond::Old => {}
            Beyond::New => torn[done..].copy_from_slice(&data[done..]),
            Beyond::Noise | Beyond::NoiseInBlock => self.rng.fill(&mut torn[done..]),
        }
        self.put(first, &torn, durable);
        self.lose_cache();
        if cut.beyond == Beyond::NoiseInBlock {
            let at = (first as usize * SECTOR_SIZE + done.min(data.len() - 1)) / BLOCK * BLOCK;
            let end = (at + BLOCK).min(self.stable.len());
            self.rng.fill(&mut self.stable[at..end]);
        }
        self.on = false;
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let bit = self.rng.below(bytes.len() as u64 * 8);
        bytes[bit as usize / 8] ^= 1 << (bit % 8);
    }
}

impl BlockDevice for RamDisk {
    type Error = DiskError;

    fn sectors(&self) -> u64 {
        (self.stable.len() / SECTOR_SIZE) as u64
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), DiskError> {
        self.range(first, buf.len())?;
        self.counters.reads += 1;
        self.counters.sectors_read += (buf.len() / SECTOR_SIZE) as u64;
        match self.due(Operation::Read) {
            Some(Effect::Error) => {
                self.rng.fill(buf);
                return Err(DiskError::Failed);
            }
            Some(Effect::FlippedBit) => {
                self.get(first, buf);
                self.flip(buf);
            }
            None => self.get(first, buf),
        }
        Ok(())
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), DiskError> {
        self.range(first, data.len())?;
        self.counters.writes += 1;
        self.counters.sectors_written += (data.len() / SECTOR_SIZE) as u64;
        self.change(Operation::Write, first, data, false)
    }

    /// Durable on return, but no more atomic than any other write; what is in the cache stays there.
    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), DiskError> {
        self.range(first, data.len())?;
        self.counters.writes += 1;
        self.counters.reliable_writes += 1;
        self.counters.sectors_written += (data.len() / SECTOR_SIZE) as u64;
        self.change(Operation::Write, first, data, true)
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), DiskError> {
        self.range(first, count as usize * SECTOR_SIZE)?;
        self.counters.discards += 1;
        self.counters.sectors_discarded += count;
        let noise = self.noise_like(count as usize * SECTOR_SIZE);
        self.change(Operation::Discard, first, &noise, false)
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        if !self.on {
            return Err(DiskError::PowerOff);
        }
        self.counters.flushes += 1;
        if self.due(Operation::Flush).is_some() {
            self.lose_cache();
            return Err(DiskError::Failed);
        }
        if let Some(cut) = self.cut_due() {
            if cut.beyond != Beyond::New {
                self.lose_cache();
            }
            self.on = false;
        }
        if let Some(cache) = &mut self.cache {
            for (sector, new) in core::mem::take(cache) {
                let at = sector as usize * SECTOR_SIZE;
                self.stable[at..at + SECTOR_SIZE].copy_from_slice(&new);
            }
        }
        if self.on { Ok(()) } else { Err(DiskError::PowerOff) }
    }
}

#[cfg(test)]
mod tests;
