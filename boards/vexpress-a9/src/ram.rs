//! How much RAM there is.

/// First byte of RAM.
pub const RAM_START: u32 = 0x6000_0000;
/// Bytes in the step by which RAM is sized, and the least that there is.
const RAM_STEP: u32 = 64 << 20;
/// The most RAM that the board takes, in steps.
const RAM_STEPS_MAX: u32 = 16;

/// Where step `step`, from 1, is tried: its last word.
fn probe(step: u32) -> *mut u32 {
    (RAM_START + (step * RAM_STEP).wrapping_sub(4)) as *mut u32
}

/// A word that no other step is tried with, that is not 0 and not all ones.
const fn token(step: u32) -> u32 {
    0x5aa5_0000 | step << 8 | (!step & 0xff)
}

/// Sizes RAM by writing to the last word of each step, and puts back what was there. Addresses without memory
/// answer 0 on this board and do not fault; memory that is seen twice shows by the earlier words changing.
///
/// # Safety
/// The MMU and the data cache are off, and the last word of each step is not in use.
pub unsafe fn size() -> u32 {
    let mut before = [0; RAM_STEPS_MAX as usize];
    let mut steps = 0;
    for (step, word) in (1..).zip(&mut before) {
        // SAFETY: an aligned word in the board's RAM area; the caller vouches for the rest.
        unsafe {
            *word = probe(step).read_volatile();
            probe(step).write_volatile(token(step));
        }
        // SAFETY: as above.
        if !(1..=step).all(|step| unsafe { probe(step).read_volatile() } == token(step)) {
            // Not memory, or an earlier word seen again: that one is put back below.
            // SAFETY: as above.
            unsafe { probe(step).write_volatile(*word) };
            break;
        }
        steps = step;
    }
    for (step, word) in (1..=steps).zip(before) {
        // SAFETY: as above.
        unsafe { probe(step).write_volatile(word) };
    }
    steps * RAM_STEP
}
