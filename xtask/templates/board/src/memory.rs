//! How much RAM there is, and where. `board.ld` says where code and nosave memory lie in it.

use oal_firmware::ram::Ram;
use oal_snapshot::frame::RamRegion;

// FILL memory-map: the same figures as in `board.ld`. As generated: 64 MiB at 0x60000000, whatever the board has.
/// The banks of RAM by rising addresses: whole MiB, at most 1 GiB in all. CODE and RAM of `board.ld` lie in
/// one of them. Sizes are constants, or what a loader left in a register or a table, what a memory controller
/// was set up for, or what
/// `oal_firmware::ram::size` finds by trying.
///
/// # Safety
/// Called once, by the boot stage: MMU and caches are off, nothing in RAM is in use but the firmware's own
/// sections, and nothing can be printed.
pub unsafe fn ram() -> Ram {
    Ram::from_array([RamRegion::new(0x6000_0000, 64 << 20)])
}
// FILL END
