//! The data cache, by address (DDI 0406C, B4.2.1; A3.8.3 for the barrier), and what the core has.

use core::arch::asm;

/// Bytes of the longest cache line of these cores: what shares none of these shares no line.
pub const LONGEST_LINE: usize = 64;
/// Bytes of the shortest: maintenance at this distance leaves no line out.
pub const SHORTEST_LINE: usize = 32;

/// Cleans and invalidates the line of `address` to the point of coherency (DCCIMVAC).
///
/// # Safety
/// The address is mapped.
pub unsafe fn clean_invalidate_line(address: usize) {
    // SAFETY: maintenance of a mapped address, which loses nothing.
    unsafe { asm!("mcr p15, 0, {}, c7, c14, 1", in(reg) address, options(nostack, preserves_flags)) };
}

/// Invalidates the line of `address` (DCIMVAC).
///
/// # Safety
/// The address is mapped, and nothing in its line was written that must be kept.
pub unsafe fn invalidate_line(address: usize) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mcr p15, 0, {}, c7, c6, 1", in(reg) address, options(nostack, preserves_flags)) };
}

/// Waits until all maintenance and all accesses before it are done.
pub fn barrier() {
    // SAFETY: waits.
    unsafe { asm!("dsb", options(nostack, preserves_flags)) };
}

/// The caches of the core, and those that are on.
#[derive(Clone, Copy, Debug)]
pub struct Caches {
    /// Levels of cache up to the point of coherency.
    pub levels: u32,
    /// Whether data is cached.
    pub data: bool,
    /// Whether instructions are cached.
    pub code: bool,
}

/// Reads CLIDR and SCTLR.
pub fn caches() -> Caches {
    let (level_id, control): (u32, u32);
    // SAFETY: reading has no effect.
    unsafe {
        asm!("mrc p15, 1, {}, c0, c0, 1", out(reg) level_id, options(nomem, nostack, preserves_flags));
        asm!("mrc p15, 0, {}, c1, c0, 0", out(reg) control, options(nomem, nostack, preserves_flags));
    }
    Caches { levels: level_id >> 24 & 7, data: control & 1 << 2 != 0, code: control & 1 << 12 != 0 }
}
