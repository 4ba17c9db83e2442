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
    cpsid   if
    @ All cores start here. Those that are not core 0 sleep; this firmware has no work for them.
    mrc     p15, 0, r0, c0, c0, 5
    tst     r0, #0xff
    bne     3f

    @ Where the board starts its clock, if that needs starting: it counts from here on, the time since power-on.
    bl      oal_early_init

    @ Whatever a loader left: MMU, caches and branch prediction off; alignment checked, until the MMU is on.
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x1800
    bic     r0, r0, #0x2000
    bic     r0, r0, #0x0005
    orr     r0, r0, #0x0002
    mcr     p15, 0, r0, c1, c0, 0
    isb
    mov     r0, #0
    mcr     p15, 0, r0, c8, c7, 0
    mcr     p15, 0, r0, c7, c5, 0
    mcr     p15, 0, r0, c7, c5, 6
    bl      invalidate_data_cache
    dsb
    isb

    ldr     r0, ={vectors}
    mcr     p15, 0, r0, c12, c0, 0

    @ System mode, so that the banked registers of every exception mode are free.
    cps     #0x1f
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

    @ VFP and Advanced SIMD on.
    mrc     p15, 0, r0, c1, c0, 2
    orr     r0, r0, #0xf00000
    mcr     p15, 0, r0, c1, c0, 2
    isb
    .fpu    neon
    mov     r0, #0x40000000
    vmsr    fpexc, r0
    mov     r0, #0
    vmsr    fpscr, r0

    bl      oal_boot
3:  wfe
    b       3b

    @ Invalidates the level 1 data cache by set and way, without writing anything back (its contents after
    @ power-on are undefined). Uses r0 to r5.
invalidate_data_cache:
    mov     r0, #0
    mcr     p15, 2, r0, c0, c0, 0
    isb
    mrc     p15, 1, r0, c0, c0, 0
    ubfx    r1, r0, #13, #15        @ last set
    ubfx    r2, r0, #3, #10         @ last way
    and     r3, r0, #7
    add     r3, r3, #4              @ log2 of the line's bytes
    clz     r4, r2                  @ ways are counted from bit 31 down
    cmp     r2, #0
    moveq   r4, #0
5:  mov     r0, r2
6:  mov     r5, r1, lsl r3
    orr     r5, r5, r0, lsl r4
    mcr     p15, 0, r5, c7, c6, 2
    subs    r0, r0, #1
    bge     6b
    subs    r1, r1, #1
    bge     5b
    bx      lr

    @ `oal_early_init` of a board without one (the linker's PROVIDE).
    .global oal_no_early_init
oal_no_early_init:
    bx      lr

    @ fn enter_application(stack_top): leaves the boot stack for good.
    .global enter_application
enter_application:
    mov     sp, r0
    bl      oal_application
7:  wfe
    b       7b
    .ltorg
"#,
    vectors = sym super::vectors::vectors,
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
