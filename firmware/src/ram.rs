//! RAM: the banks of a board, and how much there is, found by trying.

use heapless::Vec;
use oal_snapshot::frame::RamRegion;

/// Most banks of RAM.
pub const MAX_BANKS: usize = 4;
/// Most regions outside RAM that are saved with it.
pub const MAX_OEM: usize = 4;

/// The banks of RAM, by rising addresses.
pub type Ram = Vec<RamRegion, MAX_BANKS>;

/// Bytes of all banks.
pub fn bytes(ram: &[RamRegion]) -> u64 {
    ram.iter().map(|bank| bank.len).fold(0, u64::saturating_add)
}

/// Bytes in the step by which RAM is sized, and the least that there is.
const RAM_STEP: usize = 64 << 20;
/// The most RAM that the board takes, in steps.
const RAM_STEPS_MAX: usize = 16;

/// The address at which step `step`, from 1, of RAM at `start` is tried: its last word.
fn probe(start: usize, step: usize) -> *mut u32 {
    start.wrapping_add(step * RAM_STEP).wrapping_sub(4) as *mut u32
}

/// A word that no other step is tried with, that is not 0 and not all ones.
const fn token(step: usize) -> u32 {
    let step = step as u32;
    0x5aa5_0000 | step << 8 | (!step & 0xff)
}

/// Bytes of RAM at `start`: a multiple of 64 MiB, at most 1 GiB. The last word of each step is written and
/// put back. For boards on which addresses without memory answer anything and do not fault; memory that is
/// seen twice shows by the earlier words changing.
///
/// # Safety
/// The MMU and the data cache are off, and from `start` on there is RAM, or nothing, whose last words of each
/// step are not in use.
pub unsafe fn size(start: usize) -> u64 {
    let mut before = [0; RAM_STEPS_MAX];
    let mut steps = 0;
    for (step, word) in (1..).zip(&mut before) {
        // SAFETY: an aligned word in the board's RAM area; the caller vouches for the rest.
        unsafe {
            *word = probe(start, step).read_volatile();
            probe(start, step).write_volatile(token(step));
        }
        // SAFETY: as above.
        if !(1..=step).all(|step| unsafe { probe(start, step).read_volatile() } == token(step)) {
            // Not memory, or an earlier word seen again: that one is put back below.
            // SAFETY: as above.
            unsafe { probe(start, step).write_volatile(*word) };
            break;
        }
        steps = step;
    }
    for (step, word) in (1..=steps).zip(before) {
        // SAFETY: as above.
        unsafe { probe(start, step).write_volatile(word) };
    }
    (steps * RAM_STEP) as u64
}
