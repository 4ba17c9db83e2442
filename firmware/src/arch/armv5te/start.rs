//! The first instructions after power-on: from the reset state to Rust on the boot stack.
//!
//! Everything here and up to the end of [`boot_stage`](crate::boot_stage) uses nosave memory only.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .text.start, "ax", %progbits
    .arm
    .global _start
_start:
    @ System mode, IRQ and FIQ masked, so that the banked registers of every exception mode are free.
    msr     cpsr_c, #0xdf

    @ Where the board starts its clock, if that needs starting: it counts from here on, the time since power-on.
    bl      oal_early_init

    @ Whatever a loader left: MMU, caches and branch prediction off (XScale core manual, "Control and Auxiliary
    @ Control Registers"); instruction cache and TLB empty.
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x1800
    bic     r0, r0, #0x0005
    mcr     p15, 0, r0, c1, c0, 0
    mov     r0, #0
    mcr     p15, 0, r0, c7, c5, 0
    mcr     p15, 0, r0, c8, c7, 0
    mrc     p15, 0, r0, c2, c0, 0
    mov     r0, r0
    sub     pc, pc, #4

    ldr     sp, =__oal_boot_stack_top

    @ Nosave memory: initialised data, zeroes, a painted stack.
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
    ldr     r0, =__oal_boot_stack_bottom
    ldr     r1, =__oal_boot_stack_top
    ldr     r2, ={paint}
4:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     4b

    bl      oal_boot
3:  b       3b

    @ `oal_early_init` of a board without one (the linker's PROVIDE).
    .global oal_no_early_init
oal_no_early_init:
    bx      lr

    @ fn enter_application(stack_top): leaves the boot stack for good.
    .global enter_application
enter_application:
    mov     sp, r0
    bl      oal_application
5:  b       5b
    .ltorg
"#,
    paint = const crate::layout::PAINT,
);

// SAFETY: defined in the assembly above, with these arguments.
unsafe extern "C" {
    /// Goes on in the application, on the stack that ends at `stack_top`.
    ///
    /// # Safety
    /// The stack is memory of the application that nothing uses, `.data` and `.bss` are initialised, and
    /// nothing that lives on the boot stack is used any more.
    pub fn enter_application(stack_top: usize) -> !;
}

/// Lets the first instructions after power-on write a word to a device's register, to start the clock for
/// instance: `early_store!(address, value);`, once in a board. Nothing is initialised by then, and the MMU is
/// off.
#[macro_export]
macro_rules! early_store {
    ($address:expr, $value:expr) => {
        core::arch::global_asm!(
            r#"
    .section .text.early, "ax", %progbits
    .arm
    .global oal_early_init
oal_early_init:
    ldr     r0, ={address}
    ldr     r1, ={value}
    str     r1, [r0]
    bx      lr
    .ltorg
"#,
            address = const $address,
            value = const $value,
        );
    };
}
