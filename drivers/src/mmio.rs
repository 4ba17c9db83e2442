//! Device registers: the one file of this crate with `unsafe`, but for what `omap::uart` promises to its
//! crate and `dma` asks of a board.
//!
//! Drivers are generic over [`Registers`], so in a host test a model of the chip takes the place of
//! the chip; on a board it is a [`Window`].

/// 32-bit registers at byte offsets from a base. Reading may have side effects.
pub trait Registers {
    /// Reads the register at `offset` bytes (a multiple of four).
    fn read(&mut self, offset: usize) -> u32;

    /// Writes the register at `offset` bytes (a multiple of four).
    fn write(&mut self, offset: usize, value: u32);
}

impl<R: Registers + ?Sized> Registers for &mut R {
    #[inline(always)]
    fn read(&mut self, offset: usize) -> u32 {
        (**self).read(offset)
    }

    #[inline(always)]
    fn write(&mut self, offset: usize, value: u32) {
        (**self).write(offset, value);
    }
}

/// 16-bit registers, numbered from a base: register `index` is at twice that many bytes.
pub trait Registers16 {
    /// Reads register `index`.
    fn read(&mut self, index: usize) -> u16;

    /// Writes register `index`.
    fn write(&mut self, index: usize, value: u16);
}

impl<R: Registers16 + ?Sized> Registers16 for &mut R {
    #[inline(always)]
    fn read(&mut self, index: usize) -> u16 {
        (**self).read(index)
    }

    #[inline(always)]
    fn write(&mut self, index: usize, value: u16) {
        (**self).write(index, value);
    }
}

/// `BYTES` bytes of device registers, accessed a word at a time by volatile loads and stores.
///
/// Accesses outside the window are dropped (reads give 0). Drivers use constant offsets, for which
/// the compiler decides that check.
#[derive(Debug)]
pub struct Window<const BYTES: usize> {
    base: *mut u32,
}

// SAFETY: a window is the only way to its registers (the promise made to `new`), and device memory
// may be accessed from any core.
unsafe impl<const BYTES: usize> Send for Window<BYTES> {}

impl<const BYTES: usize> Window<BYTES> {
    /// The window that starts at `base`.
    ///
    /// # Safety
    ///
    /// `base` must be aligned to four bytes, and `BYTES` bytes from it must be registers of the
    /// device that the window is handed to, mapped as device memory for as long as the window is
    /// used. No other window may cover registers that the two users would fight over.
    pub const unsafe fn new(base: *mut u32) -> Self {
        Self { base }
    }

    const fn inside(offset: usize) -> bool {
        offset.is_multiple_of(4) && offset < BYTES && BYTES - offset >= 4
    }
}

impl<const BYTES: usize> Registers for Window<BYTES> {
    #[inline(always)]
    fn read(&mut self, offset: usize) -> u32 {
        if !Self::inside(offset) {
            return 0;
        }
        // SAFETY: the offset is aligned and inside the window that `new` vouches for.
        unsafe { self.base.byte_add(offset).read_volatile() }
    }

    #[inline(always)]
    fn write(&mut self, offset: usize, value: u32) {
        if Self::inside(offset) {
            // SAFETY: the offset is aligned and inside the window that `new` vouches for.
            unsafe { self.base.byte_add(offset).write_volatile(value) }
        }
    }
}

/// `COUNT` 16-bit device registers, for instance a chip on a 16-bit memory bus.
///
/// Like [`Window`]: accesses outside are dropped (reads give 0).
#[derive(Debug)]
pub struct Window16<const COUNT: usize> {
    base: *mut u16,
}

// SAFETY: as for `Window`.
unsafe impl<const COUNT: usize> Send for Window16<COUNT> {}

impl<const COUNT: usize> Window16<COUNT> {
    /// The window that starts at `base`.
    ///
    /// # Safety
    ///
    /// `base` must be aligned to two bytes, and `COUNT` halfwords from it must be registers of the
    /// device that the window is handed to, mapped as device memory for as long as the window is
    /// used. No other window may cover registers that the two users would fight over.
    pub const unsafe fn new(base: *mut u16) -> Self {
        Self { base }
    }
}

impl<const COUNT: usize> Registers16 for Window16<COUNT> {
    #[inline(always)]
    fn read(&mut self, index: usize) -> u16 {
        if index >= COUNT {
            return 0;
        }
        // SAFETY: the register is inside the window that `new` vouches for.
        unsafe { self.base.add(index).read_volatile() }
    }

    #[inline(always)]
    fn write(&mut self, index: usize, value: u16) {
        if index < COUNT {
            // SAFETY: the register is inside the window that `new` vouches for.
            unsafe { self.base.add(index).write_volatile(value) }
        }
    }
}

/// NOR flash on a bus of words `W`: `u16` for one chip with 16 data lines, `u32` for two side by side.
///
/// Commands are volatile accesses of whole words; the array is plain memory. Accesses outside the window are
/// dropped (reads give 0).
#[derive(Debug)]
pub struct FlashWindow<W> {
    base: *mut W,
    array: *const u8,
    words: usize,
}

// SAFETY: as for `Window`.
unsafe impl<W> Send for FlashWindow<W> {}

impl<W> FlashWindow<W> {
    /// The window of `bytes` bytes that starts at `base`.
    ///
    /// # Safety
    ///
    /// `base` must not be null and must be aligned to a word, and `bytes` bytes from it must be the array of
    /// the flash that the window is handed to, not cached, for as long as the window is used: mapped so that
    /// words are written as they are written here, in order and each by itself (device memory), and so that
    /// it may be read like memory; where device memory cannot be read at any alignment, the program must be
    /// compiled not to do so. No other window may cover the chips. It may be handed only to a driver that,
    /// like [`Cfi`](crate::cfi::Cfi), asks for [`bytes`](crate::cfi::Bus::bytes) only while every chip shows
    /// its array.
    pub const unsafe fn new(base: *mut W, bytes: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::with_array(base, base.cast_const().cast(), bytes) }
    }

    /// The same, with a second mapping of the chips at `array`, by which they are read as memory: read-only,
    /// not cached, and fit for access at any alignment (Normal memory). Commands go through `base` all the
    /// same.
    ///
    /// # Safety
    ///
    /// As for [`FlashWindow::new`], of both mappings.
    pub const unsafe fn with_array(base: *mut W, array: *const u8, bytes: usize) -> Self {
        Self { base, array, words: bytes / size_of::<W>() }
    }

    fn array(&self) -> &[u8] {
        // What the bytes are may have been changed by commands, of which the compiler knows nothing; and the last of them
        // must have got to the chips before anything is read by the other mapping (ARM DDI 0406C, A3.5.7: a barrier).
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
        // SAFETY: the memory is readable (the promise made to `new`), and nothing in it changes while the slice lives: the
        // chips show their array, and every command takes the window exclusively.
        unsafe { core::slice::from_raw_parts(self.array, self.words * size_of::<W>()) }
    }
}

macro_rules! flash_bus {
    ($word:ty, $lanes:literal) => {
        impl crate::cfi::Bus for FlashWindow<$word> {
            const LANES: u32 = $lanes;

            fn words(&self) -> usize {
                self.words
            }

            fn read(&mut self, word: usize) -> u32 {
                if word >= self.words {
                    return 0;
                }
                // SAFETY: the word is inside the window that `new` vouches for.
                u32::from(unsafe { self.base.add(word).read_volatile() })
            }

            fn write(&mut self, word: usize, value: u32) {
                if word < self.words {
                    // SAFETY: the word is inside the window that `new` vouches for.
                    unsafe { self.base.add(word).write_volatile(value as $word) }
                }
            }

            fn bytes(&self) -> &[u8] {
                self.array()
            }
        }
    };
}

flash_bus!(u16, 1);
flash_bus!(u32, 2);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfi::Bus;

    #[test]
    fn a_window_over_flash_keeps_inside_itself_and_shows_its_bytes() {
        let mut memory = [1_u32, 2, 3];
        // SAFETY: two of the three words, and nobody else uses them meanwhile.
        let mut window = unsafe { FlashWindow::new(memory.as_mut_ptr(), 8) };
        window.write(1, 20);
        window.write(2, 30);
        assert_eq!([window.read(0), window.read(1), window.read(2)], [1, 20, 0]);
        assert_eq!((window.words(), window.bytes()), (2, [1, 0, 0, 0, 20, 0, 0, 0].as_slice()));
        let mut memory = [1_u16, 2, 3];
        // SAFETY: as above.
        let mut window = unsafe { FlashWindow::new(memory.as_mut_ptr(), 4) };
        window.write(1, 20);
        window.write(2, 30);
        assert_eq!([window.read(0), window.read(1), window.read(2)], [1, 20, 0]);
        assert_eq!((window.words(), window.bytes()), (2, [1, 0, 20, 0].as_slice()));
    }

    #[test]
    fn a_window_keeps_inside_itself() {
        let mut memory = [1u32, 2, 3];
        // SAFETY: two of the three words, and nobody else uses them meanwhile.
        let mut window = unsafe { Window::<8>::new(memory.as_mut_ptr()) };
        window.write(4, 20);
        window.write(8, 30);
        window.write(5, 40);
        assert_eq!([window.read(0), window.read(4), window.read(8), window.read(2)], [1, 20, 0, 0]);
        assert_eq!(memory, [1, 20, 3]);
    }
    #[test]
    fn a_window_of_halfwords_keeps_inside_itself() {
        let mut memory = [1u16, 2, 3];
        // SAFETY: two of the three halfwords, and nobody else uses them meanwhile.
        let mut window = unsafe { Window16::<2>::new(memory.as_mut_ptr()) };
        window.write(1, 20);
        window.write(2, 30);
        assert_eq!([window.read(0), window.read(1), window.read(2)], [1, 20, 0]);
        assert_eq!(memory, [1, 20, 3]);
    }
}
