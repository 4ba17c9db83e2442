//! Text files in flash: a FAT volume that is all of a medium, or a part of memory.

use crate::storage::{ReadFailed, Sectors};

const SECTOR: usize = 512;

/// Memory with a FAT volume at its start, such as NOR flash that is mapped.
#[derive(Clone, Copy, Debug)]
pub struct Mapped(pub &'static [u8]);

impl Sectors for Mapped {
    fn sectors(&self) -> u64 {
        (self.0.len() / SECTOR) as u64
    }

    fn read(&mut self, sector: u64, into: &mut [u8; SECTOR]) -> Result<(), ReadFailed> {
        let start =
            usize::try_from(sector).ok().and_then(|sector| sector.checked_mul(SECTOR)).ok_or(ReadFailed)?;
        let bytes = self.0.get(start..).and_then(|bytes| bytes.first_chunk::<SECTOR>()).ok_or(ReadFailed)?;
        *into = *bytes;
        Ok(())
    }
}

/// A FAT volume without a partition table, shown as the one partition of a disk: crate `embedded-sdmmc` looks
/// for volumes in partitions only. Sector 0 is a table made up here, sector n is the volume's sector n - 1.
#[derive(Clone, Copy, Debug)]
pub struct OnePartition<S>(pub S);

impl<S: Sectors> Sectors for OnePartition<S> {
    fn sectors(&self) -> u64 {
        self.0.sectors() + 1
    }

    fn read(&mut self, sector: u64, into: &mut [u8; SECTOR]) -> Result<(), ReadFailed> {
        if let Some(inner) = sector.checked_sub(1) {
            return self.0.read(inner, into);
        }
        // One entry at 446: FAT16 by sector number, first sector 1. The signature is at the end.
        let count = u32::try_from(self.0.sectors()).unwrap_or(u32::MAX).to_le_bytes();
        into.fill(0);
        for (at, byte) in
            [(450, 0x0e), (454, 1), (510, 0x55), (511, 0xaa)].into_iter().chain((458..).zip(count))
        {
            if let Some(place) = into.get_mut(at) {
                *place = byte;
            }
        }
        Ok(())
    }
}
