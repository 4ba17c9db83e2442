//! The system control coprocessor's registers that make up a context.

use aarch32_cpu::asm::{dsb, isb};
use aarch32_cpu::register::bpiall::BpIAll;
use aarch32_cpu::register::{
    Actlr, Contextidr, Cpacr, Csselr, Dacr, Dfar, Dfsr, Iciallu, Ifar, Ifsr, Mair0, Mair1, Par, Sctlr,
    SysReg, SysRegRead, SysRegWrite, TlbIAll, Tpidrprw, Tpidruro, Tpidrurw, Ttbr0, Vbar,
};

macro_rules! register {
    ($(#[$doc:meta])* $name:ident, $crn:literal, $op1:literal, $crm:literal, $op2:literal) => {
        $(#[$doc])*
        struct $name;
        impl SysReg for $name {
            const CP: u32 = 15;
            const CRN: u32 = $crn;
            const OP1: u32 = $op1;
            const CRM: u32 = $crm;
            const OP2: u32 = $op2;
        }
        impl SysRegRead for $name {}
        impl SysRegWrite for $name {}
    };
}

register!(
    /// Translation Table Base Register 1 (DDI 0406C, B4.1.155).
    Ttbr1, 2, 0, 0, 1
);
register!(
    /// Translation Table Base Control Register (DDI 0406C, B4.1.153).
    Ttbcr, 2, 0, 0, 2
);

/// Functions that read and write a register.
type Access = (fn() -> u32, unsafe fn(u32));

fn access<R: SysRegRead + SysRegWrite>() -> Access {
    (R::read_raw, R::write_raw)
}

/// Bits of SCTLR that must be set, in what was captured and now: MMU on.
const SCTLR_M: u32 = 1;

/// Positions in [`registers`] of those that are not simply written back.
const SCTLR: usize = 0;
const ACTLR: usize = 1;
const TTBCR: usize = 5;
const DACR: usize = 6;
/// TTBCR.N: where TTBR0's half of the address space ends (DDI 0406C, B4.1.153). The same in both worlds.
const TTBCR_N: u32 = 7;
/// Every domain checks the tables' permissions (DDI 0406C, B4.1.43).
const DACR_ALL_CLIENTS: u32 = 0x5555_5555;
/// CPACR is restored after the VFP registers, which may need it open; `core_registers` knows this position.
const CPACR: usize = 2;

/// All registers, in the order of the context. PRRR and NMRR have the encodings of MAIR0 and MAIR1.
fn registers() -> [Access; 20] {
    [
        access::<Sctlr>(),
        access::<Actlr>(),
        access::<Cpacr>(),
        access::<Ttbr0>(),
        access::<Ttbr1>(),
        access::<Ttbcr>(),
        access::<Dacr>(),
        access::<Mair0>(),
        access::<Mair1>(),
        access::<Vbar>(),
        access::<Contextidr>(),
        access::<Tpidrurw>(),
        access::<Tpidruro>(),
        access::<Tpidrprw>(),
        access::<Csselr>(),
        access::<Dfsr>(),
        access::<Ifsr>(),
        access::<Dfar>(),
        access::<Ifar>(),
        access::<Par>(),
    ]
}

/// Reads every register into `words`.
pub(super) fn save(words: &mut [u32]) {
    for (word, (read, _)) in words.iter_mut().zip(registers()) {
        *word = read();
    }
}

/// Whether a context's registers can be restored from here.
pub(super) fn accepts(words: &[u32]) -> bool {
    words.len() >= registers().len()
        && words.get(SCTLR).is_some_and(|sctlr| sctlr & Sctlr::read_raw() & SCTLR_M != 0)
        && words.get(TTBCR).is_some_and(|ttbcr| (ttbcr ^ Ttbcr::read_raw()) & TTBCR_N == 0)
}

/// Writes every register but CPACR. Afterwards the context's translation tables are in use.
///
/// # Safety
/// The context was captured on this kind of core; its tables map the code and the stack in use as the
/// present ones do.
pub(super) unsafe fn restore(words: &[u32]) {
    for (i, (word, (read, write))) in words.iter().zip(registers()).enumerate() {
        // ACTLR may be read-only to Non-secure code; what is there already needs no write.
        if i == SCTLR || i == CPACR || (i == ACTLR && read() == *word) {
            continue;
        }
        // The new tables may put code and stack in a domain that the old DACR closes, or the other way round.
        let value = if i == DACR { DACR_ALL_CLIENTS } else { *word };
        // SAFETY: the value was read from the register on this kind of core. Between two writes the translation may
        // belong to neither world, but code and stack are mapped alike by both TTBR0s, which is the caller's promise,
        // `accepts` saw that TTBCR splits the address space alike, and no domain is closed; nothing else is touched
        // before the TLB is empty.
        unsafe { write(value) };
    }
    isb();
    TlbIAll::write();
    Iciallu::write();
    BpIAll::write();
    dsb();
    isb();
    if let Some(sctlr) = words.first() {
        // SAFETY: `accepts` saw that the MMU stays on; the rest is as the captured system had it.
        unsafe { Sctlr::write_raw(*sctlr) };
    }
    isb();
    // Again: what was fetched and translated in between was so by the old SCTLR.
    TlbIAll::write();
    BpIAll::write();
    dsb();
    isb();
    if let Some(dacr) = words.get(DACR) {
        // SAFETY: the domains that the captured system had open, this code's among them, by its own tables.
        unsafe { Dacr::write_raw(*dacr) };
    }
    isb();
}
