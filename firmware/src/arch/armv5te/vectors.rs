//! Exception vectors: the timer's interrupt, and faults.
//!
//! They are a page of their own, which the MMU maps to 0xffff0000 (DDI 0100, A2.6.11): what they refer to is
//! there by its absolute address. The interrupt handler has a stack of its own and sets it anew each time, so
//! none of the exception modes' banked registers means anything between two interrupts.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .text.vectors, "ax", %progbits
    .arm
    .align  12
    .global vectors
vectors:
    ldr     pc, 20f         @ reset
    ldr     pc, 21f         @ undefined instruction
    ldr     pc, 22f         @ supervisor call
    ldr     pc, 23f         @ prefetch abort
    ldr     pc, 24f         @ data abort
    ldr     pc, 20f         @ (reserved)
    ldr     pc, 25f         @ IRQ
    ldr     pc, 26f         @ FIQ
20: .word   10f
21: .word   11f
22: .word   12f
23: .word   13f
24: .word   14f
25: .word   15f
26: .word   16f

10: mov     r0, #0
    b       17f
11: mov     r0, #1
    b       17f
    @ Semihosting takes its own calls; this firmware makes no others, so one that arrives here was the end.
12: b       12b
13: mov     r0, #3
    b       17f
14: mov     r0, #4
    b       17f
16: mov     r0, #7
17: mov     r1, lr
    mrs     r2, spsr
    ldr     sp, =__oal_boot_stack_top
    bl      oal_fault

15: ldr     sp, =interrupt_stack_top
    sub     lr, lr, #4
    push    {{r0-r3, r12, lr}}
    bl      oal_interrupt
    ldm     sp!, {{r0-r3, r12, pc}}^
    .ltorg

    .section .bss.interrupt_stack, "aw", %nobits
    .align  3
    .space  2048
interrupt_stack_top:
"#,
);

// SAFETY: defined in the assembly above.
unsafe extern "C" {
    /// The vector table: an address, never called.
    pub fn vectors();
}
