//! [`BlockStore`]: images on a block device.

use oal_media::{BlockDevice, SECTOR_SIZE};

use crate::frame::PAGE_SIZE;
use crate::store::catalog::Area;
use crate::store::record::SlotEntry;
use crate::store::slot_medium::{Error, SlotMedium};
use crate::store::{GeometryError, LOG_SECTORS, NoRegister, SlotStore, StoreError};

/// Sectors in a page; slots start and end on multiples of it.
const PAGE_SECTORS: u64 = (PAGE_SIZE / SECTOR_SIZE) as u64;

/// A store on a block device, best a [`Partition`](crate::store::Partition). Keep it in nosave memory.
///
/// An image lies in one piece. Before it is written its sectors are [discarded](BlockDevice::discard).
pub type BlockStore<D, A = NoRegister> = SlotStore<BlockMedium<D>, A>;

/// A block device, below a [`BlockStore`].
pub struct BlockMedium<D>(pub(super) D);

/// The device's sector at `offset` of an image.
fn sector(entry: &SlotEntry, offset: u64) -> u64 {
    entry.first + offset / SECTOR_SIZE as u64
}

impl<D: BlockDevice> SlotMedium for BlockMedium<D> {
    type Device = D;
    type Place = ();

    const GRAIN: u64 = PAGE_SECTORS;

    /// [`GeometryError::TooSmall`]: the log and a page do not fit.
    fn over(device: D) -> Result<Self, GeometryError> {
        let (has, needed) = (device.sectors(), LOG_SECTORS + PAGE_SECTORS);
        if has < needed { Err(GeometryError::TooSmall { has, needed }) } else { Ok(BlockMedium(device)) }
    }

    fn device_mut(&mut self) -> &mut D {
        &mut self.0
    }

    fn room(&self) -> Area {
        LOG_SECTORS..self.0.sectors()
    }

    fn unit_bytes(&self) -> u64 {
        SECTOR_SIZE as u64
    }

    fn begin(&mut self, area: &Area, span: u64) -> Result<(), Error<Self>> {
        // A hint: a device that cannot follow it, or fails, shows that when it is written to.
        let _ = self.0.discard(area.start, span);
        Ok(())
    }

    fn append(
        &mut self,
        _place: &mut (),
        entry: &SlotEntry,
        data: &[u8],
        offset: u64,
    ) -> Result<(), Error<Self>> {
        self.0.write(sector(entry, offset), data).map_err(StoreError::Device)
    }

    fn finish(&mut self, _place: (), _entry: &mut SlotEntry) -> Result<(), Error<Self>> {
        self.flush()
    }

    fn read(&mut self, entry: &SlotEntry, buf: &mut [u8], offset: u64) -> Result<(), Error<Self>> {
        self.0.read(sector(entry, offset), buf).map_err(StoreError::Device)
    }

    fn reads_in_background(&self) -> bool {
        self.0.reads_in_background()
    }

    fn read_while(
        &mut self,
        entry: &SlotEntry,
        buf: &mut [u8],
        offset: u64,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), Error<Self>> {
        self.0.read_while(sector(entry, offset), buf, meanwhile).map_err(StoreError::Device)
    }

    fn flush(&mut self) -> Result<(), Error<Self>> {
        self.0.flush().map_err(StoreError::Device)
    }
}
