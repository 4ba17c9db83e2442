//! [`Nand`]: images on a NAND chip. The board has none: a model of one lies on its bus here, command by
//! command as a chip would, and keeps its cells in bank 0 of the NOR flash. Driver, ECC and store are those
//! of a real chip.

use oal_drivers::cfi;
use oal_drivers::nand::ecc::Bch;
use oal_drivers::nand::raw::{GuardedNand, RawNand};
use oal_firmware::nosave::NosaveCell;
use oal_firmware::wait::Wait;
use oal_sim::nand::raw::{Model, RawChip};
use oal_sim::nand::{CellError, Cells, Layout};
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::StoreSettings;
use oal_snapshot::store::nand::NandStore;

use crate::Medium;
use crate::devices::{self, Clock, NorBank};
use crate::flash_storage::FlashStorage;

const PAGE: usize = 2048;
const SPARE: usize = 64;
const BLOCKS: u32 = 256;
const CAPACITY_MIB: u64 = 32;
/// Bytes that are changed in one go: as many as the NOR flash buffers, or fewer.
const STEP: usize = 64;

/// The medium.
pub struct Nand;

/// The chip's page register.
#[unsafe(link_section = ".nosave.bss")]
static REGISTER: NosaveCell<[u8; PAGE + SPARE]> = NosaveCell::new([0; PAGE + SPARE]);

type Chip = RawChip<InNor, &'static mut [u8; PAGE + SPARE], ()>;
type Driver = GuardedNand<Chip, Wait<Clock>, Bch<4>, SPARE>;
/// The store on it.
pub type Store = NandStore<Driver, PAGE, { BLOCKS as usize / 8 }>;

impl Medium for Nand {
    type Storage = FlashStorage<Store>;

    unsafe fn find() -> Self::Storage {
        let failed = |reason| ColdBoot { stage: Stage::Medium, reason };
        // SAFETY: the caller's promise.
        let nor = unsafe { devices::nor_bank_0() }.map_err(|_| failed(Reason::NoMedium));
        let store = nor.and_then(|nor| {
            // SAFETY: this runs once after power-on, and anybody may read the clock.
            let (register, delay) = unsafe { (REGISTER.take(), Wait(devices::clock())) };
            let chip = RawChip::over(Model::onfi_32_mib(), InNor(nor), register, ());
            let driver = RawNand::identify(chip, delay).and_then(GuardedNand::new);
            let store = driver.map_err(|_| failed(Reason::NoMedium))?;
            NandStore::new(store, StoreSettings::default()).map_err(|_| failed(Reason::MediumError))
        });
        FlashStorage::new("nand", CAPACITY_MIB, store)
    }
}

/// The chip's cells: each of its blocks in a block of the NOR flash.
pub struct InNor(NorBank);

impl InNor {
    fn bytes(&self, at: usize, len: usize) -> Result<&[u8], cfi::Error> {
        self.0.bytes().and_then(|bytes| bytes.get(at..)?.get(..len)).ok_or(cfi::Error::OutOfRange)
    }
}

/// Whether cells failed, or the chip did.
fn failed(error: cfi::Error) -> CellError<cfi::Error> {
    match error {
        cfi::Error::ProgramFailed | cfi::Error::EraseFailed => CellError::Failed,
        other => CellError::Lost(other),
    }
}

impl Cells for InNor {
    type Error = cfi::Error;

    fn read(&mut self, block: u32, page: u32, bytes: &mut [u8]) -> Result<(), cfi::Error> {
        bytes.copy_from_slice(self.bytes(Layout::IN_NOR.page(block, page) as usize, bytes.len())?);
        Ok(())
    }

    /// Programs whole words. Bits that are 0 stay 0: NOR flash does that by itself, but QEMU's model of it
    /// does not.
    fn program(
        &mut self,
        block: u32,
        page: u32,
        column: usize,
        bytes: &[u8],
    ) -> Result<(), CellError<cfi::Error>> {
        let start = Layout::IN_NOR.page(block, page) as usize + column;
        let end = start + bytes.len();
        let word = self.0.geometry().word_bytes as usize;
        let (mut at, last) = (start - start % word, end.next_multiple_of(word));
        let mut buffer = [0; STEP];
        while at < last {
            let len = STEP.min(last - at);
            let buffer = buffer.get_mut(..len).unwrap_or_default();
            buffer.copy_from_slice(self.bytes(at, len)?);
            for (place, old) in (at..).zip(buffer.iter_mut()) {
                *old &= place.checked_sub(start).and_then(|i| bytes.get(i)).unwrap_or(&0xff);
            }
            self.0.program(at, buffer).map_err(failed)?;
            at += len;
        }
        Ok(())
    }

    fn erase(&mut self, block: u32) -> Result<(), CellError<cfi::Error>> {
        self.0.erase(Layout::IN_NOR.block(block) as usize).map_err(failed)
    }
}
