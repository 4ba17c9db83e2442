//! The first instructions after power-on: from the reset state to Rust on the boot stack. Nosave memory only.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .text.start, "ax", %progbits
    .arm
    .global _start
_start:
    @ System mode, IRQ and FIQ masked, so that the banked registers of every exception mode are free.
    msr     cpsr_c, #0xdf

    @ Whatever a loader left: MMU, caches and branch prediction off (XScale core manual, "Control and Auxiliary
    @ Control Registers").
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x1800
    bic     r0, r0, #0x0005
    mcr     p15, 0, r0, c1, c0, 0
    mrc     p15, 0, r0, c2, c0, 0
    mov     r0, r0
    sub     pc, pc, #4

    ldr     sp, =__oal_boot_stack_top

    @ Nosave memory: initialised data, zeroes.
    ldr     r0, =__oal_nosave_data_start
    ldr     r1, =__oal_nosave_data_end
    ldr     r2, =__oal_nosave_data_load
1:  cmp     r0, r1
    ldrlo   r3, [r2], #4
    strlo   r3, [r0], #4
    blo     1b
    ldr     r0, =__oal_nosave_bss_start
    ldr     r1, =__oal_nosave_bss_end
    mov     r2, #0
2:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     2b
    bl      {boot}
3:  b       3b

    @ fn enter_application(stack_top): leaves the boot stage for good.
    .global enter_application
enter_application:
    mov     sp, r0
    bl      {application}
4:  b       4b
    .ltorg
"#,
    boot = sym crate::boot_stage::boot,
    application = sym crate::application::main,
);

// SAFETY: defined in the assembly above, with these arguments.
unsafe extern "C" {
    /// Goes on in the application, on the stack that ends at `stack_top`.
    ///
    /// # Safety
    /// The stack is memory of the picture that nothing uses, `.data` and `.bss` are initialised, and nothing that
    /// lives on the boot stack is used any more.
    pub fn enter_application(stack_top: usize) -> !;
}
