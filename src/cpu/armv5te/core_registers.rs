//! Core registers of every mode, in assembly: what the compiler may not see (DDI 0100, A2.3 to A2.5).

use core::arch::global_asm;
use core::ffi::c_void;

// The context's words, by byte offset: 0 pc, 4 cpsr, 8 sp; from 64: the banked registers.
global_asm!(
    r#"
    .pushsection .text.oal_armv5te, "ax", %progbits
    .arm
    .balign 4

    @ r0 context, r1 function, r2 its argument, r3 top of its stack; 0 live, 1 restored
    .type oal_armv5te_capture, %function
oal_armv5te_capture:
    push {{r3-r11, lr}}
    mrs r12, cpsr
    orr r12, r12, #0xc0
    msr cpsr_c, r12
    mov r4, r0
    mov r5, r1
    mov r6, r2
    mov r7, r3
    adr r8, oal_armv5te_resume
    str r8, [r4, #0]
    str r12, [r4, #4]
    str sp, [r4, #8]
    add r0, r4, #64
    bl oal_armv5te_banked_read
    mov r4, sp
    mov sp, r7
    mov r0, r6
    blx r5
    mov sp, r4
    mov r0, #0
    pop {{r3-r11, pc}}

    .type oal_armv5te_resume, %function
oal_armv5te_resume:
    mov r0, #1
    pop {{r3-r11, pc}}

    @ r0 context; does not return
    .type oal_armv5te_restore, %function
oal_armv5te_restore:
    mov r4, r0
    add r0, r4, #64
    bl oal_armv5te_banked_write
    ldr sp, [r4, #8]
    ldr r1, [r4, #4]
    msr cpsr_fsxc, r1
    ldr pc, [r4, #0]

    @ r0 where to
    .type oal_armv5te_banked_read, %function
oal_armv5te_banked_read:
    mrs r3, cpsr
    bic r2, r3, #0x1f
    .irp mode, 0x13, 0x12, 0x17, 0x1b
    orr r1, r2, #\mode
    msr cpsr_c, r1
    str sp, [r0], #4
    str lr, [r0], #4
    mrs r1, spsr
    str r1, [r0], #4
    .endr
    orr r1, r2, #0x11
    msr cpsr_c, r1
    stmia r0!, {{r8-r12}}
    str sp, [r0], #4
    str lr, [r0], #4
    mrs r1, spsr
    str r1, [r0], #4
    msr cpsr_c, r3
    bx lr

    @ r0 where from
    .type oal_armv5te_banked_write, %function
oal_armv5te_banked_write:
    mrs r3, cpsr
    bic r2, r3, #0x1f
    .irp mode, 0x13, 0x12, 0x17, 0x1b
    orr r1, r2, #\mode
    msr cpsr_c, r1
    ldr sp, [r0], #4
    ldr lr, [r0], #4
    ldr r1, [r0], #4
    msr spsr_fsxc, r1
    .endr
    orr r1, r2, #0x11
    msr cpsr_c, r1
    ldmia r0!, {{r8-r12}}
    ldr sp, [r0], #4
    ldr lr, [r0], #4
    ldr r1, [r0], #4
    msr spsr_fsxc, r1
    msr cpsr_c, r3
    bx lr
    .popsection
"#
);

// SAFETY: the signatures are those of the assembly above.
unsafe extern "C" {
    fn oal_armv5te_capture(
        context: *mut u32,
        live: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
        stack_top: *mut u8,
    ) -> u32;
    fn oal_armv5te_resume();
    fn oal_armv5te_restore(context: *const u32) -> !;
}

/// Where a restored system goes on.
pub(super) fn resume_address() -> u32 {
    oal_armv5te_resume as *const () as usize as u32
}

/// Captures the registers into `context`, then calls `live` on another stack. Returns 0 behind that, and 1
/// where the context was restored.
///
/// # Safety
/// `context` has [`WORDS`](super::WORDS) words that nobody else uses; `live` may be called with `argument`;
/// the stack that ends at `stack_top`, a multiple of 8, is unused. The core is in System mode.
pub(super) unsafe fn capture(
    context: *mut u32,
    live: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
    stack_top: *mut u8,
) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { oal_armv5te_capture(context, live, argument, stack_top) }
}

/// Restores the registers of a context, and goes on where it says.
///
/// # Safety
/// `context` was captured by this code, and the memory that was captured with it is in place.
pub(super) unsafe fn restore(context: *const u32) -> ! {
    // SAFETY: the caller's promise.
    unsafe { oal_armv5te_restore(context) }
}
