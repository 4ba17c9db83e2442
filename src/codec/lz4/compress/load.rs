//! Words at any address.

/// The word that these bytes are, the first one lowest.
#[cfg(not(all(target_arch = "arm", target_has_atomic = "32", feature = "unaligned")))]
#[inline(always)]
pub(super) fn word(bytes: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*bytes)
}

/// The word that these bytes are, the first one lowest.
#[cfg(all(target_arch = "arm", target_has_atomic = "32", feature = "unaligned"))]
#[allow(unsafe_code)]
#[inline(always)]
pub(super) fn word(bytes: &[u8; 4]) -> u32 {
    let word;
    // SAFETY: reads the four bytes, which are Normal memory, and alignment is not checked, as the feature demands.
    // The compiler, which does not know that, would load them one by one.
    unsafe {
        core::arch::asm!(
            "ldr {}, [{}]",
            out(reg) word,
            in(reg) bytes,
            options(pure, readonly, nostack, preserves_flags)
        );
    }
    word
}
