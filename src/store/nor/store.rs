//! [`NorStore`]: images on NOR flash.

use oal_media::{NorFlash, NorGeometry};

use crate::frame::PAGE_SIZE;
use crate::store::catalog::Area;
use crate::store::nor::position::{LOG_BLOCKS, LogPosition};
use crate::store::record::{RECORD_LEN, SlotEntry};
use crate::store::slot_medium::{Error, SlotMedium};
use crate::store::{GeometryError, NoRegister, SlotStore, StoreError};

/// A store on NOR flash. Keep it in nosave memory.
///
/// An image lies in one piece, from the first byte of an erase block on, so that a boot needs no reader:
/// where the flash is [mapped](NorFlash::mapped), pages are decoded from where they lie. Before an image is
/// written, the blocks that it will take are erased, and no other.
///
/// A block that fails to program or to erase fails the snapshot, and the image before it stays; the log goes
/// on in another block. NOR flash is made without bad blocks, so none are looked for.
pub type NorStore<F, A = NoRegister> = SlotStore<NorMedium<F>, A>;

/// NOR flash, below a [`NorStore`].
pub struct NorMedium<F> {
    pub(super) flash: F,
    pub(super) position: LogPosition,
}

impl<F: NorFlash> NorMedium<F> {
    /// The byte of the flash at `offset` of an image.
    fn place(&self, entry: &SlotEntry, offset: u64) -> u64 {
        entry.first.saturating_mul(self.unit_bytes()).saturating_add(offset)
    }
}

impl<F: NorFlash> SlotMedium for NorMedium<F> {
    type Device = F;
    type Place = ();

    /// [`GeometryError::BlockBytes`]: the blocks are not whole pages of 4096 bytes.
    /// [`GeometryError::ProgramBytes`]: a record of 512 bytes is not made of program units.
    /// [`GeometryError::TooSmall`]: there is no block behind the log.
    fn over(flash: F) -> Result<Self, GeometryError> {
        let NorGeometry { block_bytes, blocks, program_bytes } = flash.geometry();
        if block_bytes == 0 || !block_bytes.is_multiple_of(PAGE_SIZE as u32) {
            return Err(GeometryError::BlockBytes { block_bytes });
        }
        if !program_bytes.is_power_of_two() || program_bytes > RECORD_LEN as u32 {
            return Err(GeometryError::ProgramBytes { program_bytes });
        }
        if blocks <= LOG_BLOCKS {
            return Err(GeometryError::TooSmall { has: blocks.into(), needed: u64::from(LOG_BLOCKS) + 1 });
        }
        Ok(NorMedium { flash, position: LogPosition::default() })
    }

    fn device_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    fn room(&self) -> Area {
        LOG_BLOCKS.into()..self.flash.geometry().blocks.into()
    }

    fn unit_bytes(&self) -> u64 {
        self.flash.geometry().block_bytes.into()
    }

    fn begin(&mut self, area: &Area, span: u64) -> Result<(), Error<Self>> {
        for block in area.start..area.start + span {
            self.flash.erase(block as u32).map_err(StoreError::Device)?;
        }
        Ok(())
    }

    fn append(
        &mut self,
        _place: &mut (),
        entry: &SlotEntry,
        data: &[u8],
        offset: u64,
    ) -> Result<(), Error<Self>> {
        self.flash.program(self.place(entry, offset), data).map_err(StoreError::Device)
    }

    /// A program is durable when its call returns.
    fn finish(&mut self, _place: (), _entry: &mut SlotEntry) -> Result<(), Error<Self>> {
        Ok(())
    }

    fn read(&mut self, entry: &SlotEntry, buf: &mut [u8], offset: u64) -> Result<(), Error<Self>> {
        self.flash.read(self.place(entry, offset), buf).map_err(StoreError::Device)
    }

    fn mapped(&self, entry: &SlotEntry) -> Option<&[u8]> {
        let start = usize::try_from(self.place(entry, 0)).ok()?;
        self.flash.mapped()?.get(start..)?.get(..usize::try_from(entry.image_len).ok()?)
    }
}
