//! Exception vectors: the timer's interrupt, and faults.
//!
//! The interrupt handler runs on the interrupted code's stack in System mode, so no exception mode needs a
//! stack and none of their banked registers means anything between two interrupts.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .text.vectors, "ax", %progbits
    .arm
    .align  5
    .global vectors
vectors:
    b       10f             @ reset
    b       11f             @ undefined instruction
    b       12f             @ supervisor call
    b       13f             @ prefetch abort
    b       14f             @ data abort
    b       10f             @ (hypervisor)
    b       15f             @ IRQ
    b       16f             @ FIQ

    @ The same again: a table to move to and back, for the register test.
    .align  5
    .global second_vectors
second_vectors:
    b       10f
    b       11f
    b       12f
    b       13f
    b       14f
    b       10f
    b       15f
    b       16f

10: mov     r0, #0
    b       17f
11: mov     r0, #1
    b       17f
    @ Semihosting takes its own calls; this firmware makes no others, so one that arrives here was the end.
12: wfe
    b       12b
13: mov     r0, #3
    b       17f
14: mov     r0, #4
    b       17f
16: mov     r0, #7
17: mov     r1, lr
    mrs     r2, spsr
    ldr     sp, =__oal_boot_stack_top
    bl      oal_fault

15: sub     lr, lr, #4
    srsdb   sp!, #0x1f
    cps     #0x1f
    push    {{r0-r3, r12, lr}}
    and     r1, sp, #4
    sub     sp, sp, r1
    push    {{r1, r2}}
    bl      oal_interrupt
    pop     {{r1, r2}}
    add     sp, sp, r1
    pop     {{r0-r3, r12, lr}}
    rfeia   sp!
    .ltorg
"#,
);

// SAFETY: defined in the assembly above.
unsafe extern "C" {
    /// The vector table: an address, never called.
    pub fn vectors();
    /// A second table that does the same.
    pub fn second_vectors();
}
