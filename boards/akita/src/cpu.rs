//! The CPU's hooks for ARMv5TE, with the MMU and the caches off.
//!
//! Checked against the ARM Architecture Reference Manual, DDI 0100, A2.3 to A2.5 (modes, registers, status registers), and
//! the XScale core's manual. The context holds the core registers of every mode; what CP15 and CP0 (the accumulator and
//! iWMMXt) hold is not used by this firmware: the Control register is only compared.

use core::arch::{asm, global_asm};
use core::convert::Infallible;
use core::ffi::c_void;

use oal_snapshot::cpu::{Architecture, CpuContext};
use oal_snapshot::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};

/// Words of the banked registers of the exception modes: svc, irq, abt, und: sp lr spsr each; fiq: r8 to r12 sp lr spsr.
pub const BANKED: usize = 20;

/// Which of them are SPSRs.
const SPSRS: [usize; 5] = [2, 5, 8, 11, 19];

/// Where the registers are in the context, in words: 2 is sp, and [`BANKED`] follow from 8 on. r4 to r11 and lr of the
/// caller are on its stack, which is in the picture.
mod word {
    pub const PC: usize = 0;
    pub const CPSR: usize = 1;
    pub const CONTROL: usize = 3;
    pub const MAIN_ID: usize = 4;
    pub const COUNT: usize = 8 + super::BANKED;
}

/// System mode, ARM state, IRQ and FIQ masked, as the low byte of CPSR.
const SYSTEM: u32 = 0xdf;

global_asm!(
    r#"
    .pushsection .text.akita_cpu, "ax", %progbits
    .arm
    .balign 4

    @ r0 context, r1 function, r2 its argument, r3 top of its stack; 0 live, 1 restored
    .type akita_capture, %function
akita_capture:
    push {{r3-r11, lr}}
    mrs r12, cpsr
    orr r12, r12, #0xc0
    msr cpsr_c, r12
    mov r4, r0
    mov r5, r1
    mov r6, r2
    mov r7, r3
    adr r8, akita_resume
    str r8, [r4, #0]
    str r12, [r4, #4]
    str sp, [r4, #8]
    add r0, r4, #32
    bl akita_banked_read
    mov r4, sp
    mov sp, r7
    mov r0, r6
    blx r5
    mov sp, r4
    mov r0, #0
    pop {{r3-r11, pc}}

    .type akita_resume, %function
akita_resume:
    mov r0, #1
    pop {{r3-r11, pc}}

    @ r0 context; does not return
    .type akita_restore, %function
akita_restore:
    mov r4, r0
    add r0, r4, #32
    bl akita_banked_write
    ldr sp, [r4, #8]
    ldr r1, [r4, #4]
    msr cpsr_fsxc, r1
    ldr pc, [r4, #0]

    @ r0 where to
    .type akita_banked_read, %function
akita_banked_read:
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
    .type akita_banked_write, %function
akita_banked_write:
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
    fn akita_capture(
        context: *mut u32,
        live: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
        stack_top: *mut u8,
    ) -> u32;
    fn akita_resume();
    fn akita_restore(context: *const u32) -> !;
    fn akita_banked_read(registers: *mut [u32; BANKED]);
    fn akita_banked_write(registers: *const [u32; BANKED]);
}

/// The banked registers of the exception modes, which this firmware never enters.
pub fn banked() -> [u32; BANKED] {
    let mut registers = [0; BANKED];
    // SAFETY: the firmware runs in System mode with interrupts masked, and the array has room for all of them.
    unsafe { akita_banked_read(&mut registers) };
    registers
}

/// Sets them.
pub fn set_banked(registers: &[u32; BANKED]) {
    // SAFETY: as above; no mode that they belong to is ever entered.
    unsafe { akita_banked_write(registers) };
}

/// Values for them, each another one. An SPSR is that of System mode with some flags, since it does not hold every word.
pub fn banked_pattern(seed: u32) -> [u32; BANKED] {
    core::array::from_fn(|i| {
        let word = (seed ^ i as u32).wrapping_mul(0x9e37_79b9);
        if SPSRS.contains(&i) { word & 0xf000_0000 | 0x1f } else { word }
    })
}

/// A stack of `BYTES` bytes in nosave memory.
#[repr(C, align(8))]
pub struct Stack<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Stack<BYTES> {
    /// An unused stack.
    pub const fn new() -> Self {
        const { assert!(BYTES.is_multiple_of(8)) };
        Stack([0; BYTES])
    }
}

/// The core, with the stack on which the engine runs between capture and last write.
pub struct Armv5te {
    stack_top: *mut u8,
}

impl Armv5te {
    /// The core. The firmware runs in System mode.
    pub fn new<const BYTES: usize>(stack: &'static mut Stack<BYTES>) -> Armv5te {
        Armv5te { stack_top: stack.0.as_mut_ptr_range().end }
    }
}

/// What the writer's stack carries: the closure to call, and what to call it with.
struct Live<'a> {
    closure: &'a mut dyn FnMut(&CpuContext),
    context: *const CpuContext,
}

/// Calls the closure, on the nosave stack.
///
/// # Safety
/// `live` points to a [`Live`] whose context nobody writes to.
unsafe extern "C" fn call_live(live: *mut c_void) {
    // SAFETY: the caller's promise.
    let live = unsafe { &mut *live.cast::<Live<'_>>() };
    // SAFETY: the caller's promise; the capture is complete.
    (live.closure)(unsafe { &*live.context });
}

fn control() -> u32 {
    let value;
    // SAFETY: reads CP15 register 1, Control.
    unsafe { asm!("mrc p15, 0, {}, c1, c0, 0", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

fn main_id() -> u32 {
    let value;
    // SAFETY: reads CP15 register 0, ID.
    unsafe { asm!("mrc p15, 0, {}, c0, c0, 0", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

impl TakeCpuSnapshot for Armv5te {
    const ARCHITECTURE: Architecture = Architecture(0x0005_0001);

    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        context.set_resume_address((akita_resume as *const () as usize as u32).into());
        let context: *mut CpuContext = context;
        // SAFETY: the exclusive borrow that this function was given; `words` is its only use until the capture.
        let words = unsafe { &mut *context }.words_mut(word::COUNT);
        words.fill(0);
        for (at, value) in [(word::CONTROL, control()), (word::MAIN_ID, main_id())] {
            if let Some(word) = words.get_mut(at) {
                *word = value;
            }
        }
        let mut live = Live { closure: live, context };
        // SAFETY: `words` is a whole context; `call_live` gets what it needs; the stack is this value's own
        // (`new` took it for ever), used by nothing else, and aligned to 8.
        let restored =
            unsafe { akita_capture(words.as_mut_ptr(), call_live, (&raw mut live).cast(), self.stack_top) };
        if restored == 0 { Fork::Live } else { Fork::Restored }
    }
}

impl RestoreCpu for Armv5te {
    type Entered = Infallible;

    fn accepts(&self, context: &CpuContext) -> bool {
        let words = context.words();
        let at = |i: usize| words.get(i).copied().unwrap_or(0);
        words.len() == word::COUNT
            && at(word::CPSR) & 0xff == SYSTEM
            && at(word::PC) == akita_resume as *const () as usize as u32
            && at(word::CONTROL) == control()
            && at(word::MAIN_ID) == main_id()
    }

    fn restore_cpu(&mut self, context: &CpuContext) -> Infallible {
        // SAFETY: `accepts` saw the context. No cache holds anything: what was stored is drained to memory (XScale core
        // manual, "Cache Functions"), and instructions are never in the picture.
        unsafe {
            asm!("mcr p15, 0, {}, c7, c10, 4", in(reg) 0, options(nostack, preserves_flags));
            akita_restore(context.words().as_ptr())
        }
    }
}
