//! The disk behind the server: a medium's file that is never changed, and over it what was written since.

use crate::media::Medium;
use crate::media::noise::Noise;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes of a sector: what a card writes in one piece, or not.
pub const SECTOR: usize = 512;

/// One thing that was asked of the disk; what is read leaves no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// These bytes were written from this offset on; they lie within one sector.
    Write {
        /// Offset in bytes.
        offset: u64,
        /// The bytes.
        data: Vec<u8>,
    },
    /// All that was written before is durable.
    Flush,
}

/// Power that goes out while a sector is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Writes of a sector, or of a part of one, that are whole before it.
    pub after: usize,
    /// Bytes of the next that arrive.
    pub bytes: usize,
    /// What the other bytes of that write are.
    pub rest: Rest,
    /// If a cache loses what was not flushed: the seed that says which sectors.
    pub lost: Option<u64>,
}

/// What a torn write leaves behind the bytes that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// What was there before.
    Old,
    /// Noise from this seed.
    Garbage(u64),
}

/// What is wrong with reading a sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFault {
    /// This bit is the other way round; bits are numbered through the sector.
    Flip(usize),
    /// Nothing can be read.
    Fail,
}

/// Whether the disk still takes what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    On,
    Until(Cut),
    Off,
}

/// The disk. A clone shares the file and nothing else.
#[derive(Clone)]
pub struct Disk {
    base: Arc<File>,
    /// Its size.
    pub bytes: u64,
    /// Sectors that are not as in the file.
    changed: BTreeMap<u64, Vec<u8>>,
    /// What sectors held that were written since the last flush.
    durable: BTreeMap<u64, Vec<u8>>,
    /// All writes and flushes so far.
    pub journal: Vec<Op>,
    faults: BTreeMap<u64, ReadFault>,
    power: Power,
}

impl Disk {
    /// A disk with the contents of a medium.
    pub fn over(medium: &Medium) -> Result<Self> {
        let base = File::open(&medium.path)
            .with_context(|| format!("cannot open the medium `{}`", medium.path.display()))?;
        let bytes = base.metadata()?.len();
        let (changed, durable, faults) = Default::default();
        let base = Arc::new(base);
        Ok(Self { base, bytes, changed, durable, journal: Vec::new(), faults, power: Power::On })
    }

    /// Lets power go out at this write, counted from now on. What comes later is swallowed.
    pub fn cut(&mut self, cut: Cut) {
        self.power = Power::Until(cut);
    }

    /// Whether power went out.
    pub fn is_off(&self) -> bool {
        self.power == Power::Off
    }

    /// Power comes back: the disk holds what the cut left of it.
    pub fn power_on(&mut self) {
        self.power = Power::On;
        self.durable.clear();
    }

    /// Lets reading of a sector fail or lie, until it is written anew.
    pub fn harm(&mut self, sector: u64, fault: ReadFault) {
        self.faults.insert(sector, fault);
    }

    /// Does again what a disk did.
    pub fn replay(&mut self, ops: &[Op]) -> Result<(), Error> {
        for op in ops {
            match op {
                Op::Write { offset, data } => self.write(*offset, data)?,
                Op::Flush => self.flush(),
            }
        }
        Ok(())
    }

    /// Reads as a guest does.
    ///
    /// # Errors
    ///
    /// A sector that cannot be read, or one that the disk does not have.
    pub fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = self.contents(offset, len)?;
        for (sector, place, within) in sectors(offset, len) {
            match self.faults.get(&sector) {
                Some(ReadFault::Fail) => return Err(Error::other("this sector cannot be read")),
                Some(ReadFault::Flip(bit)) if within.contains(&(bit / 8)) => {
                    bytes[place.start + bit / 8 - within.start] ^= 1 << (bit % 8);
                }
                _ => {}
            }
        }
        Ok(bytes)
    }

    /// What is on the disk, whatever is wrong with reading it.
    pub fn contents(&self, offset: u64, len: usize) -> Result<Vec<u8>, Error> {
        self.check(offset, len)?;
        let mut bytes = vec![0; len];
        self.base.read_exact_at(&mut bytes, offset)?;
        for (sector, place, within) in sectors(offset, len) {
            if let Some(changed) = self.changed.get(&sector) {
                bytes[place].copy_from_slice(&changed[within]);
            }
        }
        Ok(bytes)
    }

    /// Writes, sector by sector; with power off nothing happens.
    pub fn write(&mut self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.check(offset, data.len())?;
        for (_, place, _) in sectors(offset, data.len()) {
            let (offset, data) = (offset + place.start as u64, &data[place]);
            match &mut self.power {
                Power::Off => {}
                Power::Until(cut) if cut.after == 0 => {
                    let cut = *cut;
                    self.tear(offset, data, cut)?;
                }
                power => {
                    if let Power::Until(cut) = power {
                        cut.after -= 1;
                    }
                    self.store(offset, data)?;
                    self.journal.push(Op::Write { offset, data: data.to_vec() });
                }
            }
        }
        Ok(())
    }

    /// Makes all that was written durable.
    pub fn flush(&mut self) {
        if !self.is_off() {
            self.durable.clear();
            self.journal.push(Op::Flush);
        }
    }

    fn check(&self, offset: u64, len: usize) -> Result<(), Error> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.bytes => Ok(()),
            _ => Err(Error::new(ErrorKind::InvalidInput, "beyond the disk's end")),
        }
    }

    /// Replaces a part of a sector.
    fn store(&mut self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let (sector, within) = (offset / SECTOR as u64, (offset % SECTOR as u64) as usize);
        let start = sector * SECTOR as u64;
        let old = self.contents(start, SECTOR.min((self.bytes - start) as usize))?;
        let new = self.changed.entry(sector).or_insert_with(|| old.clone());
        new[within..within + data.len()].copy_from_slice(data);
        self.durable.entry(sector).or_insert(old);
        self.faults.remove(&sector);
        Ok(())
    }

    /// The end: a part of the write arrives, and a cache takes some of what came before with it.
    fn tear(&mut self, offset: u64, data: &[u8], cut: Cut) -> Result<(), Error> {
        if let Some(seed) = cut.lost {
            let mut noise = Noise::new(seed);
            for (sector, old) in std::mem::take(&mut self.durable) {
                if noise.below(2) == 0 {
                    self.changed.insert(sector, old);
                }
            }
        }
        let mut left = self.contents(offset, data.len())?;
        let bytes = cut.bytes.min(data.len());
        if let Rest::Garbage(seed) = cut.rest {
            Noise::new(seed).fill(&mut left[bytes..]);
        }
        left[..bytes].copy_from_slice(&data[..bytes]);
        self.store(offset, &left)?;
        self.power = Power::Off;
        Ok(())
    }
}

/// The sectors that a range of bytes touches: number, place in the range, place in the sector.
fn sectors(offset: u64, len: usize) -> impl Iterator<Item = (u64, Range<usize>, Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let start = (at % SECTOR as u64) as usize;
        let count = (SECTOR - start).min(len - done);
        done += count;
        (count > 0).then(|| (at / SECTOR as u64, done - count..done, start..start + count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Kind, Layout, Sizes};

    const CUT: Cut = Cut { after: 1, bytes: 100, rest: Rest::Old, lost: None };

    fn disk() -> Disk {
        let dir = tempfile::tempdir().unwrap();
        Disk::over(&Medium::blank(&dir.path().join("m"), Layout::card(Kind::Sd), Sizes::SMALL).unwrap())
            .unwrap()
    }

    fn sector(disk: &Disk, number: u64) -> Vec<u8> {
        disk.read(number * SECTOR as u64, SECTOR).unwrap()
    }

    #[test]
    fn what_was_written_is_read_and_the_medium_stays() {
        let mut disk = disk();
        disk.write(1000, &[7; 600]).unwrap();
        let read = disk.read(900, 800).unwrap();
        assert!(read.iter().enumerate().all(|(i, b)| *b == if (100..700).contains(&i) { 7 } else { 0 }));
        let parts: Vec<_> =
            disk.journal.iter().map(|op| matches!(op, Op::Write { data, .. } if data.len() <= 512)).collect();
        assert_eq!(parts, [true; 3]);
        assert_eq!(disk.base.metadata().unwrap().len(), disk.bytes);
        let mut byte = [1];
        disk.base.read_exact_at(&mut byte, 1000).unwrap();
        assert_eq!(byte, [0]);
        assert!(disk.write(disk.bytes - 1, &[0; 2]).is_err() && disk.read(u64::MAX, 2).is_err());
    }

    #[test]
    fn a_cut_tears_a_write_and_swallows_the_rest() {
        let mut disk = disk();
        disk.write(0, &[1; 2 * SECTOR]).unwrap();
        disk.cut(CUT);
        disk.write(0, &[2; 3 * SECTOR]).unwrap();
        disk.flush();
        assert!(disk.is_off());
        assert_eq!(sector(&disk, 0), [2; SECTOR]);
        assert_eq!(sector(&disk, 1), [[2; 100].as_slice(), &[1; 412]].concat());
        assert_eq!(sector(&disk, 2), [0; SECTOR]);
        disk.power_on();
        disk.write(0, &[3; SECTOR]).unwrap();
        assert_eq!(sector(&disk, 0), [3; SECTOR]);
    }

    #[test]
    fn the_torn_part_can_be_garbage_and_repeats_itself() {
        let torn = |seed| {
            let mut disk = disk();
            disk.cut(Cut { after: 0, rest: Rest::Garbage(seed), ..CUT });
            disk.write(0, &[2; SECTOR]).unwrap();
            sector(&disk, 0)
        };
        assert_eq!(torn(1)[..100], [2; 100]);
        assert_eq!(torn(1), torn(1));
        assert_ne!(torn(1)[100..], torn(2)[100..]);
        assert_ne!(torn(1)[100..], [0; 412]);
    }

    #[test]
    fn a_cache_loses_some_of_what_was_not_flushed_and_nothing_else() {
        let mut disk = disk();
        disk.write(0, &[1; 64 * SECTOR]).unwrap();
        disk.flush();
        disk.write(32 * SECTOR as u64, &[2; 64 * SECTOR]).unwrap();
        disk.cut(Cut { after: 0, bytes: 0, rest: Rest::Old, lost: Some(9) });
        disk.write(0, &[3; SECTOR]).unwrap();
        let firsts: Vec<u8> = (0..96).map(|n| sector(&disk, n)[0]).collect();
        assert_eq!(firsts[..32], [1; 32]);
        let (kept, lost) = (firsts[32..].iter().filter(|b| **b == 2).count(), &firsts[32..]);
        assert!((16..48).contains(&kept));
        assert!(lost[..32].iter().all(|b| *b > 0) && lost[32..].iter().all(|b| *b != 1));
    }

    #[test]
    fn a_journal_makes_the_same_disk_once_more() {
        let (mut first, mut second) = (disk(), disk());
        for i in 0..20_u8 {
            first.write(u64::from(i) * 300, &[i; 700]).unwrap();
            first.flush();
        }
        second.replay(&first.journal).unwrap();
        assert_eq!(second.journal, first.journal);
        assert_eq!(second.read(0, 8192).unwrap(), first.read(0, 8192).unwrap());
    }

    #[test]
    fn reading_lies_or_fails_where_told_and_nowhere_else() {
        let mut disk = disk();
        disk.harm(2, ReadFault::Flip(8 * 5 + 3));
        disk.harm(4, ReadFault::Fail);
        let mut flipped = vec![0; 2 * SECTOR];
        flipped[SECTOR + 5] = 8;
        assert_eq!(disk.read(SECTOR as u64, 2 * SECTOR).unwrap(), flipped);
        assert_eq!(disk.read(2 * SECTOR as u64 + 6, 100).unwrap(), [0; 100]);
        assert!(disk.read(3 * SECTOR as u64, SECTOR + 1).is_err());
        assert_eq!(disk.contents(0, 8 * SECTOR).unwrap(), [0; 8 * SECTOR]);
        disk.write(4 * SECTOR as u64, &[1]).unwrap();
        assert_eq!(sector(&disk, 4)[..2], [1, 0]);
    }
}
