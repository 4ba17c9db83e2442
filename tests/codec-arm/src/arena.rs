//! The memory map: two guarded arenas for the buffers under test, and what the host may have put beside them.

use core::cell::UnsafeCell;
use core::slice;

/// What is compressed lies here, one MiB, with unmapped memory on both sides.
const SOURCE: usize = 0x6110_0000;
/// What is decoded goes here, likewise.
const TARGET: usize = 0x6130_0000;
/// Bytes of an arena.
const LEN: usize = 1 << 20;
/// Three words of the host: blocks to try, seed, and if a corpus is there its mark, of chunks or of RAM.
const WORDS: usize = 0x61f0_0000;
/// Stored chunks, each behind its stored and its raw length (two words) and padded to a word; two zero words
/// end them.
const CORPUS: usize = 0x6200_0000;
/// The third word if there is a corpus.
const MARK: u32 = 0x5053_5243;

/// The third word if there is RAM to save.
const RAM_MARK: u32 = 0x4d41_5221;

/// Whether the section at `address` of RAM is mapped.
pub fn is_mapped(address: u32) -> bool {
    !matches!(address, 0x6100_0000 | 0x6120_0000 | 0x6140_0000)
}

/// Where in its arena a buffer lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Its first byte is the arena's first.
    Start,
    /// Its last byte is the arena's last.
    End,
}

/// `len` bytes of an arena.
fn buffer(arena: usize, len: usize, against: Against) -> &'static mut [u8] {
    let start = match against {
        Against::Start => arena,
        Against::End => arena + LEN - len.min(LEN),
    };
    // SAFETY: the arenas are RAM that nothing else uses; callers take one buffer of each at a time.
    unsafe { slice::from_raw_parts_mut(start as *mut u8, len.min(LEN)) }
}

/// A buffer of the source arena.
pub fn source(len: usize, against: Against) -> &'static mut [u8] {
    buffer(SOURCE, len, against)
}

/// A buffer of the target arena.
pub fn target(len: usize, against: Against) -> &'static mut [u8] {
    buffer(TARGET, len, against)
}

fn word(index: usize) -> u32 {
    // SAFETY: RAM, aligned.
    unsafe { ((WORDS + index * 4) as *const u32).read_volatile() }
}

/// How many blocks the host wants tried.
pub fn wanted_blocks() -> u32 {
    match word(0) {
        0 => 100_000,
        count => count,
    }
}

/// Where the random numbers start.
pub fn seed() -> u32 {
    word(1)
}

/// The corpus, if the host loaded one.
pub fn corpus() -> Option<&'static [u8]> {
    // SAFETY: RAM that the host filled before the start and nobody writes.
    (word(2) == MARK).then(|| unsafe { slice::from_raw_parts(CORPUS as *const u8, 0x3000_0000) })
}

/// Whether the host loaded RAM to save.
pub fn has_ram() -> bool {
    word(2) == RAM_MARK
}

/// A static that one function uses, too large for the stack.
pub struct Large<T>(UnsafeCell<T>);

// SAFETY: one core, no interrupts.
unsafe impl<T> Sync for Large<T> {}

impl<T> Large<T> {
    /// With a value.
    pub const fn new(value: T) -> Large<T> {
        Large(UnsafeCell::new(value))
    }

    /// The value.
    ///
    /// # Safety
    /// What an earlier call returned is no longer used.
    #[expect(clippy::mut_from_ref, reason = "the caller's promise")]
    pub unsafe fn get(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0.get() }
    }
}
