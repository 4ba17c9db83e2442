//! Writes sequences.

use super::MIN_MATCH;

/// A block under construction.
pub(super) struct Encoder<'a> {
    dst: &'a mut [u8],
    len: usize,
}

/// There is no room.
pub(super) struct Full;

impl<'a> Encoder<'a> {
    /// A block in `dst`.
    pub(super) fn new(dst: &'a mut [u8]) -> Encoder<'a> {
        Encoder { dst, len: 0 }
    }

    /// Adds a sequence: `literals`, and a match of `matched` bytes, [`MIN_MATCH`] at least, from `offset`
    /// back.
    #[inline(always)]
    pub(super) fn sequence(&mut self, literals: &[u8], offset: usize, matched: usize) -> Result<(), Full> {
        let more = matched - MIN_MATCH;
        if literals.len() < 15 && more < 15 {
            let room = self.dst.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut::<17>);
            if let Some(room) = room {
                let [token, rest @ ..] = room;
                *token = (literals.len() << 4 | more) as u8;
                for (to, from) in rest.iter_mut().zip(literals) {
                    *to = *from;
                }
                if let Some(place) = rest.get_mut(literals.len()..).and_then(<[u8]>::first_chunk_mut::<2>) {
                    *place = (offset as u16).to_le_bytes();
                }
                self.len += 3 + literals.len();
                return Ok(());
            }
        }
        self.literals(literals, more.min(15))?;
        let room = self.dst.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut::<2>).ok_or(Full)?;
        *room = (offset as u16).to_le_bytes();
        self.len += 2;
        if more >= 15 {
            self.length(more - 15)?;
        }
        Ok(())
    }

    /// Ends the block with `literals`, and says how long it is.
    pub(super) fn finish(mut self, literals: &[u8]) -> Result<usize, Full> {
        self.literals(literals, 0)?;
        Ok(self.len)
    }

    #[inline(always)]
    fn literals(&mut self, literals: &[u8], low: usize) -> Result<(), Full> {
        let token = self.dst.get_mut(self.len).ok_or(Full)?;
        *token = (literals.len().min(15) << 4 | low) as u8;
        self.len += 1;
        if literals.len() >= 15 {
            self.length(literals.len() - 15)?;
            let room = self.dst.get_mut(self.len..).and_then(|rest| rest.get_mut(..literals.len()));
            room.ok_or(Full)?.copy_from_slice(literals);
        } else {
            // Too few to be worth a call.
            let room = self.dst.get_mut(self.len..).and_then(|rest| rest.get_mut(..literals.len()));
            for (to, from) in room.ok_or(Full)?.iter_mut().zip(literals) {
                *to = *from;
            }
        }
        self.len += literals.len();
        Ok(())
    }

    #[cold]
    fn length(&mut self, mut rest: usize) -> Result<(), Full> {
        while rest >= 255 {
            *self.dst.get_mut(self.len).ok_or(Full)? = 255;
            self.len += 1;
            rest -= 255;
        }
        *self.dst.get_mut(self.len).ok_or(Full)? = rest as u8;
        self.len += 1;
        Ok(())
    }
}
