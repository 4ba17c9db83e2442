//! The system control coprocessor (DDI 0100, part B): translation table base, domains, fault status, fault
//! address, process id.

use core::arch::asm;

/// How many registers a context holds.
const COUNT: usize = 5;

macro_rules! read {
    ($crn:literal) => {{
        let value: u32;
        // SAFETY: reading has no effect.
        unsafe {
            asm!(
                concat!("mrc p15, 0, {}, c", $crn, ", c0, 0"), out(reg) value,
                options(nomem, nostack, preserves_flags)
            );
        }
        value
    }};
}

/// Register 1, Control.
pub(super) fn control() -> u32 {
    read!("1")
}

/// Register 0, Main ID.
pub(super) fn main_id() -> u32 {
    read!("0")
}

/// Saves the registers to the first words.
pub(super) fn save(words: &mut [u32]) {
    let values: [u32; COUNT] = [read!("2"), read!("3"), read!("5"), read!("6"), read!("13")];
    for (word, value) in words.iter_mut().zip(values) {
        *word = value;
    }
}

/// Restores the registers from the first words; without as many it does nothing. What was stored is drained
/// to memory, and nothing that was translated or fetched before is used again.
///
/// # Safety
/// The values are those of a capture, whose tables map code, nosave memory and this stack as the present ones
/// do.
pub(super) unsafe fn restore(words: &[u32]) {
    let Some(&[table, domains, status, address, process]) = words.first_chunk::<COUNT>() else { return };
    // SAFETY: the caller's promise. The read of register 2 and what follows it waits until the changes are in effect (XScale core
    // manual, "CPWAIT").
    unsafe {
        asm!(
            "mcr p15, 0, {zero}, c7, c10, 4",
            "mcr p15, 0, {domains}, c3, c0, 0",
            "mcr p15, 0, {status}, c5, c0, 0",
            "mcr p15, 0, {address}, c6, c0, 0",
            "mcr p15, 0, {process}, c13, c0, 0",
            "mcr p15, 0, {table}, c2, c0, 0",
            "mcr p15, 0, {zero}, c7, c5, 0",
            "mcr p15, 0, {zero}, c8, c7, 0",
            "mrc p15, 0, {table}, c2, c0, 0",
            "mov {table}, {table}",
            "sub pc, pc, #4",
            zero = in(reg) 0,
            table = inout(reg) table => _,
            domains = in(reg) domains,
            status = in(reg) status,
            address = in(reg) address,
            process = in(reg) process,
            options(nostack),
        );
    }
}
