//! ARMv7-A (ARM DDI 0406C).

mod banked;
pub mod cache;
mod cp15;
mod exception;
mod interrupts;
mod mmu;
mod registers;
mod start;
mod vectors;
mod vfp;
mod vfp_work;

use oal_snapshot::cpu::armv7a::Armv7a;
use oal_snapshot::cpu::{NosaveStack, OuterCache};

pub use exception::exception;
pub use interrupts::{mask_interrupts, state, unmask_interrupts};
pub use mmu::{Table, enable, switch_to, translate};
pub use registers::Registers;
pub use start::enter_application;
pub use vfp_work::Work;

/// The library's CPU.
pub type Core<O> = Armv7a<O>;

/// The CPU, with the stack on which the engine writes. In Secure state the registers of Monitor mode belong
/// to the saved state.
pub fn core<O: OuterCache, const BYTES: usize>(
    stack: &'static mut NosaveStack<BYTES>,
    secure: bool,
    outer: O,
) -> Core<O> {
    let core = Armv7a::new(stack).with_outer_cache(outer);
    if secure { core.secure() } else { core }
}
