//! NOR flash that describes itself (CFI), with the command set of Intel and Sharp: one chip with 16 data
//! lines, or two side by side on 32, which take every command together.
//!
//! Between calls the chips show their array, so that it is plain memory: [`Cfi::bytes`] lends it, and while
//! it is lent nothing can be programmed. Where power-on locks all blocks, a block is unlocked when it is to
//! be written, and no other.
//!
//! [`Cfi`] is an `oal_media::NorFlash`, for a store. Its own methods count in bytes, and take chips of any
//! geometry.
//!
//! Reference: JESD68.01 and JEP137 (query), Intel StrataFlash P30 and J3 data sheets (commands), cited by
//! heading.
#![forbid(unsafe_code)]

mod bus;
mod command;
mod error;
mod flash;
mod query;

pub use bus::Bus;
pub use error::{Error, Wait};
pub use query::{Block, EraseRegion, Geometry, MAX_REGIONS};

use embedded_hal::delay::DelayNs;

use query::Query;

const READ_ARRAY: u16 = 0xff;
const READ_QUERY: u16 = 0x98;

/// NOR flash, its bus and a way to wait.
///
/// ```no_run
/// use oal_drivers::cfi::{Cfi, Error};
/// use oal_drivers::mmio::FlashWindow;
/// # fn demo(delay: impl embedded_hal::delay::DelayNs) -> Result<(), Error> {
/// // SAFETY: 64 MiB of flash are mapped there, used by nothing else.
/// let window = unsafe { FlashWindow::<u32>::new(0x4000_0000 as *mut u32, 64 << 20) };
/// let mut flash = Cfi::identify(window, delay)?;
/// flash.erase(0)?;
/// flash.program(0, b"a record")?;
/// assert_eq!(flash.bytes().and_then(|bytes| bytes.get(..8)), Some(b"a record".as_slice()));
/// # Ok(())
/// # }
/// ```
///
/// The array cannot change while it is lent:
///
/// ```compile_fail,E0502
/// # use oal_drivers::cfi::{Bus, Cfi};
/// fn wrong<B: Bus, D: embedded_hal::delay::DelayNs>(flash: &mut Cfi<B, D>) {
///     let lent = flash.bytes();
///     let _ = flash.erase(0);
///     drop(lent);
/// }
/// ```
#[derive(Debug)]
pub struct Cfi<B, D> {
    bus: B,
    delay: D,
    query: Query,
    /// A word of the block that was still busy when its time was up, and with what.
    busy: Option<(usize, Wait)>,
}

impl<B: Bus, D: DelayNs> Cfi<B, D> {
    /// Asks the chips what they are (JESD68.01, "Query"). Nothing is changed.
    ///
    /// # Errors
    ///
    /// [`Error::NoChip`], [`Error::BadQuery`], [`Error::Unsupported`] or [`Error::WindowTooSmall`].
    pub fn identify(mut bus: B, delay: D) -> Result<Self, Error> {
        const QUERY: usize = 0x55;
        let all = |command: u16| u32::from(command) * if B::LANES == 2 { 0x0001_0001 } else { 1 };
        bus.write(0, all(READ_ARRAY));
        bus.write(QUERY, all(READ_QUERY));
        let query = Query::parse(B::LANES, |at| {
            let word = bus.read(at);
            let byte = word as u8;
            (word == all(byte.into())).then_some(byte)
        });
        bus.write(QUERY, all(READ_ARRAY));
        let query = query?;
        if query.geometry.bytes > bus.words().saturating_mul(query.geometry.word_bytes as usize) {
            return Err(Error::WindowTooSmall);
        }
        Ok(Self { bus, delay, query, busy: None })
    }

    /// Gives bus and delay back.
    pub fn release(self) -> (B, D) {
        (self.bus, self.delay)
    }

    /// The chips' measures.
    pub const fn geometry(&self) -> &Geometry {
        &self.query.geometry
    }

    /// All bytes of the array, where they lie. `None` while a chip is busy with what it was given up for
    /// ([`Error::Timeout`]); the next call that writes waits for it again.
    pub fn bytes(&self) -> Option<&[u8]> {
        if self.busy.is_some() { None } else { self.bus.bytes().get(..self.query.geometry.bytes) }
    }

    /// Programs `data` from byte `at` on, over as many blocks as it takes: bits that are 0 in `data`
    /// become 0. Both ends are multiples of [`Geometry::word_bytes`].
    ///
    /// A power cut during the call leaves what was programmed before, and any bits of the buffer's range in
    /// flight.
    ///
    /// # Errors
    ///
    /// [`Error::ProgramFailed`], [`Error::Locked`], [`Error::VppLow`], [`Error::BadSequence`] or
    /// [`Error::Timeout`]: the range is programmed in part. [`Error::OutOfRange`] or [`Error::Unaligned`].
    pub fn program(&mut self, at: usize, data: &[u8]) -> Result<(), Error> {
        let Geometry { bytes, word_bytes, .. } = self.query.geometry;
        let word_bytes = word_bytes as usize;
        if at.checked_add(data.len()).is_none_or(|end| end > bytes) {
            return Err(Error::OutOfRange);
        }
        if !at.is_multiple_of(word_bytes) || !data.len().is_multiple_of(word_bytes) {
            return Err(Error::Unaligned);
        }
        self.recover()?;
        let (mut at, mut rest) = (at, data);
        while !rest.is_empty() {
            let block = self.query.geometry.block(at).ok_or(Error::OutOfRange)?;
            let (now, behind) = rest.split_at(rest.len().min(block.start + block.len - at));
            self.program_in_block(block, at, now)?;
            (at, rest) = (at + now.len(), behind);
        }
        Ok(())
    }

    /// Erases the block that starts at byte `at`: all its bits are 1.
    ///
    /// A power cut during the call leaves anything in the block.
    ///
    /// # Errors
    ///
    /// [`Error::EraseFailed`], [`Error::Locked`], [`Error::VppLow`], [`Error::BadSequence`] or
    /// [`Error::Timeout`]; [`Error::OutOfRange`] if no block starts there.
    pub fn erase(&mut self, at: usize) -> Result<(), Error> {
        let block = self.query.geometry.block(at).filter(|block| block.start == at);
        let word = self.word(block.ok_or(Error::OutOfRange)?.start);
        self.recover()?;
        let result = self.unlock(word).and_then(|()| self.erase_block(word));
        self.show_array(word, result.is_err());
        result
    }

    fn program_in_block(&mut self, block: Block, at: usize, data: &[u8]) -> Result<(), Error> {
        let first = self.word(block.start);
        let result = self.unlock(first).and_then(|()| self.program_unlocked(at, data));
        self.show_array(first, result.is_err());
        result
    }

    /// Programs by the buffer, if there is one, and never across its boundaries.
    fn program_unlocked(&mut self, at: usize, data: &[u8]) -> Result<(), Error> {
        let Geometry { word_bytes, buffer_bytes, .. } = self.query.geometry;
        let step = (buffer_bytes as usize).max(Self::WORD_BYTES);
        let (mut at, mut rest) = (at, data);
        while !rest.is_empty() {
            let (now, behind) = rest.split_at(rest.len().min(step - at % step));
            let word = self.word(at);
            if buffer_bytes > word_bytes {
                self.program_buffer(word, now)?;
            } else {
                self.program_word(word, now)?;
            }
            (at, rest) = (at + now.len(), behind);
        }
        Ok(())
    }

    /// The word of the bus that holds byte `at`.
    fn word(&self, at: usize) -> usize {
        at / Self::WORD_BYTES
    }
}
