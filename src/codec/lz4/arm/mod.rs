//! The decoder in A32 assembly. The safe one of `lz4_flex` is its twin: for every input both succeed or both
//! fail, and where they succeed the output is the same. `tests/codec-arm` holds them against each other.
//!
//! [`strict`] is complete: it decodes any block, byte by byte or by aligned words, and checks every length
//! against what is left of both buffers. The two fast decoders ([`words`] and [`neon`]) run only while both
//! buffers have room for the widest copy of a whole sequence, and leave the rest of the block to it. So no
//! byte outside the two buffers is read or written, whatever the input.
//!
//! All three hold a block's state in the same registers:
//!
//! | register | what |
//! |---|---|
//! | r0, r1 | next input byte, end of the input |
//! | r2, r3 | next output byte, end of the output |
//! | r4 | token of the sequence |
//! | r5, r6, r7 | length, offset and start of the copy under way |
//! | r8, r9 | below these r0 and r2 leave room for a fast sequence |
//! | r10 | start of the output |
//! | r11 | match length field of the token |
//! | r12, lr | scratch |

#[cfg(all(target_has_atomic = "32", feature = "neon"))]
mod neon;
mod strict;
#[cfg(all(target_has_atomic = "32", feature = "unaligned", not(feature = "neon")))]
mod words;

#[cfg(all(target_has_atomic = "32", feature = "neon"))]
use neon::decode_block;
#[cfg(not(all(target_has_atomic = "32", any(feature = "unaligned", feature = "neon"))))]
use strict::decode_block;
#[cfg(all(target_has_atomic = "32", feature = "unaligned", not(feature = "neon")))]
use words::decode_block;

/// Decodes the block `src` to all of `dst`; false if it is not a block of exactly that many bytes. `src` must
/// be shorter than [`MAX_BLOCK`](super::MAX_BLOCK).
pub(super) fn decode(src: &[u8], dst: &mut [u8]) -> bool {
    let (from, to) = (src.as_ptr_range(), dst.as_mut_ptr_range());
    // SAFETY: the ranges are those of two slices that do not overlap; the decoders read the first and write the
    // second only, follow the procedure call standard, and a length field (at most 255 for each byte of `src`)
    // does not overflow a register.
    unsafe { decode_block(from.start, from.end, to.start, to.end) == 0 }
}
