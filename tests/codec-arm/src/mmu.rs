//! 1 MiB sections, every address mapped to itself, with holes round the arenas.

use core::arch::asm;
use core::cell::UnsafeCell;

use crate::arena::is_mapped;

/// Normal memory, write-back and write-allocate, executable (ARM DDI 0406C B3.5.1).
const RAM: u32 = 0b10 | 1 << 2 | 1 << 3 | 0b01 << 10 | 1 << 12;
/// Device memory.
const DEVICE: u32 = 0b10 | 1 << 2 | 0b01 << 10 | 1 << 4;

#[repr(C, align(16384))]
struct Table(UnsafeCell<[u32; 4096]>);

// SAFETY: one core, written before use.
unsafe impl Sync for Table {}

static TABLE: Table = Table(UnsafeCell::new([0; 4096]));

/// Switches the MMU on; alignment is checked unless the library was built not to care.
///
/// # Safety
/// The MMU is off.
pub unsafe fn enable() {
    // SAFETY: nobody uses the table yet.
    let entries = unsafe { &mut *TABLE.0.get() };
    for (entry, address) in entries.iter_mut().zip((0..=u32::MAX).step_by(1 << 20)) {
        *entry = match address {
            0x6000_0000..0xa000_0000 if is_mapped(address) => address | RAM,
            0x1000_0000..0x2000_0000 => address | DEVICE,
            _ => 0,
        };
    }
    let checked = if cfg!(feature = "unaligned") { 0 } else { 2 };
    // SAFETY: the table maps all that is running to where it is.
    unsafe {
        asm!(
            "dsb",
            "mcr p15, 0, {domains}, c3, c0, 0",
            "mcr p15, 0, {zero}, c2, c0, 2",
            "mcr p15, 0, {table}, c2, c0, 0",
            "isb",
            "mcr p15, 0, {zero}, c8, c7, 0",
            "mrc p15, 0, {sctlr}, c1, c0, 0",
            "bic {sctlr}, {sctlr}, #2",
            "orr {sctlr}, {sctlr}, {checked}",
            "orr {sctlr}, {sctlr}, #0x1800",
            "orr {sctlr}, {sctlr}, #5",
            "mcr p15, 0, {sctlr}, c1, c0, 0",
            "isb",
            domains = in(reg) 1,
            zero = in(reg) 0,
            table = in(reg) TABLE.0.get() as u32,
            checked = in(reg) checked,
            sctlr = out(reg) _,
        );
    }
}
