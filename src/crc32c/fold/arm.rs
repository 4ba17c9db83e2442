//! By three words at a time, on any ARM, with aligned accesses only.

use core::arch::naked_asm;

use super::is_inside;

pub(crate) const SCALE: usize = 4;
pub(crate) const BLOCK: usize = 12;

/// Whether `input` starts at a whole word.
pub(crate) fn fits(input: &[u8]) -> bool {
    input.as_ptr().addr().is_multiple_of(4)
}

pub(crate) fn fold(input: &[u8], scratch: &mut [u8], at: usize, to: usize) {
    if input.is_empty() || !is_inside(input, scratch, at, to, SCALE) {
        return;
    }
    let scratch = scratch.as_mut_ptr();
    // SAFETY: `is_inside` holds every access of the scratch buffer inside it. `fits` was asked for `input`; the
    // buffer is aligned, and `at` and `to` are multiples of BLOCK, so words are aligned.
    unsafe { fold_blocks(input.as_ptr_range().end, input.as_ptr(), scratch.add(at), scratch.add(to)) }
}

/// # Safety
/// `input..end` is readable, aligned to words and a multiple of [`BLOCK`], at least one; `at` has 209 words
/// before it, and room for as much at it and at `to`; both are aligned to words.
#[unsafe(naked)]
unsafe extern "C" fn fold_blocks(end: *const u8, input: *const u8, at: *mut u8, to: *mut u8) {
    naked_asm!(
        "push   {{r4-r11, lr}}",
        "@ r2, r4, r5, r6, r7: the five places",
        "sub    r7, r2, #(209 * 4 - 4)",
        "sub    r7, r7, #4",
        "sub    r6, r2, #(195 * 4)",
        "sub    r5, r2, #(170 * 4)",
        "sub    r4, r2, #(155 * 4)",
        "sub    r2, r2, #(65 * 4)",
        "1:",
        "ldm    r1!, {{r8, r9, r10}}",
        "ldm    r2!, {{r11, r12, lr}}",
        "eor    r8, r8, r11",
        "eor    r9, r9, r12",
        "eor    r10, r10, lr",
        "ldm    r4!, {{r11, r12, lr}}",
        "eor    r8, r8, r11",
        "eor    r9, r9, r12",
        "eor    r10, r10, lr",
        "ldm    r5!, {{r11, r12, lr}}",
        "eor    r8, r8, r11",
        "eor    r9, r9, r12",
        "eor    r10, r10, lr",
        "ldm    r6!, {{r11, r12, lr}}",
        "eor    r8, r8, r11",
        "eor    r9, r9, r12",
        "eor    r10, r10, lr",
        "ldm    r7!, {{r11, r12, lr}}",
        "eor    r8, r8, r11",
        "eor    r9, r9, r12",
        "eor    r10, r10, lr",
        "stm    r3!, {{r8, r9, r10}}",
        "cmp    r1, r0",
        "blo    1b",
        "pop    {{r4-r11, pc}}",
    )
}
