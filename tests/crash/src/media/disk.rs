//! [`Disk`]: an eMMC or SD card under a block store.

use std::collections::BTreeMap;

use oal_sim::{Counters, Cut, DiskError, DmaDisk, Done, Fault, Operation, RamDisk, Trim};
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::store::{
    BlockDevice, BlockStore, LOG_SECTORS, RECORD_LEN, RECORD_STRIDE, Record, SECTOR_SIZE, StoreSettings,
};

use super::store::Forgetful;
use super::{Abilities, Count, Family, Medium, Register, Sort, Step};
use crate::mutant::Mutant;
use crate::point::Point;

/// Sectors of a disk on which two images of the tiny machine fit.
const SECTORS: u64 = LOG_SECTORS + 2 * 12 * 8;
/// The same for images of two chunks.
const MORE_SECTORS: u64 = LOG_SECTORS + 2 * 28 * 8;

/// What a disk does when power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No cache: what was acknowledged is there.
    Plain,
    /// A volatile cache, discards that leave noise, reliable writes that tear.
    Cached,
    /// A volatile cache, reliable writes that are old or new, discards that leave zeroes: an eMMC by the
    /// book.
    Emmc,
    /// No cache, and torn sectors that cannot be read.
    Unreadable,
    /// A volatile cache on a disk full of noise, with discards that leave ones.
    Noise,
    /// A volatile cache, and reads by DMA: a boot loads a chunk while the next one is on its way.
    Dma,
}

/// A disk, and what is wrong with the store on it.
#[derive(Clone)]
pub struct Disk {
    disk: RamDisk,
    mutant: Option<Mutant>,
    kind: Kind,
    /// For [`Mutant::CommitBeforeData`]: writes that wait for the commit. For [`Mutant::ReadBackIgnored`]:
    /// what was written since power-on.
    kept: BTreeMap<u64, [u8; SECTOR_SIZE]>,
}

impl Disk {
    /// A disk on which nothing was ever written.
    pub fn new(kind: Kind) -> Disk {
        let disk = match kind {
            Kind::Plain => RamDisk::blank(SECTORS),
            Kind::Cached => RamDisk::blank(SECTORS).with_cache(),
            Kind::Dma => RamDisk::blank(MORE_SECTORS).with_cache(),
            Kind::Emmc => RamDisk::blank(SECTORS).with_cache().with_atomic_writes().with_trim(Trim::Zeroes),
            Kind::Unreadable => RamDisk::blank(SECTORS).with_unreadable_sectors(),
            Kind::Noise => RamDisk::noise(SECTORS, 77).with_cache().with_trim(Trim::Ones),
        };
        Disk { disk: disk.with_history(), mutant: None, kind, kept: BTreeMap::new() }
    }
}

impl Medium for Disk {
    const FAMILY: Family = Family::Disk;

    type Store<'a> = BlockStore<Lens<'a>, Register<'a>>;

    fn open<'a>(
        &'a mut self,
        settings: StoreSettings,
        register: Register<'a>,
    ) -> Forgetful<Self::Store<'a>, Self> {
        let mutant = self.mutant;
        let store = BlockStore::with_register(Lens(self), settings, register).expect("a disk that fits");
        Forgetful { store, mutant, medium: |store| store.device_mut().0 }
    }

    fn plan(&mut self, point: Point) {
        match point {
            Point::Cut { change, bytes, beyond } => self.disk.cut(Cut { after: change, bytes, beyond }),
            Point::Between { operations } => self.disk.cut_between(operations),
            Point::Fault { operation, after, effect } => self.disk.fail(Fault { operation, after, effect }),
        }
    }

    fn is_off(&self) -> bool {
        self.disk.is_off()
    }

    fn power_cycle(&mut self, seed: u64) {
        // A cut has emptied the cache already, by the seed from before.
        self.disk.power_cycle();
        self.disk.reseed(seed);
        self.kept.clear();
    }

    fn count(&self) -> Count {
        let Counters { reads, writes, discards, flushes, sectors_written, .. } = self.disk.counters();
        Count {
            operations: reads + writes + discards + flushes,
            changes: writes + discards + flushes,
            reads,
            writes,
            erases: 0,
            bytes: sectors_written * SECTOR_SIZE as u64,
        }
    }

    fn start_journal(&mut self) {
        self.disk.start_journal();
    }

    fn take_journal(&mut self) -> Vec<Step> {
        let sectors = self.disk.sectors();
        self.disk.take_journal().into_iter().map(|done| step(done, sectors)).collect()
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            noise: true,
            blocks: self.kind != Kind::Emmc,
            unreadable: self.kind == Kind::Unreadable,
            outcomes: 0,
            stale: true,
            silent_writes: true,
            survives_failures: false,
            two_chunks: self.kind == Kind::Dma,
            changes: 8,
        }
    }

    fn with_mutant(self, mutant: Option<Mutant>) -> Self {
        Disk { mutant, ..self }
    }
}

fn step(done: Done, all: u64) -> Step {
    let Done { operation, reliable, first, sectors } = done;
    let what = match operation {
        Operation::Read => "read",
        Operation::Write if reliable => "write, reliably,",
        Operation::Write => "write",
        Operation::Discard => "discard",
        Operation::Flush => "flush",
    };
    let where_to = match operation {
        Operation::Flush => String::new(),
        _ => format!(" {sectors} sectors from {first} on ({})", part(first, all)),
    };
    let sort = match operation {
        Operation::Read => Sort::Read,
        Operation::Write => Sort::Write,
        Operation::Discard => Sort::Erase,
        Operation::Flush => Sort::Flush,
    };
    Step { sort, bytes: sectors as usize * SECTOR_SIZE, text: format!("{what}{where_to}") }
}

/// Which part of the store a sector belongs to.
fn part(sector: u64, all: u64) -> String {
    if sector < LOG_SECTORS {
        return format!("record {}", sector / RECORD_STRIDE);
    }
    format!("slot {}", (sector - LOG_SECTORS) / ((all - LOG_SECTORS) / 2))
}

/// The disk as a store sees it.
pub struct Lens<'a>(&'a mut Disk);

impl Lens<'_> {
    fn is(&self, mutant: Mutant) -> bool {
        self.0.mutant == Some(mutant)
    }

    /// What a store that is wrong makes of what was read.
    fn seen(&mut self, first: u64, buf: &mut [u8]) -> Result<(), DiskError> {
        for (sector, piece) in (first..).zip(buf.chunks_mut(SECTOR_SIZE)) {
            if let Some(kept) = self.0.kept.get(&sector) {
                piece.copy_from_slice(kept);
            }
        }
        let Ok(record) = <&mut [u8; RECORD_LEN]>::try_from(buf) else { return Ok(()) };
        if first >= LOG_SECTORS {
            return Ok(());
        }
        if self.is(Mutant::RecordChecksumIgnored) {
            forge(record);
        }
        if self.is(Mutant::RecordReadAgain) && Record::decode(record).is_ok() {
            self.0.disk.read(first, record)?;
            forge(record);
        }
        Ok(())
    }

    fn keep(&mut self, first: u64, data: &[u8]) {
        self.0.kept.extend((first..).zip(data.as_chunks().0.iter().copied()));
    }
}

impl BlockDevice for Lens<'_> {
    type Error = DiskError;

    fn sectors(&self) -> u64 {
        self.0.disk.sectors()
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), DiskError> {
        self.0.disk.read(first, buf)?;
        self.seen(first, buf)
    }

    fn reads_in_background(&self) -> bool {
        self.0.kind == Kind::Dma
    }

    fn read_while(
        &mut self,
        first: u64,
        buf: &mut [u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), DiskError> {
        if self.0.kind == Kind::Dma {
            DmaDisk::new(&mut self.0.disk).read_while(first, buf, meanwhile)?;
            return self.seen(first, buf);
        }
        self.read(first, buf)?;
        meanwhile();
        Ok(())
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), DiskError> {
        if self.is(Mutant::CommitBeforeData) {
            self.keep(first, data);
            return Ok(());
        }
        self.0.disk.write(first, data)?;
        if self.is(Mutant::ReadBackIgnored) {
            self.keep(first, data);
        }
        Ok(())
    }

    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), DiskError> {
        if self.is(Mutant::CommitNotDurable) {
            return self.0.disk.write(first, data);
        }
        if self.is(Mutant::LogErasedFirst) {
            for record in (0..LOG_SECTORS).step_by(RECORD_STRIDE as usize) {
                self.0.disk.write_reliable(record, &[0; SECTOR_SIZE])?;
            }
        }
        self.0.disk.write_reliable(first, data)?;
        if self.is(Mutant::CommitBeforeData) {
            let (waiting, disk) = (core::mem::take(&mut self.0.kept), &mut self.0.disk);
            waiting.iter().try_for_each(|(sector, bytes)| disk.write(*sector, bytes))?;
            return disk.flush();
        }
        Ok(())
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), DiskError> {
        self.0.disk.discard(first, count)
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        if self.is(Mutant::NoFlush) { Ok(()) } else { self.0.disk.flush() }
    }
}

/// Makes a record pass that would not for its checksum.
fn forge(bytes: &mut [u8; RECORD_LEN]) {
    if bytes.starts_with(b"OALCOMIT") && Record::decode(bytes).is_err() {
        let crc = crc32c(&bytes[..RECORD_LEN - 4]);
        bytes[RECORD_LEN - 4..].copy_from_slice(&crc.to_le_bytes());
    }
}
