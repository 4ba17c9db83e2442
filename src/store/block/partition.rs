//! A partition of an MBR disk as a device of its own.

use crate::bytes::{get, get_u32};
use crate::refusal::Reason;
use crate::store::{BlockDevice, SECTOR_SIZE};

/// The MBR partition type of a snapshot store: 0xDA, "non-file-system data".
pub const SNAPSHOT_PARTITION_TYPE: u8 = 0xda;

/// Offset of the four entries in the first sector, and the bytes of each.
const ENTRIES: usize = 446;
const ENTRY_LEN: usize = 16;

/// The reason why there is no partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PartitionError<E> {
    /// The device's first sector could not be read.
    Device(E),
    /// The first sector is all 0x00 or all 0xff.
    Blank,
    /// The first sector holds something, but no partition table.
    NoTable,
    /// The table has no partition of the type wanted that lies within the device.
    NotFound,
}

impl<E> From<PartitionError<E>> for Reason {
    fn from(error: PartitionError<E>) -> Reason {
        match error {
            PartitionError::Device(_) => Reason::MediumError,
            PartitionError::Blank => Reason::Blank,
            PartitionError::NoTable => Reason::NoPartitionTable,
            PartitionError::NotFound => Reason::NoPartition,
        }
    }
}

/// A run of sectors of a device, seen as a device.
#[derive(Debug)]
pub struct Partition<D> {
    device: D,
    first: u64,
    sectors: u64,
}

/// A range passes the partition's end, or the device failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum WindowError<E> {
    /// The range passes the partition's end; the device was not asked.
    OutOfRange,
    /// The device.
    Device(E),
}

impl<D: BlockDevice> Partition<D> {
    /// All of a device without a partition table.
    pub fn whole(device: D) -> Partition<D> {
        let sectors = device.sectors();
        Partition { device, first: 0, sectors }
    }

    /// The first partition of the MBR type `kind`. Reads one sector.
    ///
    /// # Errors
    /// [`PartitionError`], with the device back.
    pub fn find(mut device: D, kind: u8) -> Result<Partition<D>, (D, PartitionError<D::Error>)> {
        let mut table = [0; SECTOR_SIZE];
        if let Err(error) = device.read(0, &mut table) {
            return Err((device, PartitionError::Device(error)));
        }
        if table.iter().all(|b| *b == 0) || table.iter().all(|b| *b == 0xff) {
            return Err((device, PartitionError::Blank));
        }
        if get(&table, 510) != [0x55, 0xaa] {
            return Err((device, PartitionError::NoTable));
        }
        let entries = (0..4).map(|i| get::<ENTRY_LEN>(&table, ENTRIES + i * ENTRY_LEN));
        let mut places = entries
            .filter(|entry| entry[4] == kind)
            .map(|entry| (u64::from(get_u32(&entry, 8)), u64::from(get_u32(&entry, 12))));
        let end = device.sectors();
        match places.find(|(first, sectors)| *first > 0 && *sectors > 0 && first + sectors <= end) {
            Some((first, sectors)) => Ok(Partition { device, first, sectors }),
            None => Err((device, PartitionError::NotFound)),
        }
    }

    /// The device below, for what concerns all of it.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// The partition's first sector on the device.
    pub fn first_sector(&self) -> u64 {
        self.first
    }

    /// The place on the device of `count` sectors from `first` on.
    fn locate(&self, first: u64, count: u64) -> Result<u64, WindowError<D::Error>> {
        match first.checked_add(count) {
            Some(end) if end <= self.sectors => Ok(self.first + first),
            _ => Err(WindowError::OutOfRange),
        }
    }
}

impl<D: BlockDevice> BlockDevice for Partition<D> {
    type Error = WindowError<D::Error>;

    fn sectors(&self) -> u64 {
        self.sectors
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), Self::Error> {
        let at = self.locate(first, buf.len().div_ceil(SECTOR_SIZE) as u64)?;
        self.device.read(at, buf).map_err(WindowError::Device)
    }

    fn reads_in_background(&self) -> bool {
        self.device.reads_in_background()
    }

    fn read_while(
        &mut self,
        first: u64,
        buf: &mut [u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Self::Error> {
        let at = self.locate(first, buf.len().div_ceil(SECTOR_SIZE) as u64)?;
        self.device.read_while(at, buf, meanwhile).map_err(WindowError::Device)
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), Self::Error> {
        let at = self.locate(first, data.len().div_ceil(SECTOR_SIZE) as u64)?;
        self.device.write(at, data).map_err(WindowError::Device)
    }

    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), Self::Error> {
        let at = self.locate(first, data.len().div_ceil(SECTOR_SIZE) as u64)?;
        self.device.write_reliable(at, data).map_err(WindowError::Device)
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), Self::Error> {
        let at = self.locate(first, count)?;
        self.device.discard(at, count).map_err(WindowError::Device)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.device.flush().map_err(WindowError::Device)
    }
}
