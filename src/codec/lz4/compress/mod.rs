//! The compressor: safe Rust on any machine, with words loaded in one instruction where the board allows it.
//!
//! A block is at most 64 KiB, so that a position is 16 bits. The last match starts at least 12 bytes before
//! the block's end and the last 5 bytes are literals, as the format demands.

mod encoder;
mod fast;
mod high;
mod load;

pub(super) use fast::{Table, compress as compress_fast};
pub(super) use high::{Chains, compress as compress_high};

/// The longest block.
const MAX_LEN: usize = 1 << 16;
/// No match starts less than this before the end.
const MATCH_START_BEFORE_END: usize = 12;
/// So many literals end a block.
const LAST_LITERALS: usize = 5;
/// The shortest match.
const MIN_MATCH: usize = 4;

/// The number of equal bytes from `a` and from `b` on, up to `end` for the latter; `a` is below `b`.
#[inline(always)]
fn common(src: &[u8], a: usize, b: usize, end: usize) -> usize {
    // Most matches are short: judge the first word without ado.
    if b + 4 <= end {
        let different = word_at(src, a) ^ word_at(src, b);
        if different != 0 {
            return different.trailing_zeros() as usize / 8;
        }
    }
    common_run(src, a, b, end)
}

/// As [`common`], for long ones.
#[inline(never)]
fn common_run(src: &[u8], a: usize, b: usize, end: usize) -> usize {
    let behind = src.get(b..end).unwrap_or(&[]);
    let before = src.get(a..).and_then(|before| before.get(..behind.len())).unwrap_or(&[]);
    let (before, before_rest) = before.as_chunks::<4>();
    let (behind, behind_rest) = behind.as_chunks::<4>();
    let mut len = 0;
    for (before, behind) in before.iter().zip(behind) {
        let different = load::word(before) ^ load::word(behind);
        if different != 0 {
            return len + different.trailing_zeros() as usize / 8;
        }
        len += 4;
    }
    len + before_rest.iter().zip(behind_rest).take_while(|(a, b)| a == b).count()
}

/// The number of equal bytes before `a` and before `b`, not going below `anchor` for the latter.
#[inline(always)]
fn common_before(src: &[u8], a: usize, b: usize, anchor: usize) -> usize {
    let before = src.get(..a).unwrap_or(&[]);
    let behind = src.get(anchor..b).unwrap_or(&[]);
    before.iter().rev().zip(behind.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// The four bytes of `src` from `at` on; 0 if they are not all there.
#[inline(always)]
fn word_at(src: &[u8], at: usize) -> u32 {
    src.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or(0, load::word)
}
