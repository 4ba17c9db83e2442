//! [`NosaveStack`]: the stack on which the engine runs while the caller's own is being saved.

use core::ptr::{read_volatile, write_volatile};

/// The value of every byte of an unused stack.
const PAINT: u8 = 0xa5;

/// A stack of `BYTES` bytes (a multiple of 16), for a static in a nosave section.
#[repr(C, align(16))]
pub struct NosaveStack<const BYTES: usize> {
    bytes: [u8; BYTES],
}

impl<const BYTES: usize> Default for NosaveStack<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> NosaveStack<BYTES> {
    /// An unused stack, all zero so that it needs no room in the firmware's file.
    pub const fn new() -> Self {
        const { assert!(BYTES.is_multiple_of(16)) };
        NosaveStack { bytes: [0; BYTES] }
    }

    /// Paints the stack, so that its use can be measured, and gives its top.
    #[cfg_attr(not(target_arch = "arm"), expect(dead_code, reason = "an architecture's"))]
    pub(super) fn top(&'static mut self) -> *mut u8 {
        let start = self.bytes.as_mut_ptr();
        for i in 0..BYTES {
            // SAFETY: within the array, which nobody uses yet.
            unsafe { write_volatile(start.add(i), PAINT) };
        }
        // SAFETY: one past the end of the array.
        unsafe { start.add(BYTES) }
    }

    /// The deepest use of the stack at `stack` so far, in bytes, as far as its paint tells.
    ///
    /// # Safety
    /// `stack` points to a stack that was given to a core, such as `Armv7a::new`, and nothing runs on it now.
    pub unsafe fn used_bytes(stack: *const NosaveStack<BYTES>) -> usize {
        let start = stack.cast::<u8>();
        // SAFETY: the caller's promise; every byte is within the array.
        let painted = (0..BYTES).take_while(|i| unsafe { read_volatile(start.add(*i)) } == PAINT).count();
        BYTES - painted
    }
}
