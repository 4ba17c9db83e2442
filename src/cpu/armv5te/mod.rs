//! ARMv5TE: capture and restore on cores such as XScale and the ARM926EJ-S.
//!
//! Checked against the ARM Architecture Reference Manual, DDI 0100: A2.3 to A2.5 (modes, registers, status
//! registers), part B (system control coprocessor), and against the XScale core's manual.
//!
//! # What the board sees to
//! * The core runs in System mode, in ARM state, with FIQ masked. The capture masks IRQ and leaves it masked
//!   on both timelines.
//! * Code, nosave memory and the restored system's own code at the call of [`take`](crate::take) are mapped
//!   at the same addresses, with the same attributes, by the tables of the boot stage and by those that are
//!   saved; or the MMU is off in both.
//! * The architecture does not say how a whole data cache is cleaned. So it is off while a snapshot is taken
//!   and booted, or
//!   [`OuterCache`] cleans and invalidates it, and whatever is behind it.
//! * Registers of other coprocessors (the accumulator and iWMMXt of an XScale, its coprocessor access
//!   register) are not in the context.

mod core_registers;
mod cp15;

use core::convert::Infallible;

use crate::cpu::live::{Live, call_live};
use crate::cpu::{Architecture, CpuContext, NoOuterCache, NosaveStack, OuterCache};
use crate::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};

/// Words of a context.
pub const WORDS: usize = word::COUNT;

/// The core of this architecture.
pub type Core<O = NoOuterCache> = Armv5te<O>;

/// Where the registers are in the context, in words: 2 is sp. r4 to r11 and lr of the caller are on its
/// stack, which is saved.
mod word {
    /// Address at which execution goes on.
    pub const PC: usize = 0;
    /// CPSR, with interrupts masked.
    pub const CPSR: usize = 1;
    /// Control register: only compared.
    pub const CONTROL: usize = 3;
    /// Main ID register: the kind of core.
    pub const MAIN_ID: usize = 4;
    /// CP15 registers, in the order of `cp15::registers`.
    pub const CP15: usize = 8;
    /// Registers of the exception modes: svc, irq, abt, und: sp lr spsr each; fiq: r8 to r12 sp lr spsr.
    pub const BANKED: usize = 16;
    /// Words in all.
    pub const COUNT: usize = BANKED + 20;
}

/// System mode, ARM state, IRQ and FIQ masked, as the low byte of CPSR.
const SYSTEM: u32 = 0xdf;

/// One ARMv5TE core, with the stack on which the engine runs between capture and last write.
pub struct Armv5te<O = NoOuterCache> {
    stack_top: *mut u8,
    outer: O,
}

impl Armv5te {
    /// A core. The engine needs less than 4 KiB of `stack`, the store's driver and the observer come on top.
    pub fn new<const BYTES: usize>(stack: &'static mut NosaveStack<BYTES>) -> Armv5te {
        Armv5te { stack_top: stack.top(), outer: NoOuterCache }
    }
}

impl<O: OuterCache> Armv5te<O> {
    /// The data cache is on, or there is a cache outside the core: how they are cleaned.
    pub fn with_outer_cache<P: OuterCache>(self, outer: P) -> Armv5te<P> {
        Armv5te { stack_top: self.stack_top, outer }
    }
}

impl<O: OuterCache> TakeCpuSnapshot for Armv5te<O> {
    const ARCHITECTURE: Architecture = Architecture::ARMV5TE;

    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        context.set_resume_address(core_registers::resume_address().into());
        let context: *mut CpuContext = context;
        // SAFETY: the exclusive borrow that this function was given; `words` is its only use until the capture.
        let words = unsafe { &mut *context }.words_mut(word::COUNT);
        words.fill(0);
        for (at, value) in [(word::CONTROL, cp15::control()), (word::MAIN_ID, cp15::main_id())] {
            if let Some(word) = words.get_mut(at) {
                *word = value;
            }
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

impl<O: OuterCache> RestoreCpu for Armv5te<O> {
    type Entered = Infallible;

    fn accepts(&self, context: &CpuContext) -> bool {
        let words = context.words();
        let at = |i: usize| words.get(i).copied().unwrap_or(0);
        words.len() == word::COUNT
            && context.resume_address() == u64::from(core_registers::resume_address())
            && at(word::PC) == core_registers::resume_address()
            && at(word::CPSR) & 0xff == SYSTEM
            && at(word::CONTROL) == cp15::control()
            && at(word::MAIN_ID) == cp15::main_id()
    }

    fn restore_cpu(&mut self, context: &CpuContext) -> Infallible {
        let words = context.words();
        self.outer.clean_invalidate();
        // SAFETY: `accepts` saw the context; its tables map this code and this stack as the present ones do, which
        // is the board's promise (see the module). From here on no saved page is used but through the context's own
        // translation tables.
        unsafe {
            cp15::restore(words.get(word::CP15..).unwrap_or(&[]));
            core_registers::restore(words.as_ptr())
        }
    }
}
