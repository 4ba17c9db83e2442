//! The CPU: its context, and for each architecture how to capture and restore it.
//!
//! The seam is at the instruction: [`fake`] does on any host what `armv7a` does on the target, so that
//! everything above this module runs in ordinary tests.

#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub mod armv7a;
mod cache;
pub(crate) mod context;
pub mod fake;
mod stack;

pub use cache::{NoOuterCache, OuterCache};
pub use context::CpuContext;
pub use stack::NosaveStack;

/// What a CPU context belongs to: the number in an image's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Architecture(pub u32);

impl Architecture {
    /// ARMv7-A, Secure or Non-secure PL1, with VFPv3-D32 or Advanced SIMD; layout 1 of the context.
    pub const ARMV7A: Architecture = Architecture(0x0007_0001);
    /// The register file of [`fake`].
    pub const FAKE: Architecture = Architecture(0xffff_0001);
}
