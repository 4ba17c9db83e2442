//! First-level tables of 1 MiB sections, short descriptors (DDI 0406C, B3.5.1). Code is read-only, everything
//! else is never executed.

use core::arch::asm;
use core::cell::UnsafeCell;

use crate::mapping::Mapping;

const SECTION: u32 = 0b10;
const BUFFERABLE: u32 = 1 << 2;
const CACHEABLE: u32 = 1 << 3;
const EXECUTE_NEVER: u32 = 1 << 4;
const PRIVILEGED: u32 = 0b01 << 10;
const TEX_1: u32 = 1 << 12;
const READ_ONLY: u32 = 1 << 15;

/// Normal memory, write-back and write-allocate.
const RAM: u32 = SECTION | TEX_1 | CACHEABLE | BUFFERABLE | PRIVILEGED | EXECUTE_NEVER;
/// The same for code and constants.
const CODE: u32 = (RAM & !EXECUTE_NEVER) | READ_ONLY;
/// Normal memory without caches: a display's controller reads it behind the CPU's back, or it is flash.
const UNCACHED: u32 = SECTION | TEX_1 | PRIVILEGED | EXECUTE_NEVER;
/// Device memory.
const DEVICE: u32 = SECTION | BUFFERABLE | PRIVILEGED | EXECUTE_NEVER;

/// TTBR0: table walks through the caches, write-back and write-allocate.
const WALK: usize = 1 << 6 | 1 << 3;

/// A first-level table.
#[repr(C, align(16384))]
pub struct Table(UnsafeCell<[u32; 4096]>);

// SAFETY: one core, and a table is written before it is used, never after.
unsafe impl Sync for Table {}

impl Table {
    /// A table that maps nothing.
    #[expect(clippy::new_without_default, reason = "for a static")]
    pub const fn new() -> Table {
        Table(UnsafeCell::new([0; 4096]))
    }

    /// The value of TTBR0 for the table.
    pub fn base(&self) -> usize {
        self.0.get() as usize | WALK
    }

    /// Maps each MiB as `what` says.
    ///
    /// # Safety
    /// The table is not in use.
    unsafe fn fill(&self, what: impl Fn(u64) -> Mapping) {
        // SAFETY: the caller promises that nobody else, the MMU included, looks at the table.
        let entries = unsafe { &mut *self.0.get() };
        for (entry, address) in entries.iter_mut().zip((0..=u32::MAX).step_by(1 << 20)) {
            *entry = match what(address.into()) {
                Mapping::None => 0,
                Mapping::Code => address | CODE,
                Mapping::Ram => address | RAM,
                Mapping::Uncached => address | UNCACHED,
                Mapping::Device => address | DEVICE,
                // Physical addresses have 32 bits here.
                Mapping::Window(physical) => physical as u32 | UNCACHED | READ_ONLY,
            };
        }
    }
}

/// Maps each MiB as `what` says, by `table`, and switches MMU, caches and branch prediction on.
///
/// # Safety
/// The MMU is off, the caches hold nothing, `table` is not in use and stays where it is.
pub unsafe fn enable(table: &'static Table, what: impl Fn(u64) -> Mapping) {
    // SAFETY: the caller's promise; the table maps all that is running to where it is.
    unsafe {
        table.fill(what);
        asm!(
            "dsb",
            "mcr p15, 0, {domains}, c3, c0, 0",
            "mcr p15, 0, {zero}, c2, c0, 2",
            "mcr p15, 0, {table}, c2, c0, 0",
            "isb",
            "mcr p15, 0, {zero}, c8, c7, 0",
            "mcr p15, 0, {zero}, c7, c5, 0",
            "mcr p15, 0, {zero}, c7, c5, 6",
            "dsb",
            "isb",
            "mrc p15, 0, {sctlr}, c1, c0, 0",
            // TEX remap, access flag and alignment check off; MMU, data cache, branch prediction, instruction cache on. The
            // library's features `neon` and `unaligned` ask for that; the compiler itself aligns every access.
            "bic {sctlr}, {sctlr}, #0x30000000",
            "bic {sctlr}, {sctlr}, #0x0002",
            "orr {sctlr}, {sctlr}, #0x0005",
            "orr {sctlr}, {sctlr}, #0x1800",
            "mcr p15, 0, {sctlr}, c1, c0, 0",
            "isb",
            domains = in(reg) 1,
            zero = in(reg) 0,
            table = in(reg) table.base(),
            sctlr = out(reg) _,
            options(nostack),
        );
    }
}

/// Goes over from one table to another, which maps each MiB as `what` says.
///
/// # Safety
/// The MMU is on, `table` is not in use and stays where it is, and both tables map alike.
pub unsafe fn switch_to(table: &'static Table, what: impl Fn(u64) -> Mapping) {
    // SAFETY: the caller's promise; both tables map alike.
    unsafe {
        table.fill(what);
        asm!(
            "dsb",
            "mcr p15, 0, {table}, c2, c0, 0",
            "isb",
            "mcr p15, 0, {zero}, c8, c7, 0",
            "mcr p15, 0, {zero}, c7, c5, 6",
            "dsb",
            "isb",
            zero = in(reg) 0,
            table = in(reg) table.base(),
            options(nostack),
        );
    }
}

/// The physical address of privileged reads of `address`, or `None` if it is not mapped (DDI 0406C, B4.2.4).
pub fn translate(address: usize) -> Option<usize> {
    let result: usize;
    // SAFETY: a translation on request, which changes PAR only; interrupts do not use it.
    unsafe {
        asm!(
            "mcr p15, 0, {address}, c7, c8, 0", "isb", "mrc p15, 0, {result}, c7, c4, 0",
            address = in(reg) address, result = out(reg) result,
            options(nomem, nostack, preserves_flags)
        );
    }
    (result & 1 == 0).then_some(result & !0xfff | address & 0xfff)
}
