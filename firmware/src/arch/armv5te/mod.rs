//! ARMv5TE (ARM DDI 0100), with the MMU and the instruction cache on, and the data cache off.

mod banked;
pub mod cache;
mod cp15;
mod exception;
mod interrupts;
mod mmu;
mod registers;
mod start;
mod vectors;
mod work;

use oal_snapshot::cpu::armv5te::Armv5te;
use oal_snapshot::cpu::{NosaveStack, OuterCache};

pub use exception::exception;
pub use interrupts::{mask_interrupts, state, unmask_interrupts};
pub use mmu::{Table, enable, switch_to, translate};
pub use registers::Registers;
pub use start::enter_application;
pub use work::Work;

/// The library's CPU.
pub type Core<O> = Armv5te<O>;

/// The CPU, with the stack on which the engine writes. There is no Secure state here.
pub fn core<O: OuterCache, const BYTES: usize>(
    stack: &'static mut NosaveStack<BYTES>,
    _secure: bool,
    outer: O,
) -> Core<O> {
    Armv5te::new(stack).with_outer_cache(outer)
}
