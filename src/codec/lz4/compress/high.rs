//! The high level: all positions of a hash, newest first, up to a limit; and a match is taken only if the
//! next position has no longer one.

use super::encoder::{Encoder, Full};
use super::{LAST_LITERALS, MATCH_START_BEFORE_END, MAX_LEN, MIN_MATCH, common, common_before, word_at};

const HASH_BITS: u32 = 14;
/// Candidates that are looked at for a position.
const TRIES: usize = 64;

/// The last position of each hash, and for each position the one before it with the same hash.
pub struct Chains {
    heads: [u16; 1 << HASH_BITS],
    before: [u16; MAX_LEN],
}

impl Chains {
    /// Empty chains.
    pub const fn new() -> Chains {
        Chains { heads: [0; 1 << HASH_BITS], before: [0; MAX_LEN] }
    }

    /// Enters position `at` of `src`; the newest candidate before it, or 0.
    fn insert(&mut self, src: &[u8], at: usize) -> usize {
        let hash = word_at(src, at).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS);
        let Some(head) = self.heads.get_mut(hash as usize) else { return 0 };
        let candidate = core::mem::replace(head, at as u16);
        if let Some(before) = self.before.get_mut(at) {
            *before = candidate;
        }
        usize::from(candidate)
    }

    /// The longest match for `at`, which was entered as the newest; its start and length, below [`MIN_MATCH`]
    /// if there is none.
    fn longest(&self, src: &[u8], at: usize, end: usize) -> (usize, usize) {
        let (mut best, mut len) = (0, MIN_MATCH - 1);
        let mut candidate = usize::from(self.before.get(at).copied().unwrap_or(0));
        let word = word_at(src, at);
        for _ in 0..TRIES {
            if word_at(src, candidate) == word
                && candidate < at
                && src.get(candidate + len) == src.get(at + len)
            {
                let found = MIN_MATCH + common(src, candidate + MIN_MATCH, at + MIN_MATCH, end);
                if found > len {
                    (best, len) = (candidate, found);
                }
            }
            if candidate == 0 {
                break;
            }
            candidate = usize::from(self.before.get(candidate).copied().unwrap_or(0));
        }
        (best, len)
    }
}

/// Compresses `src` to `dst`, and says how long the block is; `None` if it does not fit or `src` is longer
/// than 64 KiB.
pub fn compress(src: &[u8], dst: &mut [u8], chains: &mut Chains) -> Option<usize> {
    if src.len() > MAX_LEN {
        return None;
    }
    chains.heads.fill(0);
    let mut encoder = Encoder::new(dst);
    let start = sequences(src, &mut encoder, chains).ok()?;
    encoder.finish(src.get(start..)?).ok()
}

/// Writes all sequences but the last; says where the last literals start.
fn sequences(src: &[u8], encoder: &mut Encoder<'_>, chains: &mut Chains) -> Result<usize, Full> {
    let Some(last_start) = src.len().checked_sub(MATCH_START_BEFORE_END + 1) else { return Ok(0) };
    let end = src.len() - LAST_LITERALS;
    let mut anchor = 0;
    let mut at = 1;
    let mut entered = 1;
    while at <= last_start {
        while entered <= at {
            chains.insert(src, entered);
            entered += 1;
        }
        let (mut start, mut len) = chains.longest(src, at, end);
        if len < MIN_MATCH {
            at += 1;
            continue;
        }
        // As long as the next position has a longer match, what is here becomes a literal.
        while at < last_start {
            chains.insert(src, at + 1);
            entered = at + 2;
            let (next, longer) = chains.longest(src, at + 1, end);
            if longer <= len {
                break;
            }
            at += 1;
            (start, len) = (next, longer);
        }
        let earlier = common_before(src, start, at, anchor);
        at -= earlier;
        start -= earlier;
        len += earlier;
        encoder.sequence(src.get(anchor..at).unwrap_or(&[]), at - start, len)?;
        let after = at + len;
        while entered < after && entered <= last_start {
            chains.insert(src, entered);
            entered += 1;
        }
        at = after;
        anchor = after;
    }
    Ok(anchor)
}
