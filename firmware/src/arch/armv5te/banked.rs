//! The registers that each exception mode has for itself (DDI 0100, A2.4). The firmware runs in System mode,
//! whose own are in use; the rest are free.

use core::arch::global_asm;

/// Their number.
pub const COUNT: usize = 20;

/// Their names, in the order of the assembly below.
pub const NAMES: [&str; COUNT] = [
    "sp_svc", "lr_svc", "spsr_svc", "sp_irq", "lr_irq", "spsr_irq", "sp_abt", "lr_abt", "spsr_abt", "sp_und",
    "lr_und", "spsr_und", "r8_fiq", "r9_fiq", "r10_fiq", "r11_fiq", "r12_fiq", "sp_fiq", "lr_fiq",
    "spsr_fiq",
];

global_asm!(
    r#"
    .section .text.banked, "ax", %progbits
    .arm
    .global banked_read
banked_read:
    mrs     r3, cpsr
    bic     r2, r3, #0x1f
    .irp mode, 0x13, 0x12, 0x17, 0x1b
    orr     r1, r2, #\mode
    msr     cpsr_c, r1
    str     sp, [r0], #4
    str     lr, [r0], #4
    mrs     r1, spsr
    str     r1, [r0], #4
    .endr
    orr     r1, r2, #0x11
    msr     cpsr_c, r1
    stmia   r0!, {{r8-r12}}
    str     sp, [r0], #4
    str     lr, [r0], #4
    mrs     r1, spsr
    str     r1, [r0], #4
    msr     cpsr_c, r3
    bx      lr

    .global banked_write
banked_write:
    mrs     r3, cpsr
    bic     r2, r3, #0x1f
    .irp mode, 0x13, 0x12, 0x17, 0x1b
    orr     r1, r2, #\mode
    msr     cpsr_c, r1
    ldr     sp, [r0], #4
    ldr     lr, [r0], #4
    ldr     r1, [r0], #4
    msr     spsr_fsxc, r1
    .endr
    orr     r1, r2, #0x11
    msr     cpsr_c, r1
    ldmia   r0!, {{r8-r12}}
    ldr     sp, [r0], #4
    ldr     lr, [r0], #4
    ldr     r1, [r0], #4
    msr     spsr_fsxc, r1
    msr     cpsr_c, r3
    bx      lr
"#
);

// SAFETY: defined in the assembly above, with these arguments.
unsafe extern "C" {
    fn banked_read(registers: &mut [u32; COUNT]);
    fn banked_write(registers: &[u32; COUNT]);
}

/// Their values. The core is in System mode, as this firmware is.
pub fn read() -> [u32; COUNT] {
    let mut registers = [0; COUNT];
    // SAFETY: it visits every mode and comes back to System mode; interrupts either stay masked, or use no
    // banked register but those of their own mode, whose values mean nothing between two interrupts.
    unsafe { banked_read(&mut registers) };
    registers
}

/// Sets them.
///
/// # Safety
/// Interrupts are masked: their mode's registers are set too.
pub unsafe fn write(registers: &[u32; COUNT]) {
    // SAFETY: the caller's promise; no mode but System mode keeps anything in them.
    unsafe { banked_write(registers) };
}

fn is_status(i: usize) -> bool {
    NAMES.get(i).is_some_and(|name| name.starts_with("spsr"))
}

/// Other values than `patterns`, which are as harmless: of a status register the flags differ.
pub fn others(patterns: &[u32; COUNT]) -> [u32; COUNT] {
    core::array::from_fn(|i| {
        let pattern = patterns.get(i).copied().unwrap_or(0);
        if is_status(i) { pattern ^ 0xf000_0000 } else { !pattern }
    })
}

/// Distinct values. A status register gets a mode that exists, interrupts masked, and flags of its own.
pub fn patterns() -> [u32; COUNT] {
    core::array::from_fn(|i| {
        let number = i as u32 + 1;
        if is_status(i) { (number % 16) << 28 | 0xd3 } else { 0xba00_0000 | number << 16 | !number & 0xffff }
    })
}
