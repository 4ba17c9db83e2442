/* Registers that only a whole capture brings back: those of the exception modes, thread IDs, the vector unit. REGISTERS of
 * them, in words, in one order. Called in System mode with exceptions masked or never taken. */
    .syntax unified
    .arch   armv7-a
    .fpu    neon
    .arm
    .text

    .macro  load_mode mode
    cps     #\mode
    ldr     sp, [r0], #4
    ldr     lr, [r0], #4
    ldr     r2, [r0], #4
    msr     spsr_cxsf, r2
    .endm

    .macro  store_mode mode
    cps     #\mode
    str     sp, [r0], #4
    str     lr, [r0], #4
    mrs     r2, spsr
    str     r2, [r0], #4
    .endm

    @ void load_registers(const uint32_t *from)
    .global load_registers
load_registers:
    mrs     r1, cpsr
    load_mode 0x12                  @ IRQ
    load_mode 0x13                  @ Supervisor
    load_mode 0x17                  @ Abort
    load_mode 0x1b                  @ Undefined
    load_mode 0x11                  @ FIQ
    ldmia   r0!, {r8-r12}
    msr     cpsr_c, r1
    ldr     r2, [r0], #4
    mcr     p15, 0, r2, c13, c0, 2  @ TPIDRURW
    ldr     r2, [r0], #4
    mcr     p15, 0, r2, c13, c0, 3  @ TPIDRURO
    ldr     r2, [r0], #4
    mcr     p15, 0, r2, c13, c0, 4  @ TPIDRPRW
    vldmia  r0!, {d8-d15}
    vldmia  r0!, {d16-d31}
    bx      lr

    @ void store_registers(uint32_t *to)
    .global store_registers
store_registers:
    mrs     r1, cpsr
    store_mode 0x12
    store_mode 0x13
    store_mode 0x17
    store_mode 0x1b
    store_mode 0x11
    stmia   r0!, {r8-r12}
    msr     cpsr_c, r1
    mrc     p15, 0, r2, c13, c0, 2
    str     r2, [r0], #4
    mrc     p15, 0, r2, c13, c0, 3
    str     r2, [r0], #4
    mrc     p15, 0, r2, c13, c0, 4
    str     r2, [r0], #4
    vstmia  r0!, {d8-d15}
    vstmia  r0!, {d16-d31}
    bx      lr

    .section .note.GNU-stack, "", %progbits
