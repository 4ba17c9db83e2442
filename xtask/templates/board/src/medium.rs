//! Where images are kept: the medium, its driver, and the store on it.
//!
//! [`find`]'s value lives in nosave memory, and so must all else that the driver changes: a static of its own
//! gets `#[unsafe(link_section = ".nosave.bss")]`, or `.nosave.data` if its first value is not all zeroes.

// FILL medium: a driver that works by polling, without interrupts, without saved memory, and with a time-out for each wait.
// For a card or an eMMC a host controller's driver (`oal_drivers::mmc::Host`) is enough: `CardStorage` is the rest. As generated
// there is no medium: every boot is a cold one, and `snapshot` answers so.
use oal_firmware::storage::{Sectors, Storage};
use oal_snapshot::refusal::{ColdBoot, Reason, Stage};
use oal_snapshot::store::{BlockDevice, BlockStore};

/// A device of sectors of 512 bytes. For NAND and NOR flash there are `NandFlash` and `NorFlash` in
/// `oal_snapshot::store`, and their stores.
pub struct Device;

/// The device does not do what it is asked.
#[derive(Debug)]
pub struct Failed;

impl core::fmt::Display for Failed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the device does not do what it is asked")
    }
}

impl BlockDevice for Device {
    type Error = Failed;

    /// How many sectors there are for images.
    fn sectors(&self) -> u64 {
        0
    }

    /// Reads whole sectors from `first` on. Called at a boot with caches on, and while a snapshot is read
    /// back.
    fn read(&mut self, _first: u64, _buf: &mut [u8]) -> Result<(), Failed> {
        Err(Failed)
    }

    /// Writes whole sectors from `first` on. If it returns before they are on the medium, `flush` waits for
    /// them.
    fn write(&mut self, _first: u64, _data: &[u8]) -> Result<(), Failed> {
        Err(Failed)
    }

    /// All that was written is on the medium when it returns: it survives a power cut.
    fn flush(&mut self) -> Result<(), Failed> {
        Err(Failed)
    }
}

/// The medium.
pub struct Medium;

impl Storage for Medium {
    type Store = BlockStore<Device>;

    /// The store, or why there is none.
    fn store(&mut self) -> Result<&mut Self::Store, ColdBoot> {
        Err(ColdBoot { stage: Stage::Medium, reason: Reason::NoMedium })
    }

    /// The medium with text files for the application to index, if there is one.
    fn text(&mut self) -> Option<&mut dyn Sectors> {
        None
    }

    /// What kind of medium it is, and how many MiB it has.
    fn describe(&mut self) -> (&'static str, u64) {
        ("none", 0)
    }
}

/// Looks for the medium: as after power-on, whatever state a loader or an earlier run left it in.
///
/// # Safety
/// Nobody else uses its controller.
pub unsafe fn find() -> Medium {
    Medium
}
// FILL END
