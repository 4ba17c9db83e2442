//! The fast level: the last position of each hash is the only candidate, and what it gives is taken, unless
//! it is short and the next position's is longer.

use super::encoder::{Encoder, Full};
use super::{LAST_LITERALS, MATCH_START_BEFORE_END, MAX_LEN, MIN_MATCH, common, common_before, word_at};

const HASH_BITS: u32 = 13;
/// After so many positions without a match every second one is tried, after as many again every third one,
/// and so on.
const PATIENCE: usize = 128;
/// Matches as long as this are taken without a look at the next position: there is seldom a longer one.
const GOOD: usize = 16;

/// The last position of each hash.
pub struct Table([u16; 1 << HASH_BITS]);

impl Table {
    /// An empty table.
    pub const fn new() -> Table {
        Table([0; 1 << HASH_BITS])
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }

    /// The position where what is at `at` was seen last, or 0; from now on it is `at`.
    #[inline(always)]
    fn replace(&mut self, word: u32, at: usize) -> usize {
        // Knuth's multiplicative hash: 2^32 by the golden ratio.
        let hash = word.wrapping_mul(2_654_435_761) >> (32 - HASH_BITS);
        match self.0.get_mut(hash as usize) {
            Some(entry) => usize::from(core::mem::replace(entry, at as u16)),
            None => 0,
        }
    }
}

/// Compresses `src` to `dst`, and says how long the block is; `None` if it does not fit or `src` is longer
/// than 64 KiB.
pub fn compress(src: &[u8], dst: &mut [u8], table: &mut Table) -> Option<usize> {
    if src.len() > MAX_LEN {
        return None;
    }
    table.clear();
    let mut encoder = Encoder::new(dst);
    let start = sequences(src, &mut encoder, table).ok()?;
    encoder.finish(src.get(start..)?).ok()
}

/// Writes all sequences but the last; says where the last literals start.
#[inline(never)]
fn sequences(src: &[u8], encoder: &mut Encoder<'_>, table: &mut Table) -> Result<usize, Full> {
    let Some(last_start) = src.len().checked_sub(MATCH_START_BEFORE_END + 1) else { return Ok(0) };
    let end = src.len() - LAST_LITERALS;
    let mut anchor = 0;
    let mut at = 1;
    loop {
        let mut tries = PATIENCE;
        let mut candidate;
        loop {
            if at > last_start {
                return Ok(anchor);
            }
            let word = word_at(src, at);
            candidate = table.replace(word, at);
            if candidate < at && word_at(src, candidate) == word {
                break;
            }
            at += tries / PATIENCE;
            tries += 1;
        }
        let mut after = at + MIN_MATCH + common(src, candidate + MIN_MATCH, at + MIN_MATCH, end);
        if after - at < GOOD && at < last_start {
            let next = at + 1;
            let word = word_at(src, next);
            let other = table.replace(word, next);
            if other < next && word_at(src, other) == word {
                let further = next + MIN_MATCH + common(src, other + MIN_MATCH, next + MIN_MATCH, end);
                // One byte more is no gain: it costs a literal.
                if further > after + 1 {
                    (at, candidate, after) = (next, other, further);
                }
            }
        }
        let offset = at - candidate;
        at -= common_before(src, candidate, at, anchor);
        encoder.sequence(src.get(anchor..at).unwrap_or(&[]), offset, after - at)?;
        // Matches without literals between them.
        loop {
            at = after;
            anchor = at;
            if at > last_start {
                return Ok(anchor);
            }
            table.replace(word_at(src, at - 2), at - 2);
            let word = word_at(src, at);
            candidate = table.replace(word, at);
            if candidate >= at || word_at(src, candidate) != word {
                break;
            }
            after = at + MIN_MATCH + common(src, candidate + MIN_MATCH, at + MIN_MATCH, end);
            encoder.sequence(&[], at - candidate, after - at)?;
        }
        at += 1;
    }
}
