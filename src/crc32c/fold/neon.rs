//! By 64 bytes at a time in Advanced SIMD registers, which keep their values. Any alignment: see the
//! decoder's `neon.rs`.

use core::arch::naked_asm;

use super::is_inside;

pub(crate) const SCALE: usize = 1;
pub(crate) const BLOCK: usize = 64;

/// Any input.
pub(crate) fn fits(_input: &[u8]) -> bool {
    true
}

pub(crate) fn fold(input: &[u8], scratch: &mut [u8], at: usize, to: usize) {
    if input.is_empty() || !is_inside(input, scratch, at, to, SCALE) {
        return;
    }
    let scratch = scratch.as_mut_ptr();
    // SAFETY: `is_inside` holds every access of the scratch buffer inside it; both are Normal memory, and the
    // unit is switched on, as the feature demands.
    unsafe { fold_blocks(input.as_ptr_range().end, input.as_ptr(), scratch.add(at), scratch.add(to)) }
}

/// # Safety
/// `input..end` is readable and a multiple of [`BLOCK`], at least one; `at` has 209 bytes before it, and room
/// for as much at it and at `to`.
#[unsafe(naked)]
unsafe extern "C" fn fold_blocks(end: *const u8, input: *const u8, at: *mut u8, to: *mut u8) {
    naked_asm!(
        ".fpu neon",
        "push   {{r4-r7, r8, lr}}",
        "vpush  {{d0-d7}}",
        "vpush  {{d16-d23}}",
        "@ r2, r4, r5, r6, r7: the five places",
        "sub    r7, r2, #209",
        "sub    r6, r2, #195",
        "sub    r5, r2, #170",
        "sub    r4, r2, #155",
        "sub    r2, r2, #65",
        "1:",
        "vld1.8 {{d0-d3}}, [r1]!",
        "vld1.8 {{d4-d7}}, [r1]!",
        "vld1.8 {{d16-d19}}, [r2]!",
        "vld1.8 {{d20-d23}}, [r2]!",
        "veor   q0, q0, q8",
        "veor   q1, q1, q9",
        "veor   q2, q2, q10",
        "veor   q3, q3, q11",
        "vld1.8 {{d16-d19}}, [r4]!",
        "vld1.8 {{d20-d23}}, [r4]!",
        "veor   q0, q0, q8",
        "veor   q1, q1, q9",
        "veor   q2, q2, q10",
        "veor   q3, q3, q11",
        "vld1.8 {{d16-d19}}, [r5]!",
        "vld1.8 {{d20-d23}}, [r5]!",
        "veor   q0, q0, q8",
        "veor   q1, q1, q9",
        "veor   q2, q2, q10",
        "veor   q3, q3, q11",
        "vld1.8 {{d16-d19}}, [r6]!",
        "vld1.8 {{d20-d23}}, [r6]!",
        "veor   q0, q0, q8",
        "veor   q1, q1, q9",
        "veor   q2, q2, q10",
        "veor   q3, q3, q11",
        "vld1.8 {{d16-d19}}, [r7]!",
        "vld1.8 {{d20-d23}}, [r7]!",
        "veor   q0, q0, q8",
        "veor   q1, q1, q9",
        "veor   q2, q2, q10",
        "veor   q3, q3, q11",
        "vst1.8 {{d0-d3}}, [r3]!",
        "vst1.8 {{d4-d7}}, [r3]!",
        "cmp    r1, r0",
        "blo    1b",
        "vpop   {{d16-d23}}",
        "vpop   {{d0-d7}}",
        "pop    {{r4-r7, r8, pc}}",
    )
}
