//! The system control coprocessor's registers, and FPEXC (ARM DDI 0406C, B4.1).

use core::arch::asm;

use super::vectors::{second_vectors, vectors};

macro_rules! registers {
    ($($name:ident: $crn:literal $op1:literal $crm:literal $op2:literal;)+) => {
        /// Their names.
        pub const NAMES: [&str; COUNT] = [$(stringify!($name),)+ "fpexc"];
        /// Their number.
        pub const COUNT: usize = [$(stringify!($name)),+].len() + 1;

        /// Their values.
        pub fn read() -> [u32; COUNT] {
            [
                $({
                    let value: u32;
                    // SAFETY: reading has no effect.
                    unsafe {
                        asm!(
                            concat!("mrc p15, ", $op1, ", {}, c", $crn, ", c", $crm, ", ", $op2),
                            out(reg) value, options(nomem, nostack, preserves_flags)
                        );
                    }
                    value
                },)+
                read_fpexc(),
            ]
        }

        /// Sets them, the first one last.
        ///
        /// # Safety
        /// The values are such that this code goes on: translation, vectors and access stay what they are.
        pub unsafe fn write(values: &[u32; COUNT]) {
            let [$($name,)+ fpexc] = *values;
            write_fpexc(fpexc);
            // SAFETY: the caller's promise.
            unsafe {
                $(asm!(
                    concat!("mcr p15, ", $op1, ", {}, c", $crn, ", c", $crm, ", ", $op2),
                    in(reg) $name, options(nostack, preserves_flags)
                );)+
                asm!("isb", options(nostack, preserves_flags));
            }
        }
    };
}

registers! {
    ttbr0: "2" "0" "0" "0";
    ttbr1: "2" "0" "0" "1";
    ttbcr: "2" "0" "0" "2";
    dacr: "3" "0" "0" "0";
    dfsr: "5" "0" "0" "0";
    ifsr: "5" "0" "0" "1";
    dfar: "6" "0" "0" "0";
    ifar: "6" "0" "0" "2";
    par: "7" "0" "4" "0";
    prrr: "10" "0" "2" "0";
    nmrr: "10" "0" "2" "1";
    vbar: "12" "0" "0" "0";
    contextidr: "13" "0" "0" "1";
    tpidrurw: "13" "0" "0" "2";
    tpidruro: "13" "0" "0" "3";
    tpidrprw: "13" "0" "0" "4";
    csselr: "0" "2" "0" "0";
    cpacr: "1" "0" "0" "2";
    actlr: "1" "0" "0" "1";
    sctlr: "1" "0" "0" "0";
}

fn read_fpexc() -> u32 {
    let value: u32;
    // SAFETY: reading has no effect; the VFP is on from the first instructions on.
    unsafe { asm!(".fpu neon", "vmrs {}, fpexc", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

fn write_fpexc(value: u32) {
    // SAFETY: compiled code has no use for the VFP, and whoever switches it off sees to its being on for the rest.
    unsafe { asm!(".fpu neon", "vmsr fpexc, {}", in(reg) value, options(nomem, nostack, preserves_flags)) };
}

/// Puts a translation table into a set of values, as TTBR0 has it.
pub fn set_table(values: &mut [u32; COUNT], table: usize) {
    let [ttbr0, ..] = values;
    *ttbr0 = table as u32;
}

/// Switches the VFP off: until it is on again, its registers cannot be used.
pub fn switch_vfp_off() {
    write_fpexc(0);
}

/// SCTLR.RR, the caches' replacement strategy.
const ROUND_ROBIN: u32 = 1 << 14;
/// TTBCR.PD1: no walks by TTBR1, which nothing uses.
const NO_SECOND_WALKS: u32 = 1 << 5;
/// CPACR: what lets unprivileged code, of which there is none, use the VFP.
const VFP_FOR_USERS: u32 = 0xa << 20;
/// Access to domains: 0 is the one in use and stays as it is.
const DOMAINS: u32 = 0x5d47_1d34;

/// Distinct and harmless values over the present ones.
pub fn patterns(sane: &[u32; COUNT]) -> [u32; COUNT] {
    let mut patterns = *sane;
    for (i, (pattern, name)) in patterns.iter_mut().zip(NAMES).enumerate() {
        let distinct = 0xcf00_0000 | (i as u32 + 1) << 16 | 0x5a5a;
        *pattern = match name {
            // In use; the application's table tells it apart from the boot stage's.
            "ttbr0" | "fpexc" => *pattern,
            // No core that this runs on lets it be changed to something harmless.
            "actlr" => *pattern,
            "ttbr1" => 0x6ab0_0000 | 0x48,
            "ttbcr" => *pattern | NO_SECOND_WALKS,
            "dacr" => DOMAINS & !3 | *pattern & 3,
            // Status and source fields, and the bits that this core has.
            "dfsr" => 0x0000_180d,
            "ifsr" => 0x0000_1407,
            "vbar" if *pattern == vectors as *const () as u32 => second_vectors as *const () as u32,
            "vbar" => vectors as *const () as u32,
            "csselr" => *pattern ^ 1,
            "cpacr" => *pattern & !VFP_FOR_USERS,
            "sctlr" => *pattern ^ ROUND_ROBIN,
            // Physical address attributes of a lookup that succeeded.
            "par" => 0x6123_4000,
            _ => distinct,
        };
    }
    patterns
}
