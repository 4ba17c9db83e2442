//! The master boot record: four entries of 16 bytes and a signature.

/// Bytes in a sector.
pub const SECTOR: u64 = 512;
/// Partition type: FAT16, addressed by sector number.
pub const FAT16_LBA: u8 = 0x0e;
/// Partition type: data that no file system claims; the snapshots' partition.
pub const SNAPSHOT: u8 = 0xda;

/// An entry of the table, in sectors.
#[derive(Debug, Clone, Copy)]
pub struct Partition {
    /// The type byte.
    pub kind: u8,
    /// First sector.
    pub first: u32,
    /// Number of sectors.
    pub count: u32,
}

/// The first sector of a disk with these partitions (four at most).
pub fn sector(partitions: &[Partition]) -> [u8; SECTOR as usize] {
    assert!(partitions.len() <= 4, "an MBR has room for four partitions");
    let mut sector = [0; SECTOR as usize];
    for (i, partition) in partitions.iter().enumerate() {
        let entry = &mut sector[446 + 16 * i..446 + 16 * (i + 1)];
        // Cylinders and heads are of no use here: the marker for "beyond what they can say" stands in both.
        entry[1..4].copy_from_slice(&[0xfe, 0xff, 0xff]);
        entry[4] = partition.kind;
        entry[5..8].copy_from_slice(&[0xfe, 0xff, 0xff]);
        entry[8..12].copy_from_slice(&partition.first.to_le_bytes());
        entry[12..16].copy_from_slice(&partition.count.to_le_bytes());
    }
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    sector
}
