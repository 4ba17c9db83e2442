//! Block devices.

use std::sync::LazyLock;

use oal_sim::{Beyond, Cut, Effect, Fault, Machine, Operation, RamDisk, layout};
use oal_snapshot::store::{BlockStore, LOG_SECTORS, RECORD_LEN, StoreSettings};

use crate::input::{Input, overwrite};
use crate::store::{Bench, script};

/// Sectors of the smallest device that a store can be on: the log and a page.
const SMALLEST: u64 = LOG_SECTORS + 8;

/// A log, and two slots of 12 pages.
const SECTORS: u64 = 64 + 2 * 12 * 8;

/// A disk with two images.
static USED: LazyLock<RamDisk> = LazyLock::new(|| {
    let mut disk = RamDisk::blank(SECTORS);
    for seed in [1, 2] {
        let _ = Machine::tiny(seed)
            .take(&mut BlockStore::new(&mut disk, StoreSettings::default()).unwrap())
            .expect("a snapshot");
    }
    disk
});

/// See [`Target::run`](crate::Target::run).
///
/// # Panics
/// As said there.
pub fn run(bytes: &[u8]) -> bool {
    script::<RamDisk>(bytes)
}

impl Bench for RamDisk {
    type On<'a> = BlockStore<&'a mut RamDisk>;

    fn start(input: &mut Input<'_>) -> Self {
        let how = input.byte();
        let mut disk = match how % 4 {
            0 => RamDisk::blank(SECTORS),
            1 => USED.clone(),
            2 => RamDisk::noise(SECTORS, input.byte().into()),
            _ => {
                let mut disk = RamDisk::blank(SECTORS - input.number() % (SECTORS - SMALLEST + 1));
                let bytes = input.slice();
                overwrite(disk.bytes_mut(), 0, bytes);
                disk
            }
        };
        if how & 4 != 0 {
            disk = disk.with_cache();
        }
        if how & 8 != 0 {
            disk = disk.with_atomic_writes();
        }
        if how & 16 != 0 {
            disk = disk.with_unreadable_sectors();
        }
        disk
    }

    fn store(&mut self, settings: StoreSettings) -> BlockStore<&mut RamDisk> {
        BlockStore::new(self, settings).expect("a disk that fits")
    }

    fn put_record(&mut self, record: [u8; RECORD_LEN], input: &mut Input<'_>) {
        if self.bytes().len() >= 64 * 512 {
            *layout::record_bytes(self, input.byte().into()) = record;
        }
    }

    fn patch(&mut self, at: usize, bytes: &[u8]) {
        overwrite(self.bytes_mut(), at, bytes);
    }

    fn trouble(&mut self, input: &mut Input<'_>) {
        let (how, after) = (input.byte(), u64::from(input.byte()));
        let operation = match how >> 2 & 3 {
            0 => Operation::Read,
            1 => Operation::Write,
            2 => Operation::Flush,
            _ => Operation::Discard,
        };
        match how % 4 {
            0 => {
                let beyond = if how & 16 != 0 { Beyond::Noise } else { Beyond::New };
                self.cut(Cut { after, bytes: input.half().into(), beyond });
            }
            1 => self.cut_between(after),
            2 => self.fail(Fault { operation, after, effect: Effect::Error }),
            _ => self.fail(Fault { operation, after, effect: Effect::FlippedBit }),
        }
    }

    fn power_cycle(&mut self) {
        RamDisk::power_cycle(self);
    }
}
