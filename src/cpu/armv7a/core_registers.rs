//! Core registers of every mode and the VFP registers, in assembly: what the compiler may not see.
//!
//! Banked registers: DDI 0406C, B1.3.2. VFP: A2.6, B1.11.

use core::arch::{asm, global_asm};
use core::ffi::c_void;

use aarch32_cpu::asm::isb;
use aarch32_cpu::register::{Cpacr, SysRegRead, SysRegWrite};

use bitflags::bitflags;

bitflags! {
    /// The optional parts of a context: the flags in the context.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Held: u32 {
        /// Monitor mode's registers.
        const SECURE = 1;
        /// FPEXC, FPSCR and d0 to d15.
        const VFP = 2;
        /// d16 to d31.
        const D32 = 4;
    }
}

// The context's words, by byte offset: 0 pc, 4 cpsr, 8 sp, 12 flags; from 44: usr sp lr; svc, irq, abt, und: sp
// lr spsr each; fiq: r8 to r12 sp lr spsr; mon: sp lr spsr. 168 CPACR. 240 FPEXC, 244 FPSCR, 256 d0 to d31.
//
// r4 to r11 and lr of the caller are on its stack, which is saved: they need no place in the context.
global_asm!(
    r#"
    .pushsection .text.oal_armv7a, "ax", %progbits
    .arch armv7-a
    .fpu neon
    .arm
    .balign 4

    @ r0 context, r1 function, r2 its argument, r3 top of its stack; 0 live, 1 restored
    .global oal_armv7a_capture
    .type oal_armv7a_capture, %function
oal_armv7a_capture:
    push {{r3-r11, lr}}
    mrs r12, cpsr
    cpsid aif
    orr r12, r12, #0x1c0
    adr r4, oal_armv7a_resume
    str r4, [r0, #0]
    str r12, [r0, #4]
    str sp, [r0, #8]
    ldr r11, [r0, #12]
    add r5, r0, #44

    cps #0x1f
    str sp, [r5], #4
    str lr, [r5], #4
    .irp mode, 0x13, 0x12, 0x17, 0x1b
    cps #\mode
    str sp, [r5], #4
    str lr, [r5], #4
    mrs r6, spsr
    str r6, [r5], #4
    .endr
    cps #0x11
    stmia r5!, {{r8-r12}}
    str sp, [r5], #4
    str lr, [r5], #4
    mrs r6, spsr
    str r6, [r5], #4
    @ r8 to r12 are banked in FIQ mode: r11 is ours again only behind the switch
    ldr r7, [r0, #4]
    msr cpsr_c, r7
    tst r11, #1
    beq 1f
    cps #0x16
    str sp, [r5], #4
    str lr, [r5], #4
    mrs r6, spsr
    str r6, [r5], #4
1:  msr cpsr_c, r7

    tst r11, #2
    beq 3f
    vmrs r6, fpexc
    str r6, [r0, #240]
    orr r7, r6, #0x40000000
    vmsr fpexc, r7
    vmrs r7, fpscr
    str r7, [r0, #244]
    add r5, r0, #256
    vstmia r5!, {{d0-d15}}
    tst r11, #4
    beq 2f
    vstmia r5!, {{d16-d31}}
2:  vmsr fpexc, r6
3:  ldr r6, [r0, #168]
    mcr p15, 0, r6, c1, c0, 2
    isb

    mov r4, sp
    mov sp, r3
    mov r0, r2
    blx r1
    mov sp, r4
    mov r0, #0
    pop {{r3-r11, pc}}

    .global oal_armv7a_resume
    .type oal_armv7a_resume, %function
oal_armv7a_resume:
    mov r0, #1
    pop {{r3-r11, pc}}

    @ r0 context; does not return
    .global oal_armv7a_restore
    .type oal_armv7a_restore, %function
oal_armv7a_restore:
    cpsid aif
    ldr r4, [r0, #12]
    tst r4, #2
    beq 2f
    mov r7, #0x40000000
    vmsr fpexc, r7
    add r5, r0, #256
    vldmia r5!, {{d0-d15}}
    tst r4, #4
    beq 1f
    vldmia r5!, {{d16-d31}}
1:  ldr r7, [r0, #244]
    vmsr fpscr, r7
    ldr r7, [r0, #240]
    vmsr fpexc, r7
2:  ldr r7, [r0, #168]
    mcr p15, 0, r7, c1, c0, 2
    isb

    add r5, r0, #44
    cps #0x1f
    ldr sp, [r5], #4
    ldr lr, [r5], #4
    .irp mode, 0x13, 0x12, 0x17, 0x1b
    cps #\mode
    ldr sp, [r5], #4
    ldr lr, [r5], #4
    ldr r6, [r5], #4
    msr spsr_fsxc, r6
    .endr
    cps #0x11
    ldmia r5!, {{r8-r12}}
    ldr sp, [r5], #4
    ldr lr, [r5], #4
    ldr r6, [r5], #4
    msr spsr_fsxc, r6
    tst r4, #1
    beq 3f
    @ r0 to r7 are banked in no mode
    cps #0x16
    ldr sp, [r5], #4
    ldr lr, [r5], #4
    ldr r6, [r5], #4
    msr spsr_fsxc, r6
3:  ldr r1, [r0, #4]
    msr cpsr_fsxc, r1
    ldr r2, [r0, #0]
    bx r2
    .popsection
"#
);

// SAFETY: the signatures are those of the assembly above.
unsafe extern "C" {
    fn oal_armv7a_capture(
        context: *mut u32,
        live: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
        stack_top: *mut u8,
    ) -> u32;
    fn oal_armv7a_resume();
    fn oal_armv7a_restore(context: *const u32) -> !;
}

/// Captures core and VFP registers, calls `live(argument)` on the stack that ends at `stack_top`, and returns
/// 0; or 1 after a restore.
///
/// # Safety
/// `context` is a whole context with its flags and CPACR filled in; `live` may be called with `argument`; the
/// stack is aligned to 8, large enough and unused; the core is in a privileged mode, not FIQ, Monitor or Hyp.
pub(super) unsafe fn capture(
    context: *mut u32,
    live: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
    stack_top: *mut u8,
) -> u32 {
    open_vfp();
    // SAFETY: the caller's promise.
    unsafe { oal_armv7a_capture(context, live, argument, stack_top) }
}

/// Restores what [`capture`] captured.
///
/// # Safety
/// `context` is a context of this build that [`capture`] made; memory and translation are what they were
/// then.
pub(super) unsafe fn restore(context: *const u32) -> ! {
    open_vfp();
    // SAFETY: the caller's promise.
    unsafe { oal_armv7a_restore(context) }
}

/// The address at which execution resumes after a restore: the same in every context of this build.
pub(super) fn resume_address() -> u32 {
    oal_armv7a_resume as *const () as usize as u32
}

/// CPACR: full access to cp10 and cp11, neither ASEDIS nor D32DIS.
const CPACR_OPEN: u32 = 0xf << 20;
const CPACR_DISABLE: u32 = 3 << 30;

fn open_vfp() {
    let cpacr = Cpacr::read_raw();
    // SAFETY: opens coprocessors that only `capture`, `restore` and `vfp` use before CPACR is put back.
    unsafe { Cpacr::write_raw((cpacr | CPACR_OPEN) & !CPACR_DISABLE) };
    isb();
}

/// The VFP registers of the core.
pub(super) fn vfp() -> Held {
    let cpacr = Cpacr::read_raw();
    open_vfp();
    let mut held = Held::empty();
    // Without a VFP the access bits read as zero (DDI 0406C, B4.1.40).
    if Cpacr::read_raw() & CPACR_OPEN == CPACR_OPEN {
        let mvfr0: u32;
        // SAFETY: a read of an identification register; the access bits are open.
        unsafe {
            asm!(".fpu neon", "vmrs {}, mvfr0", out(reg) mvfr0, options(nomem, nostack, preserves_flags))
        };
        held = Held::VFP;
        held.set(Held::D32, mvfr0 & 0xf == 2);
    }
    // SAFETY: the value that was read from it.
    unsafe { Cpacr::write_raw(cpacr) };
    isb();
    held
}
