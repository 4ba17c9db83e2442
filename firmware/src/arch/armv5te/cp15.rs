//! The system control coprocessor's registers that belong to the saved state (DDI 0100, part B).

use core::arch::asm;

/// Their number.
pub const COUNT: usize = 5;
/// Their names.
pub const NAMES: [&str; COUNT] = ["ttbr", "dacr", "fsr", "far", "pid"];

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

/// Their values.
pub fn read() -> [u32; COUNT] {
    [read!("2"), read!("3"), read!("5"), read!("6"), read!("13")]
}

/// Sets them.
///
/// # Safety
/// The values are such that this code goes on: translation and access stay what they are.
pub unsafe fn write(values: &[u32; COUNT]) {
    let [table, domains, status, address, process] = *values;
    // SAFETY: the caller's promise; what was translated by another table is forgotten.
    unsafe {
        asm!(
            "mcr p15, 0, {domains}, c3, c0, 0",
            "mcr p15, 0, {status}, c5, c0, 0",
            "mcr p15, 0, {address}, c6, c0, 0",
            "mcr p15, 0, {process}, c13, c0, 0",
            "mcr p15, 0, {table}, c2, c0, 0",
            "mcr p15, 0, {zero}, c8, c7, 0",
            "mrc p15, 0, {zero}, c2, c0, 0",
            "mov {zero}, {zero}",
            "sub pc, pc, #4",
            table = in(reg) table,
            domains = in(reg) domains,
            status = in(reg) status,
            address = in(reg) address,
            process = in(reg) process,
            zero = inout(reg) 0 => _,
            options(nostack),
        );
    }
}

/// Access to domains: 0 is the one in use and stays as it is.
const DOMAINS: u32 = 0x5d47_1d34;

/// Distinct and harmless values over the present ones. The table in use stays: the application's tells it
/// apart from the boot stage's. The process id moves the first 32 MiB, which nothing uses.
pub fn patterns(sane: &[u32; COUNT]) -> [u32; COUNT] {
    let [table, domains, ..] = *sane;
    [table, DOMAINS & !3 | domains & 3, 0x8d, 0xcf02_5a58, 0x2400_0000]
}

/// Other values than the patterns: the table at `table`, and what the registers held before.
pub fn others(sane: &[u32; COUNT], table: usize) -> [u32; COUNT] {
    let [_, rest @ ..] = *sane;
    let [domains, status, address, process] = rest;
    [table as u32, domains, status, address, process]
}
