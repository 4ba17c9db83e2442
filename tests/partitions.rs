//! Finding the snapshots' partition on an MBR disk, and keeping within it.

use oal_sim::{DiskError, Effect, Fault, Machine, Operation, RamDisk};
use oal_snapshot::refusal::Reason;
use oal_snapshot::store::{
    BlockDevice, BlockStore, Partition, PartitionError, SNAPSHOT_PARTITION_TYPE, StoreSettings, WindowError,
};

/// A disk of 1024 sectors with a table of `entries`: type, first sector, sectors.
fn disk(entries: &[(u8, u32, u32)]) -> RamDisk {
    let mut disk = RamDisk::blank(1024);
    let table = disk.bytes_mut();
    table[510..512].copy_from_slice(&[0x55, 0xaa]);
    for (i, (kind, first, sectors)) in entries.iter().enumerate() {
        let entry = &mut table[446 + 16 * i..][..16];
        entry[4] = *kind;
        entry[8..12].copy_from_slice(&first.to_le_bytes());
        entry[12..16].copy_from_slice(&sectors.to_le_bytes());
    }
    disk
}

fn find(disk: &mut RamDisk) -> Result<(u64, u64), PartitionError<DiskError>> {
    match Partition::find(disk, SNAPSHOT_PARTITION_TYPE) {
        Ok(partition) => Ok((partition.first_sector(), partition.sectors())),
        Err((_, error)) => Err(error),
    }
}

#[test]
fn the_first_partition_of_the_type_is_found() {
    assert_eq!(find(&mut disk(&[(0x0c, 1, 500), (0xda, 501, 523)])), Ok((501, 523)));
    assert_eq!(find(&mut disk(&[(0, 0, 0), (0, 0, 0), (0, 0, 0), (0xda, 1, 1)])), Ok((1, 1)));
    assert_eq!(find(&mut disk(&[(0xda, 8, 8), (0xda, 16, 8)])), Ok((8, 8)));
}

#[test]
fn each_way_to_have_no_partition_has_its_reason() {
    let cases = [
        (RamDisk::blank(64), PartitionError::Blank, Reason::Blank),
        (RamDisk::from_bytes(vec![0xff; 4096]), PartitionError::Blank, Reason::Blank),
        (RamDisk::noise(64, 1), PartitionError::NoTable, Reason::NoPartitionTable),
        (disk(&[]), PartitionError::NotFound, Reason::NoPartition),
        (disk(&[(0x0c, 1, 500), (0x83, 501, 523)]), PartitionError::NotFound, Reason::NoPartition),
        (disk(&[(0xda, 501, 524)]), PartitionError::NotFound, Reason::NoPartition),
        (disk(&[(0xda, u32::MAX, u32::MAX)]), PartitionError::NotFound, Reason::NoPartition),
        (disk(&[(0xda, 0, 100)]), PartitionError::NotFound, Reason::NoPartition),
        (disk(&[(0xda, 1, 0)]), PartitionError::NotFound, Reason::NoPartition),
    ];
    for (mut disk, error, reason) in cases {
        assert_eq!(find(&mut disk), Err(error));
        assert_eq!(Reason::from(error), reason);
    }
    let mut failing = disk(&[(0xda, 1, 1)]);
    failing.fail(Fault { operation: Operation::Read, after: 0, effect: Effect::Error });
    assert_eq!(find(&mut failing), Err(PartitionError::Device(DiskError::Failed)));
    assert_eq!(Reason::from(PartitionError::Device(DiskError::Failed)), Reason::MediumError);
}

#[test]
fn nothing_outside_the_partition_is_reached() {
    let mut disk = disk(&[(0xda, 500, 8)]);
    let before = disk.bytes().to_vec();
    let mut partition = Partition::find(&mut disk, SNAPSHOT_PARTITION_TYPE).unwrap();
    let mut two = [1; 1024];
    for first in [7, 8, u64::MAX - 1, u64::MAX] {
        assert_eq!(partition.read(first, &mut two), Err(WindowError::OutOfRange));
        assert_eq!(partition.write(first, &two), Err(WindowError::OutOfRange));
        assert_eq!(partition.write_reliable(first, &two), Err(WindowError::OutOfRange));
        assert_eq!(partition.discard(first, 2), Err(WindowError::OutOfRange));
    }
    partition.write(6, &two).unwrap();
    partition.write_reliable(0, &two).unwrap();
    partition.flush().unwrap();
    let after = disk.bytes();
    assert!(after[..500 * 512] == before[..500 * 512] && after[508 * 512..] == before[508 * 512..]);
    assert!(after[500 * 512..502 * 512].iter().chain(&after[506 * 512..508 * 512]).all(|b| *b == 1));
}

#[test]
fn a_store_in_a_partition_leaves_the_other_partitions_alone() {
    let mut disk = disk(&[(0x0c, 1, 200), (0xda, 201, 600)]);
    disk.bytes_mut()[512..201 * 512].fill(0xfa);
    let before = disk.bytes().to_vec();
    let partition = Partition::find(&mut disk, SNAPSHOT_PARTITION_TYPE).unwrap();
    let mut store = BlockStore::new(partition, StoreSettings::default()).unwrap();
    let mut machine = Machine::tiny(1);
    for _ in 0..3 {
        let _ = machine.take(&mut store).unwrap();
    }
    let mut other = machine.restarted(2);
    assert!(other.boot(&mut store).id().is_some());
    assert!(other.is_as(&machine));
    let after = disk.bytes();
    assert!(after[..201 * 512] == before[..201 * 512] && after[801 * 512..] == before[801 * 512..]);
}

#[test]
fn errors_of_the_device_come_through() {
    let mut disk = disk(&[(0xda, 1, 100)]);
    disk.fail(Fault { operation: Operation::Write, after: 0, effect: Effect::Error });
    let mut partition = Partition::find(&mut disk, SNAPSHOT_PARTITION_TYPE).unwrap();
    assert_eq!(partition.write(0, &[0; 512]), Err(WindowError::Device(DiskError::Failed)));
    let mut whole = Partition::whole(&mut disk);
    assert_eq!((whole.first_sector(), whole.sectors()), (0, 1024));
    assert_eq!(whole.device_mut().sectors(), 1024);
}
