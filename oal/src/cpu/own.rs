//! ARMv7-A. A hook's capture is the engine's, and what a C caller must find again: r4 to r11, sp and lr.

use core::arch::global_asm;

use oal_snapshot::cpu::OuterCache;
use oal_snapshot::cpu::armv7a::{Armv7a, WORDS};
use oal_snapshot::cpu::{Architecture, CpuContext};
use oal_snapshot::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};

use crate::config::{OAL_FLAG_SECURE, OalConfig};
use crate::error::OalError;
use crate::stack::Stack;

/// The registers' architecture.
pub(crate) const ARCHITECTURE: Architecture = Architecture::ARMV7A;

/// The C side's outer cache, if there is one.
pub(crate) struct Outer(Option<unsafe extern "C" fn()>);

impl OuterCache for Outer {
    fn clean_invalidate(&mut self) {
        if let Some(clean) = self.0 {
            // SAFETY: the C side's function, called as the configuration says.
            unsafe { clean() }
        }
    }
}

/// The core.
pub(crate) struct Cpu(Armv7a<Outer>);

impl Cpu {
    /// Whether the configuration says all that is needed.
    pub fn check(config: &'static OalConfig) -> Result<(), OalError> {
        if config.cpu.is_null() { Ok(()) } else { Err(OalError::BadArgument) }
    }

    /// The core, with the stack for the engine.
    ///
    /// # Safety
    /// [`Cpu::check`] found nothing; the stack is the engine's, and no other value uses it.
    pub unsafe fn new(config: &'static OalConfig, stack: *mut Stack) -> Result<Cpu, OalError> {
        // SAFETY: the caller's promise.
        let cpu = Armv7a::new(unsafe { &mut *stack });
        let cpu = if config.flags & OAL_FLAG_SECURE != 0 { cpu.secure() } else { cpu };
        Ok(Cpu(cpu.with_outer_cache(Outer(config.clean_outer_cache))))
    }

    /// Whether a capture went wrong.
    pub fn failed(&self) -> bool {
        false
    }

    /// Whether a hook's context can be restored.
    pub fn accepts_record(&self, words: &[u32]) -> bool {
        words.len() == WORDS + FRAME_WORDS && self.0.accepts_registers(words)
    }

    /// Restores a hook's context: execution goes on at its caller's `dwSnapPC`.
    ///
    /// # Safety
    /// `context` holds the words of a context that [`Cpu::accepts_record`] accepted, and memory is what it
    /// was at the capture; `context` is mapped at the same address in both worlds.
    #[expect(unreachable_code, reason = "the core does not come back, which the compiler sees")]
    pub unsafe fn enter(&mut self, context: &mut CpuContext) -> OalError {
        let count = context.words().len();
        if let Some(pc) = context.words_mut(count).first_mut() {
            *pc = enter_frame as *const () as usize as u32;
        }
        match self.0.restore_cpu(context) {}
    }
}

impl TakeCpuSnapshot for Cpu {
    const ARCHITECTURE: Architecture = ARCHITECTURE;

    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        self.0.take_cpu_snapshot(context, live)
    }
}

impl RestoreCpu for Cpu {
    /// Never made: the core does not come back.
    type Entered = OalError;

    fn accepts(&self, context: &CpuContext) -> bool {
        self.0.accepts(context)
    }

    #[expect(unreachable_code, reason = "as above")]
    fn restore_cpu(&mut self, context: &CpuContext) -> OalError {
        match self.0.restore_cpu(context) {}
    }
}

/// r4 to r11, sp, lr and the pc of the hook's caller.
pub(crate) const FRAME_WORDS: usize = 11;

const _: () = assert!((WORDS + FRAME_WORDS) * 4 <= CpuContext::CAPACITY);

// SAFETY: the signature is that of the assembly below; it is never called, only jumped to.
unsafe extern "C" {
    #[link_name = "oal_c_enter_frame"]
    fn enter_frame();
}

global_asm!(
    r#"
    .pushsection .text.oal_c_enter_frame, "ax", %progbits
    .arch armv7-a
    .arm
    .balign 4
    @ r0: the context's words; the frame follows the engine's
    .global oal_c_enter_frame
    .type oal_c_enter_frame, %function
oal_c_enter_frame:
    add r1, r0, #{frame}
    ldmia r1!, {{r4-r11}}
    ldr sp, [r1], #4
    ldr lr, [r1], #4
    ldr r2, [r1]
    mov r0, #1
    bx r2
    .popsection
"#,
    frame = const WORDS * 4,
);
