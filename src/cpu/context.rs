//! [`CpuContext`]: the registers of one CPU, in bytes.

use crate::cpu::capacity::CAPACITY;

/// The registers of one CPU as bytes, in a layout that is the architecture's own.
///
/// While a snapshot is taken and booted it must lie in nosave memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct CpuContext {
    bytes: [u8; CAPACITY],
    len: u32,
    resume_address: u64,
}

impl Default for CpuContext {
    fn default() -> Self {
        Self::new()
    }
}

impl CpuContext {
    /// Bytes that a context of the running architecture may have. It is the architecture that chooses: the
    /// image format allows [`MAX_CONTEXT_BYTES`](crate::image::MAX_CONTEXT_BYTES), which would be memory in
    /// every workspace.
    pub const CAPACITY: usize = CAPACITY;

    /// A context without registers.
    pub const fn new() -> CpuContext {
        CpuContext { bytes: [0; CAPACITY], len: 0, resume_address: 0 }
    }

    /// The registers.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len as usize).unwrap_or(&[])
    }

    /// Makes the context `len` bytes long (at most [`CAPACITY`](CpuContext::CAPACITY)) and gives them to be
    /// filled in.
    pub fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        let len = len.min(CAPACITY);
        self.len = len as u32;
        self.bytes.get_mut(..len).unwrap_or(&mut [])
    }

    /// The registers of a layout that is made of 32-bit words in the CPU's byte order. Bytes behind the last
    /// whole word are left out.
    pub fn words(&self) -> &[u32] {
        let bytes = self.bytes();
        // SAFETY: the bytes start at the context's own alignment, 16; as many whole words lie within them; any bytes are
        // words; and the borrow of the context passes to them.
        unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / 4) }
    }

    /// Makes the context `len` words long (at most a quarter of [`CAPACITY`](CpuContext::CAPACITY)) and gives
    /// them to be filled in.
    pub fn words_mut(&mut self, len: usize) -> &mut [u32] {
        let bytes = self.bytes_mut(len.saturating_mul(4));
        // SAFETY: as in `words`; any words are bytes; the exclusive borrow of the context passes to them.
        unsafe { core::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), bytes.len() / 4) }
    }

    /// The address at which execution goes on after a restore, as the capture gave it; 0 if it gave none.
    pub fn resume_address(&self) -> u64 {
        self.resume_address
    }

    /// Notes the address at which execution goes on after a restore. A capture does so before it calls
    /// `live`.
    pub fn set_resume_address(&mut self, address: u64) {
        self.resume_address = address;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_bytes_and_end_with_the_last_whole_one() {
        let mut context = CpuContext::new();
        assert_eq!((context.bytes().len(), context.words().len()), (0, 0));
        for (word, number) in context.words_mut(3).iter_mut().zip(1_u32..) {
            *word = (number * 0x0102_0304).to_le();
        }
        assert_eq!(context.bytes(), [4, 3, 2, 1, 8, 6, 4, 2, 12, 9, 6, 3]);
        assert_eq!(context.bytes_mut(7).len(), 7);
        assert_eq!(context.words(), [0x0102_0304_u32.to_le()]);
    }

    #[test]
    fn a_context_is_never_longer_than_its_capacity() {
        let mut context = CpuContext::new();
        assert_eq!(context.bytes_mut(usize::MAX).len(), CpuContext::CAPACITY);
        assert_eq!(context.words_mut(usize::MAX).len(), CpuContext::CAPACITY / 4);
        assert_eq!(context.words().len(), CpuContext::CAPACITY / 4);
    }
}
