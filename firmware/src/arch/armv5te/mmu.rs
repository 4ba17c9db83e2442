//! First-level tables of 1 MiB sections, and one second-level table for the exception vectors (DDI 0100, B3.3
//! and B4.7). Code is read-only; this architecture cannot keep the rest from being executed.

use core::arch::asm;
use core::cell::UnsafeCell;

use super::vectors::vectors;
use crate::mapping::Mapping;

/// A section, privileged. Bit 4 is one in all.
const SECTION: u32 = 0b1_0010;
const BUFFERABLE: u32 = 1 << 2;
const CACHEABLE: u32 = 1 << 3;
const PRIVILEGED: u32 = 0b01 << 10;

/// Memory whose data would be cached if the data cache were on.
const RAM: u32 = SECTION | CACHEABLE | BUFFERABLE | PRIVILEGED;
/// Code and constants: with the Control register's bit R, no access rights are read-only ones.
const CODE: u32 = SECTION | CACHEABLE | BUFFERABLE;
/// Memory without caches: writes may wait in the buffer.
const UNCACHED: u32 = SECTION | BUFFERABLE | PRIVILEGED;
/// Memory without caches, read-only.
const WINDOW: u32 = SECTION;
/// Devices.
const DEVICE: u32 = SECTION | PRIVILEGED;

/// A second-level table of small pages.
const COARSE: u32 = 0b1_0001;
/// A page of 4 KiB, read-only.
const SMALL_PAGE: u32 = 0b10 | CACHEABLE | BUFFERABLE;
/// Where high vectors are: the MiB, and the page in it.
const HIGH_VECTORS: (usize, usize) = (0xfff, 0xf0);

/// Tables of both levels.
#[repr(C, align(16384))]
pub struct Table(UnsafeCell<Levels>);

#[repr(C)]
struct Levels {
    sections: [u32; 4096],
    /// The last MiB of the address space.
    last: [u32; 256],
}

// SAFETY: one core, and a table is written before it is used, never after.
unsafe impl Sync for Table {}

impl Table {
    /// A table that maps nothing.
    #[expect(clippy::new_without_default, reason = "for a static")]
    pub const fn new() -> Table {
        Table(UnsafeCell::new(Levels { sections: [0; 4096], last: [0; 256] }))
    }

    /// What the translation table base register holds to use the table.
    pub fn base(&self) -> usize {
        self.0.get() as usize
    }

    /// Maps each MiB as `what` says, and the vectors' page.
    ///
    /// # Safety
    /// The table is not in use.
    unsafe fn fill(&self, what: impl Fn(u64) -> Mapping) {
        // SAFETY: the caller promises that nobody else, the MMU included, looks at the table.
        let Levels { sections, last } = unsafe { &mut *self.0.get() };
        for (entry, address) in sections.iter_mut().zip((0..=u32::MAX).step_by(1 << 20)) {
            *entry = match what(address.into()) {
                Mapping::None => 0,
                Mapping::Code => address | CODE,
                Mapping::Ram => address | RAM,
                Mapping::Uncached => address | UNCACHED,
                Mapping::Device => address | DEVICE,
                // Physical addresses have 32 bits here.
                Mapping::Window(physical) => physical as u32 | WINDOW,
            };
        }
        let (mib, page) = HIGH_VECTORS;
        if let (Some(section), Some(page)) = (sections.get_mut(mib), last.get_mut(page)) {
            *page = vectors as *const () as u32 | SMALL_PAGE;
            *section = last.as_ptr() as u32 | COARSE;
        }
    }
}

/// Maps each MiB as `what` says, by `table`, and switches MMU, instruction cache and high vectors on. The
/// data cache stays off.
///
/// # Safety
/// The MMU is off, the caches hold nothing, `table` is not in use and stays where it is.
pub unsafe fn enable(table: &'static Table, what: impl Fn(u64) -> Mapping) {
    // SAFETY: the caller's promise; the table maps all that is running to where it is.
    unsafe {
        table.fill(what);
        asm!(
            "mcr p15, 0, {zero}, c7, c10, 4",
            "mcr p15, 0, {domains}, c3, c0, 0",
            "mcr p15, 0, {table}, c2, c0, 0",
            "mcr p15, 0, {zero}, c7, c5, 0",
            "mcr p15, 0, {zero}, c8, c7, 0",
            "mrc p15, 0, {control}, c1, c0, 0",
            // System protection off, ROM protection on; data cache off; MMU, instruction cache and high vectors on.
            "bic {control}, {control}, #0x0100",
            "bic {control}, {control}, #0x0004",
            "orr {control}, {control}, #0x0200",
            "orr {control}, {control}, #0x0001",
            "orr {control}, {control}, #0x3000",
            "mcr p15, 0, {control}, c1, c0, 0",
            "mrc p15, 0, {control}, c2, c0, 0",
            "mov {control}, {control}",
            "sub pc, pc, #4",
            domains = in(reg) 1,
            zero = in(reg) 0,
            table = in(reg) table.base(),
            control = out(reg) _,
            options(nostack),
        );
    }
}

/// Goes over from one table to another, which maps each MiB as `what` says.
///
/// # Safety
/// The MMU is on, `table` is not in use and stays where it is, and both tables map alike.
pub unsafe fn switch_to(table: &'static Table, what: impl Fn(u64) -> Mapping) {
    // SAFETY: the caller's promise.
    unsafe {
        table.fill(what);
        asm!(
            "mcr p15, 0, {zero}, c7, c10, 4",
            "mcr p15, 0, {table}, c2, c0, 0",
            "mcr p15, 0, {zero}, c8, c7, 0",
            "mrc p15, 0, {wait}, c2, c0, 0",
            "mov {wait}, {wait}",
            "sub pc, pc, #4",
            zero = in(reg) 0,
            table = in(reg) table.base(),
            wait = out(reg) _,
            options(nostack),
        );
    }
}

/// Where the MMU sends `address`, or `None` if no section maps it. The core does not translate on request:
/// its table is read.
pub fn translate(address: usize) -> Option<usize> {
    let base: usize;
    // SAFETY: reading has no effect.
    unsafe {
        asm!("mrc p15, 0, {}, c2, c0, 0", out(reg) base, options(nomem, nostack, preserves_flags));
    }
    let entry = ((base & !0x3fff) + (address >> 20) * 4) as *const u32;
    // SAFETY: an entry of the table in use, which is mapped to where it is and not written any more.
    let entry = unsafe { entry.read_volatile() };
    (entry & 0b11 == 0b10).then_some(entry as usize & !0xf_ffff | address & 0xf_ffff)
}
