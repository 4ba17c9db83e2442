/* The first instructions after power-on: from the reset state to C on the boot stack. Everything here uses nosave memory
 * only; the application's data, in RAM that holds anything, is cleared by clear_data. */
    .syntax unified
    .arch   armv7-a
    .fpu    neon
    .arm

    .section .text.start, "ax", %progbits
    .global _start
_start:
    cpsid   aif
    @ The board shows its flash at address 0, too, and may do so only at power-on: on to where this was linked.
    ldr     pc, =10f
    @ All cores start here; there is no work for those that are not core 0.
10: mrc     p15, 0, r0, c0, c0, 5
    tst     r0, #0xff
    bne     3f

    @ MMU, caches and branch prediction off, whatever a loader left; translations and instruction cache forgotten.
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x1800
    bic     r0, r0, #0x2000
    bic     r0, r0, #0x0005
    mcr     p15, 0, r0, c1, c0, 0
    isb
    mov     r0, #0
    mcr     p15, 0, r0, c8, c7, 0
    mcr     p15, 0, r0, c7, c5, 0
    mcr     p15, 0, r0, c7, c5, 6
    @ The level 1 data cache's contents after power-on are undefined.
    bl      invalidate_data_cache
    dsb
    isb
    ldr     r0, =vectors
    mcr     p15, 0, r0, c12, c0, 0

    @ System mode: the banked registers of the exception modes are free.
    cps     #0x1f
    ldr     sp, =__oal_boot_stack_top

    @ Vector unit on.
    mrc     p15, 0, r0, c1, c0, 2
    orr     r0, r0, #0xf00000
    mcr     p15, 0, r0, c1, c0, 2
    isb
    mov     r0, #0x40000000
    vmsr    fpexc, r0

    ldr     r0, =__nosave_bss_start
    ldr     r1, =__nosave_bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b
    bl      boot
3:  wfe
    b       3b

    @ An exception ends in a line on the console.
    .balign 32
vectors:
    b       9f
    b       9f
    b       9f
    b       9f
    b       9f
    b       9f
    b       9f
    b       9f
9:  sub     r0, lr, #8
    ldr     sp, =__oal_boot_stack_top
    b       unexpected
    .ltorg

    @ One operation on every line of the level 1 data cache, by set and way (ARM DDI 0406C, B2.2.7). Changes r0 to r5.
    .macro  data_cache operation
    mov     r0, #0
    mcr     p15, 2, r0, c0, c0, 0
    isb
    mrc     p15, 1, r0, c0, c0, 0
    ubfx    r1, r0, #13, #15        @ last set
    ubfx    r2, r0, #3, #10         @ last way
    and     r3, r0, #7
    add     r3, r3, #4              @ log2 of a line's bytes
    clz     r4, r2                  @ ways are numbered from bit 31 down
    cmp     r2, #0
    moveq   r4, #0
4:  mov     r0, r2
5:  mov     r5, r1, lsl r3
    orr     r5, r5, r0, lsl r4
    mcr     p15, 0, r5, c7, \operation, 2
    subs    r0, r0, #1
    bge     5b
    subs    r1, r1, #1
    bge     4b
    .endm

invalidate_data_cache:
    data_cache c6
    bx      lr

    @ void clear_data(void): .data gets its first values, .bss zeroes.
    .section .text.clear_data, "ax", %progbits
    .global clear_data
clear_data:
    ldr     r0, =__data_start
    ldr     r1, =__data_end
    ldr     r2, =__data_load
6:  cmp     r0, r1
    ldrlo   r3, [r2], #4
    strlo   r3, [r0], #4
    blo     6b
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
7:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     7b
    bx      lr
    .ltorg

    @ void enter_application(void): leaves the boot stack for good.
    .section .text.enter_application, "ax", %progbits
    .global enter_application
enter_application:
    ldr     sp, =__application_stack_top
    bl      application
8:  wfe
    b       8b
    .ltorg

    @ const char *call_on(void *stack, const char *(*function)(void)): calls a function on another stack.
    .section .text.call_on, "ax", %progbits
    .global call_on
call_on:
    push    {r4, lr}
    mov     r4, sp
    mov     sp, r0
    blx     r1
    mov     sp, r4
    pop     {r4, pc}

    @ void start_program(uint32_t entry): another program, which finds in memory what was written through the caches, and
    @ caches and MMU off. The data cache takes nothing new before it is cleaned.
    .section .text.start_program, "ax", %progbits
    .global start_program
start_program:
    mov     r6, r0
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x0004
    mcr     p15, 0, r0, c1, c0, 0
    isb
    data_cache c14
    dsb
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x1800
    bic     r0, r0, #0x0001
    mcr     p15, 0, r0, c1, c0, 0
    isb
    mov     r0, #0
    mcr     p15, 0, r0, c7, c5, 0
    mcr     p15, 0, r0, c7, c5, 6
    dsb
    isb
    bx      r6

    .section .note.GNU-stack, "", %progbits
