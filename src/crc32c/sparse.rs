//! A long message made short with the same remainder, by exclusive or alone.
//!
//! The polynomial P of CRC-32C divides x^209 + x^144 + x^54 + x^39 + x^14 + 1, and so (squaring a polynomial
//! over GF(2) squares its terms) the same with every exponent times 8, 16 or 32. Modulo P a byte may
//! therefore be taken out of a message if it is added, by exclusive or, to the five bytes that follow it 65,
//! 155, 170, 195 and 209 places later. Done from the message's start on, this clears all but its last 209
//! bytes; what they have become then is as good as the message. With words of four bytes for bytes the same
//! holds, four times as far.
//!
//! What is taken out at a place is the message's byte there and what was added to it: the bytes taken out 65,
//! 155, 170, 195 and 209 places before. Those are kept in a scratch buffer.
//!
//! That a codeword of weight 6 spans 210 bits is the known limit of this polynomial's distance, put to use;
//! the way of computing is known as Chorba (S. Russell, arXiv 2412.16398).

use super::fold::{BLOCK, SCALE, fits, fold};
use crate::bytes::move_to_front;
use crate::mem;

/// Bytes of the past that are needed: the farthest offset, in whole blocks.
const HISTORY: usize = (209 * SCALE).next_multiple_of(BLOCK);
/// Bytes that are taken out before the past is moved to the front of the scratch buffer.
const ROUND: usize = if HISTORY > 512 { HISTORY.next_multiple_of(BLOCK) } else { 512 / BLOCK * BLOCK };
/// Below this many bytes to be taken out it is not worth it.
const WORTH: usize = HISTORY;

/// The past, then room for one round.
#[repr(C, align(64))]
struct Scratch([u8; HISTORY + ROUND]);

/// The remainder after `bytes`, or `None` if they are too few for this way. `by_table` is the way for the few
/// bytes that are left: from a remainder and bytes to the next remainder.
pub(super) fn update(state: u32, bytes: &[u8], by_table: fn(u32, &[u8]) -> u32) -> Option<u32> {
    let len = bytes.len().checked_sub(HISTORY)? / BLOCK * BLOCK;
    if len < WORTH || !fits(bytes) { None } else { shorten(state, bytes, len, by_table) }
}

/// As [`update`], with `len` bytes, whole blocks, to be taken out. A function of its own, so that sums of few
/// bytes have no scratch buffer on the stack.
#[inline(never)]
fn shorten(state: u32, bytes: &[u8], len: usize, by_table: fn(u32, &[u8]) -> u32) -> Option<u32> {
    let (body, rest) = bytes.split_at_checked(len)?;
    let (last, rest) = rest.split_at_checked(HISTORY)?;
    let mut scratch = Scratch([0; HISTORY + ROUND]);
    // A remainder counts as added to the first four bytes of what follows: it is put 209 places before them, where
    // nothing else looks.
    let first = HISTORY - 209 * SCALE;
    scratch.0.get_mut(first..first + 4)?.copy_from_slice(&state.to_le_bytes());
    for round in body.chunks(ROUND) {
        fold(round, &mut scratch.0, HISTORY, HISTORY);
        match scratch.0.split_at_mut_checked(HISTORY) {
            Some((past, done)) if round.len() == ROUND => {
                mem::copy(past, done.get(ROUND - HISTORY..)?);
            }
            _ => move_to_front(&mut scratch.0, round.len()),
        }
    }
    // Behind the body nothing is taken out, so there is only the past to be added.
    scratch.0.get_mut(HISTORY..2 * HISTORY)?.fill(0);
    fold(last, &mut scratch.0, HISTORY, 0);
    let state = by_table(0, scratch.0.get(..HISTORY)?);
    Some(by_table(state, rest))
}

const _: () = assert!(ROUND >= HISTORY && 65 * SCALE >= BLOCK);
