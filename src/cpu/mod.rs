//! The CPU: its context, and for each architecture how to capture and restore it.
//!
//! The seam is at the instruction: [`fake`] does on any host what `armv7a` and `armv5te` do on the target, so
//! that everything above this module runs in ordinary tests. `arch` is the module of the architecture that is
//! compiled for, and defines `Core`, its CPU; `capacity` says how large a context of it may be.

// A stable compiler does not name the architecture's version; ARMv5TE is the one without atomic words.
#[cfg(all(target_arch = "arm", not(target_has_atomic = "32")))]
pub mod armv5te;
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub mod armv7a;
mod cache;
mod capacity;
pub(crate) mod context;
pub mod fake;
#[cfg(target_arch = "arm")]
mod live;
mod stack;

#[cfg(all(target_arch = "arm", not(target_has_atomic = "32")))]
pub use armv5te as arch;
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub use armv7a as arch;
#[cfg(not(target_arch = "arm"))]
pub use fake as arch;

pub use cache::{NoOuterCache, OuterCache};
pub use context::CpuContext;
pub use stack::NosaveStack;

/// The architecture of a CPU context: the number in an image's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Architecture(pub u32);

impl Architecture {
    /// ARMv7-A, Secure or Non-secure PL1, with VFPv3-D32 or Advanced SIMD; layout 1 of the context.
    pub const ARMV7A: Architecture = Architecture(0x0007_0001);
    /// ARMv5TE, without coprocessors but the system control one; layout 1 of the context.
    pub const ARMV5TE: Architecture = Architecture(0x0005_0001);
    /// The register file of [`fake`].
    pub const FAKE: Architecture = Architecture(0xffff_0001);
}
