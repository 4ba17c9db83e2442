//! The CPU: its context, and for each architecture how to capture and restore it.
//!
//! The seam is at the instruction: [`fake`] does on any host what `armv7a` does on the target, so that
//! everything above this module runs in ordinary tests.

#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub mod armv7a;
mod cache;
pub mod fake;
mod stack;

pub use cache::{NoOuterCache, OuterCache};
pub use stack::NosaveStack;

/// Words in the largest CPU context.
pub const CONTEXT_WORDS: usize = 256;
/// Bytes in the largest CPU context.
pub const CONTEXT_BYTES: usize = CONTEXT_WORDS * 4;

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

/// The registers of one CPU as words, in an order that is the architecture's own.
///
/// While a snapshot is taken and booted it must lie in nosave memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct CpuContext {
    words: [u32; CONTEXT_WORDS],
    len: u32,
}

impl Default for CpuContext {
    fn default() -> Self {
        Self::new()
    }
}

impl CpuContext {
    /// A context without registers.
    pub const fn new() -> CpuContext {
        CpuContext { words: [0; CONTEXT_WORDS], len: 0 }
    }

    /// The registers.
    pub fn words(&self) -> &[u32] {
        self.words.get(..self.len as usize).unwrap_or(&[])
    }

    /// Makes the context `len` words long (at most [`CONTEXT_WORDS`]) and gives them to be filled in.
    pub fn words_mut(&mut self, len: usize) -> &mut [u32] {
        let len = len.min(CONTEXT_WORDS);
        self.len = len as u32;
        self.words.get_mut(..len).unwrap_or(&mut [])
    }

    /// Bytes of the context in an image.
    pub fn byte_len(&self) -> usize {
        self.words().len() * 4
    }

    /// Where execution goes on after a restore, as far as the architecture says so: its first word.
    pub fn resume_address(&self) -> u64 {
        self.words().first().copied().map_or(0, u64::from)
    }
}
