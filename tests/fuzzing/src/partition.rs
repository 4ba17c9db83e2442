//! The target `partition`: a partition table.

use oal_sim::RamDisk;
use oal_snapshot::store::{BlockDevice, Partition, SECTOR_SIZE, SNAPSHOT_PARTITION_TYPE};

use crate::input::{Input, overwrite};

/// Sectors of the disk, at the most.
const SECTORS: u16 = 64;

/// The disk's size, then its first sector. Where a partition is found, its sectors are those of the disk and
/// no other.
///
/// # Panics
/// See [`Target::run`](crate::Target::run).
pub fn run(bytes: &[u8]) -> bool {
    let mut input = Input::new(bytes);
    let mut disk = RamDisk::blank(u64::from(1 + input.half() % SECTORS));
    for (sector, bytes) in disk.bytes_mut().chunks_exact_mut(SECTOR_SIZE).enumerate() {
        bytes.fill(sector as u8);
    }
    let signed = input.flag();
    let first = &mut disk.bytes_mut()[..SECTOR_SIZE];
    first.fill(0);
    overwrite(first, 446, input.rest());
    if signed {
        first[510..].copy_from_slice(&[0x55, 0xaa]);
    }
    let end = disk.sectors();
    let Ok(mut partition) = Partition::find(disk, SNAPSHOT_PARTITION_TYPE) else { return false };
    let (start, sectors) = (partition.first_sector(), partition.sectors());
    assert!(start > 0 && sectors > 0 && start + sectors <= end);
    let mut sector = [0; SECTOR_SIZE];
    for at in [0, sectors - 1] {
        partition.read(at, &mut sector).expect("a sector of the disk");
        assert_eq!(sector, [(start + at) as u8; SECTOR_SIZE]);
    }
    for at in [sectors, u64::MAX, u64::MAX - start] {
        assert!(partition.read(at, &mut sector).is_err());
        assert!(partition.write(at, &sector).is_err() && partition.write_reliable(at, &sector).is_err());
        assert!(partition.discard(at, 1).is_err());
    }
    assert!(partition.read(sectors - 1, &mut [0; 2 * SECTOR_SIZE]).is_err());
    true
}

/// A table with one partition, and with another before it.
pub fn seeds() -> Vec<Vec<u8>> {
    let entry = |kind: u8, first: u8, sectors: u8| {
        let mut entry = [0; 16];
        (entry[4], entry[8], entry[12]) = (kind, first, sectors);
        entry
    };
    let seed = |entries: &[[u8; 16]]| [vec![40, 0, 1], entries.concat()].concat();
    vec![seed(&[entry(0xda, 8, 32)]), seed(&[entry(0x0c, 1, 7), entry(0xda, 8, 33)])]
}
