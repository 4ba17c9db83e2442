//! The registers that each mode has for itself (ARM DDI 0406C, B1.3.2). The test runs in System mode, whose
//! own are in use; the rest are free.

use core::arch::global_asm;

/// Their number.
pub const COUNT: usize = 23;

/// Their names, in the order of the assembly below.
pub const NAMES: [&str; COUNT] = [
    "r8_fiq", "r9_fiq", "r10_fiq", "r11_fiq", "r12_fiq", "sp_fiq", "lr_fiq", "spsr_fiq", "sp_irq", "lr_irq",
    "spsr_irq", "sp_svc", "lr_svc", "spsr_svc", "sp_abt", "lr_abt", "spsr_abt", "sp_und", "lr_und",
    "spsr_und", "sp_mon", "lr_mon", "spsr_mon",
];

global_asm!(
    r#"
    .section .text.banked, "ax", %progbits
    .arm
    .macro  bank_read mode
    cps     #\mode
    str     sp, [r0], #4
    str     lr, [r0], #4
    mrs     r2, spsr
    str     r2, [r0], #4
    .endm
    .macro  bank_write mode
    cps     #\mode
    ldr     sp, [r0], #4
    ldr     lr, [r0], #4
    ldr     r2, [r0], #4
    msr     spsr_fsxc, r2
    .endm

    .global banked_read
banked_read:
    cps     #0x11
    stmia   r0!, {{r8-r12}}
    bank_read 0x11
    bank_read 0x12
    bank_read 0x13
    bank_read 0x17
    bank_read 0x1b
    cmp     r1, #0
    beq     1f
    bank_read 0x16
1:  cps     #0x1f
    bx      lr

    .global banked_write
banked_write:
    cps     #0x11
    ldmia   r0!, {{r8-r12}}
    bank_write 0x11
    bank_write 0x12
    bank_write 0x13
    bank_write 0x17
    bank_write 0x1b
    cmp     r1, #0
    beq     1f
    bank_write 0x16
1:  cps     #0x1f
    bx      lr
"#
);

// SAFETY: defined in the assembly above, with these arguments.
unsafe extern "C" {
    fn banked_read(registers: &mut [u32; COUNT], monitor: bool);
    fn banked_write(registers: &[u32; COUNT], monitor: bool);
}

/// Their values; Monitor mode's are read only in Secure state. The core is in System mode, as this firmware
/// is.
pub fn read(secure: bool) -> [u32; COUNT] {
    let mut registers = [0; COUNT];
    // SAFETY: it visits every mode that there is and comes back to System mode; interrupts either stay masked, or use no
    // banked register but those of their own mode, whose values mean nothing between two interrupts.
    unsafe { banked_read(&mut registers, secure) };
    registers
}

/// Sets them; Monitor mode's only in Secure state.
///
/// # Safety
/// Interrupts are masked: their mode's registers are set too.
pub unsafe fn write(registers: &[u32; COUNT], secure: bool) {
    // SAFETY: the caller's promise; no mode but System mode keeps anything in them.
    unsafe { banked_write(registers, secure) };
}

/// Other values than `patterns`, which are as harmless.
pub fn others(patterns: &[u32; COUNT]) -> [u32; COUNT] {
    core::array::from_fn(|i| {
        let pattern = patterns.get(i).copied().unwrap_or(0);
        let is_spsr = NAMES.get(i).is_some_and(|name| name.starts_with("spsr"));
        // Flags and GE bits.
        if is_spsr { pattern ^ 0xf00f_0000 } else { !pattern }
    })
}

/// Distinct values. An SPSR gets a mode that exists, interrupts masked, and flags of its own.
pub fn patterns() -> [u32; COUNT] {
    core::array::from_fn(|i| {
        let number = i as u32 + 1;
        match NAMES.get(i) {
            Some(name) if name.starts_with("spsr") => {
                0x0000_01d0 | (number % 16) << 28 | number << 16 & 0xf_0000 | 0x13
            }
            _ => 0xba00_0000 | number << 16 | !number & 0xffff,
        }
    })
}
