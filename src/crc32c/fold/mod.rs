//! The inner loop of [`sparse`](super::sparse), for whole blocks of bytes.
//!
//! Each form says how many bytes a place is ([`SCALE`]), how many bytes it takes at a time ([`BLOCK`]), what
//! input it can read ([`fits`]), and has `fold(input, scratch, at, to)`: for each i below the input's length,
//! a multiple of [`BLOCK`], it stores at `scratch[to + i]` the exclusive or of `input[i]` and of the five
//! bytes of `scratch` that lie 65, 155, 170, 195 and 209 times [`SCALE`] before `at + i`. `to` is `at`, or so
//! far before it that nothing is overwritten that a later byte needs.

#[cfg(all(target_arch = "arm", not(all(target_has_atomic = "32", feature = "neon"))))]
#[allow(unsafe_code)]
mod arm;
#[cfg(all(target_arch = "arm", target_has_atomic = "32", feature = "neon"))]
#[allow(unsafe_code)]
mod neon;
#[cfg(not(target_arch = "arm"))]
mod portable;

#[cfg(all(target_arch = "arm", not(all(target_has_atomic = "32", feature = "neon"))))]
pub(super) use arm::{BLOCK, SCALE, fits, fold};
#[cfg(all(target_arch = "arm", target_has_atomic = "32", feature = "neon"))]
pub(super) use neon::{BLOCK, SCALE, fits, fold};
#[cfg(not(target_arch = "arm"))]
pub(super) use portable::{BLOCK, SCALE, fits, fold};

/// Whether `fold` with these arguments, and places of `scale` bytes, stays inside `scratch`.
#[cfg(target_arch = "arm")]
fn is_inside(input: &[u8], scratch: &[u8], at: usize, to: usize, scale: usize) -> bool {
    at >= 209 * scale && to <= at && at.checked_add(input.len()).is_some_and(|end| end <= scratch.len())
}
