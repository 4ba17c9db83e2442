//! The data cache, by address (XScale core manual and ARM926EJ-S, "Cache Functions"), and what the core has.

use core::arch::asm;

/// Bytes of the longest cache line of these cores: what shares none of these shares no line.
pub const LONGEST_LINE: usize = 32;
/// Bytes of the shortest: maintenance at this distance leaves no line out.
pub const SHORTEST_LINE: usize = 32;

/// Cleans and invalidates the line of `address`.
///
/// # Safety
/// The address is mapped.
pub unsafe fn clean_invalidate_line(address: usize) {
    // SAFETY: maintenance of a mapped address: a clean, then an invalidation of what is clean.
    unsafe {
        asm!(
            "mcr p15, 0, {0}, c7, c10, 1", "mcr p15, 0, {0}, c7, c6, 1",
            in(reg) address, options(nostack, preserves_flags)
        );
    }
}

/// Invalidates the line of `address`.
///
/// # Safety
/// The address is mapped, and nothing in its line was written that must be kept.
pub unsafe fn invalidate_line(address: usize) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mcr p15, 0, {}, c7, c6, 1", in(reg) address, options(nostack, preserves_flags)) };
}

/// Waits until the write buffer is empty.
pub fn barrier() {
    // SAFETY: waits.
    unsafe { asm!("mcr p15, 0, {}, c7, c10, 4", in(reg) 0, options(nostack, preserves_flags)) };
}

/// The caches of the core, and those that are on.
#[derive(Clone, Copy, Debug)]
pub struct Caches {
    /// Levels of cache.
    pub levels: u32,
    /// Whether data is cached.
    pub data: bool,
    /// Whether instructions are cached.
    pub code: bool,
}

/// Reads the Control register.
pub fn caches() -> Caches {
    let control: u32;
    // SAFETY: reading has no effect.
    unsafe {
        asm!("mrc p15, 0, {}, c1, c0, 0", out(reg) control, options(nomem, nostack, preserves_flags));
    }
    Caches { levels: 1, data: control & 1 << 2 != 0, code: control & 1 << 12 != 0 }
}
