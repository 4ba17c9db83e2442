//! How much RAM there is, and where. `board.ld` says where code and nosave memory lie in it.

// FILL memory-map: the same figures as in `board.ld`. As generated: 64 MiB at 0x60000000, whatever the board has.
/// First byte of RAM, on a MiB: where CODE begins in `board.ld`, or lower.
pub const RAM_START: u32 = 0x6000_0000;

/// Bytes of RAM from there on: whole MiB, at most 1 GiB, and not less than CODE and RAM of `board.ld` together. A constant, what a
/// loader left in a register or a table, what a memory controller was set up for, or `oal_firmware::ram::size`, which tries.
///
/// # Safety
/// Called once, by the boot stage: MMU and caches are off, nothing in RAM is in use but the firmware's own sections, and
/// nothing can be printed.
pub unsafe fn ram_bytes() -> u32 {
    64 << 20
}
// FILL END
