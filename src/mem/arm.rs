//! Pages in bulk on ARM: eight words an instruction.

use core::arch::naked_asm;

#[cfg(all(target_has_atomic = "32", feature = "neon"))]
use crate::frame::PAGE_SIZE;

/// Bytes that are taken at a time.
const BLOCK: usize = 64;

/// Copies the longest beginning of `src` that it can to `dst`, which is as long, and says how long that was.
pub(super) fn copy(dst: &mut [u8], src: &[u8]) -> usize {
    let len = src.len().min(dst.len()) / BLOCK * BLOCK;
    let (to, from) = (dst.as_mut_ptr(), src.as_ptr());
    if len == 0 || !to.addr().is_multiple_of(4) || !from.addr().is_multiple_of(4) {
        return 0;
    }
    // SAFETY: both slices have `len` bytes, some whole blocks, and start at whole words.
    unsafe { copy_blocks(to, from, from.add(len)) };
    len
}

/// Clears the longest beginning of `dst` that it can, and says how long that was.
pub(super) fn clear(dst: &mut [u8]) -> usize {
    let len = dst.len() / BLOCK * BLOCK;
    let to = dst.as_mut_ptr();
    if len == 0 || !to.addr().is_multiple_of(4) {
        return 0;
    }
    // SAFETY: the slice has `len` bytes, some whole blocks, and starts at a whole word.
    unsafe { clear_blocks(to, to.add(len)) };
    len
}

/// # Safety
/// `from..end` is readable and `to` has as much room; both start at whole words and are one or more whole
/// blocks.
#[unsafe(naked)]
unsafe extern "C" fn copy_blocks(to: *mut u8, from: *const u8, end: *const u8) {
    naked_asm!(
        "push   {{r4-r10, lr}}",
        "1:",
        "ldm    r1!, {{r3-r10}}",
        "stm    r0!, {{r3-r10}}",
        "ldm    r1!, {{r3-r10}}",
        "stm    r0!, {{r3-r10}}",
        "cmp    r1, r2",
        "blo    1b",
        "pop    {{r4-r10, pc}}",
    )
}

/// # Safety
/// `to..end` is writable, starts at a whole word and is one or more whole blocks.
#[unsafe(naked)]
unsafe extern "C" fn clear_blocks(to: *mut u8, end: *mut u8) {
    naked_asm!(
        "push   {{r4-r9, lr}}",
        "mov    r2, #0",
        "mov    r3, #0",
        "mov    r4, #0",
        "mov    r5, #0",
        "mov    r6, #0",
        "mov    r7, #0",
        "mov    r8, #0",
        "mov    r9, #0",
        "1:",
        "stm    r0!, {{r2-r9}}",
        "stm    r0!, {{r2-r9}}",
        "cmp    r0, r1",
        "blo    1b",
        "pop    {{r4-r9, pc}}",
    )
}

/// Whether all of a page is zero, with Advanced SIMD registers, which keep their values.
#[cfg(all(target_has_atomic = "32", feature = "neon"))]
pub(super) fn is_zero(page: &[u8; PAGE_SIZE]) -> bool {
    // SAFETY: a page is some whole blocks of 128 bytes, and the unit is switched on, as the feature demands.
    unsafe { any_bit(page.as_ptr(), page.as_ptr_range().end) == 0 }
}

/// Something else than 0 if a bit of `from..end` is set.
///
/// # Safety
/// `from..end` is readable and one or more whole blocks of 128 bytes.
#[cfg(all(target_has_atomic = "32", feature = "neon"))]
#[unsafe(naked)]
unsafe extern "C" fn any_bit(from: *const u8, end: *const u8) -> u32 {
    naked_asm!(
        ".fpu neon",
        "vpush  {{d0-d7}}",
        "vpush  {{d16-d23}}",
        "1:",
        "vld1.8 {{d0-d3}}, [r0]!",
        "vld1.8 {{d4-d7}}, [r0]!",
        "vld1.8 {{d16-d19}}, [r0]!",
        "vld1.8 {{d20-d23}}, [r0]!",
        "vorr   q0, q0, q1",
        "vorr   q2, q2, q3",
        "vorr   q8, q8, q9",
        "vorr   q10, q10, q11",
        "vorr   q0, q0, q2",
        "vorr   q8, q8, q10",
        "vorr   q0, q0, q8",
        "vorr   d0, d0, d1",
        "vmov   r2, r3, d0",
        "orrs   r2, r2, r3",
        "bne    2f",
        "cmp    r0, r1",
        "blo    1b",
        "2:",
        "mov    r0, r2",
        "vpop   {{d16-d23}}",
        "vpop   {{d0-d7}}",
        "bx     lr",
    )
}
