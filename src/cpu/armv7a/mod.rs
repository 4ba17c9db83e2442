//! ARMv7-A: capture and restore on hardware, and in an emulator.
//!
//! Checked against the ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition (DDI 0406C). Sections
//! are named where they matter.
//!
//! # What the board sees to
//! * The core runs in a privileged mode other than FIQ, Monitor and Hyp, in ARM state, little-endian, MMU on.
//!   (In FIQ mode r8 to r12 of the other modes cannot be reached.)
//! * Code, nosave memory and the restored system's own code at the call of [`take`](crate::take) are mapped
//!   at the same addresses, with the same attributes, by the tables of the boot stage and by those in saved
//!   memory; TTBCR.N is the same in both.
//! * The capture masks IRQ, FIQ and asynchronous aborts (`cpsid aif`) and leaves them masked on both
//!   timelines:
//!   [`System::resume`](crate::system::System::resume) unmasks what it wants.
//! * Registers of an interrupt controller, a timer or an outer cache controller are devices: drivers
//!   bring them back, or [`OuterCache`].

mod cache;
mod core_registers;
mod cp15;

use core::convert::Infallible;

use aarch32_cpu::register::{Midr, SysRegRead};

use crate::cpu::live::{Live, call_live};
use crate::cpu::{Architecture, CpuContext, NoOuterCache, NosaveStack, OuterCache};
use crate::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};
use core_registers::Held;

/// Words of a context.
pub const WORDS: usize = word::COUNT;

/// The core of this architecture.
pub type Core<O = NoOuterCache> = Armv7a<O>;
const _: () = assert!(WORDS * 4 <= CpuContext::CAPACITY);

/// Positions of the registers in the context, in words.
mod word {
    /// Address at which execution goes on.
    pub const PC: usize = 0;
    /// CPSR, with interrupts masked.
    pub const CPSR: usize = 1;
    /// Flags of the captured parts: [`super::Held`].
    pub const FLAGS: usize = 3;
    /// CP15 registers, in the order of `cp15::registers`.
    pub const CP15: usize = 40;
    /// Main ID Register: the kind of core.
    pub const MIDR: usize = 63;
    /// Words in all: d0 to d31 are the last 64.
    pub const COUNT: usize = 128;
}

/// One ARMv7-A core, with the stack on which the engine runs between capture and last write.
pub struct Armv7a<O = NoOuterCache> {
    stack_top: *mut u8,
    secure: Held,
    outer: O,
}

impl Armv7a {
    /// A core in Non-secure state, or in Secure state without a use for Monitor mode. The engine needs
    /// less than 4 KiB of `stack`, the store's driver and the observer come on top.
    pub fn new<const BYTES: usize>(stack: &'static mut NosaveStack<BYTES>) -> Armv7a {
        Armv7a { stack_top: stack.top(), secure: Held::empty(), outer: NoOuterCache }
    }
}

impl<O: OuterCache> Armv7a<O> {
    /// The core is in Secure state, and Monitor mode's banked registers are saved.
    pub fn secure(mut self) -> Self {
        self.secure = Held::SECURE;
        self
    }

    /// The core has a cache beyond those that CLIDR names.
    pub fn with_outer_cache<P: OuterCache>(self, outer: P) -> Armv7a<P> {
        Armv7a { stack_top: self.stack_top, secure: self.secure, outer }
    }

    /// Whether a context's registers, the first [`WORDS`] of `words`, can be restored on this core, wherever
    /// execution is to go on. For firmware that restores a program of another build than its own, and says
    /// itself where that goes on: word 0, entered in ARM state with the context's address in r0.
    pub fn accepts_registers(&self, words: &[u32]) -> bool {
        let at = |i: usize| words.get(i).copied().unwrap_or(0);
        // System, Supervisor, IRQ, Abort and Undefined: the modes that a capture may be made in; ARM state.
        let state = matches!(at(word::CPSR) & 0x3f, 0x1f | 0x13 | 0x12 | 0x17 | 0x1b);
        words.len() >= word::COUNT
            && state
            && at(word::MIDR) == Midr::read_raw()
            && at(word::FLAGS) == self.held().bits()
            && cp15::accepts(words.get(word::CP15..).unwrap_or(&[]))
    }

    fn held(&self) -> Held {
        self.secure | core_registers::vfp()
    }
}

impl<O: OuterCache> TakeCpuSnapshot for Armv7a<O> {
    const ARCHITECTURE: Architecture = Architecture::ARMV7A;

    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        let held = self.held().bits();
        context.set_resume_address(core_registers::resume_address().into());
        let context: *mut CpuContext = context;
        // SAFETY: the exclusive borrow that this function was given; `words` is its only use until the capture.
        let words = unsafe { &mut *context }.words_mut(word::COUNT);
        words.fill(0);
        if let Some(word) = words.get_mut(word::FLAGS) {
            *word = held;
        }
        if let Some(word) = words.get_mut(word::MIDR) {
            *word = Midr::read_raw();
        }
        cp15::save(words.get_mut(word::CP15..).unwrap_or(&mut []));
        let mut live = Live { closure: live, context };
        // SAFETY: `words` is a whole context; `call_live` gets what it needs; the stack is this value's own
        // (`new` took it for good) and used by nothing else; it is aligned to 16.
        let restored = unsafe {
            core_registers::capture(words.as_mut_ptr(), call_live, (&raw mut live).cast(), self.stack_top)
        };
        if restored == 0 { Fork::Live } else { Fork::Restored }
    }
}

impl<O: OuterCache> RestoreCpu for Armv7a<O> {
    type Entered = Infallible;

    fn accepts(&self, context: &CpuContext) -> bool {
        context.words().len() == word::COUNT
            && context.words().get(word::PC) == Some(&core_registers::resume_address())
            && self.accepts_registers(context.words())
    }

    fn restore_cpu(&mut self, context: &CpuContext) -> Infallible {
        let words = context.words();
        // What was loaded is data so far. Make it visible to instruction fetch, table walks and other masters,
        // and forget what was fetched and translated before (DDI 0406C, B2.2.5 and B3.10).
        cache::clean_invalidate_data();
        self.outer.clean_invalidate();
        cache::invalidate_instruction();
        // SAFETY: `accepts` saw the context; its tables map this code and this stack as the present ones do, which
        // is the board's promise (see the module). From here on no saved page is used but through
        // the context's own translation tables.
        unsafe {
            cp15::restore(words.get(word::CP15..).unwrap_or(&[]));
            core_registers::restore(words.as_ptr())
        }
    }
}
