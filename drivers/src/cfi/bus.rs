//! [`Bus`]: how the driver reaches the chips.
#![forbid(unsafe_code)]

/// NOR flash chips with 16 data lines, one on a 16-bit bus or two side by side on a 32-bit bus, as
/// [`FlashWindow`](crate::mmio::FlashWindow) reaches them, or a model in a test. Words are numbered from the
/// chips' start; one outside the bus reads as 0, and is not written.
pub trait Bus {
    /// Chips side by side: 1 or 2. The first has the word's low half.
    const LANES: u32;

    /// Words, of two bytes for each lane.
    fn words(&self) -> usize;

    /// Reads a word of whatever the chips' mode shows: array, status, query data.
    fn read(&mut self, word: usize) -> u32;

    /// Writes a word: a command or data.
    fn write(&mut self, word: usize, value: u32);

    /// All bytes, as memory. The caller sees to it that every chip shows its array, and by the borrow that it
    /// goes on doing so.
    fn bytes(&self) -> &[u8];
}

impl<B: Bus + ?Sized> Bus for &mut B {
    const LANES: u32 = B::LANES;

    fn words(&self) -> usize {
        (**self).words()
    }

    fn read(&mut self, word: usize) -> u32 {
        (**self).read(word)
    }

    fn write(&mut self, word: usize, value: u32) {
        (**self).write(word, value);
    }

    fn bytes(&self) -> &[u8] {
        (**self).bytes()
    }
}
