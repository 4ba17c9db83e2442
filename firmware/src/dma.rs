//! [`ToRam`]: controllers that write to RAM beside the CPU, on a board whose one cache level is the core's
//! own.

use oal_drivers::dma::Dma;

use crate::arch::cache;

/// RAM that is mapped to where it is, and that controllers see at the same addresses. Level 2 caches (an
/// L2C-310) are off; a board that uses one has to clean and invalidate its lines as well: after the core's
/// own before a transfer, and before them behind it.
#[derive(Clone, Copy, Debug)]
pub struct ToRam(());

impl ToRam {
    /// For a controller that may write to RAM.
    ///
    /// # Safety
    /// The controller uses physical addresses, and reaches all of RAM that the firmware's statics are in.
    pub const unsafe fn new() -> ToRam {
        ToRam(())
    }
}

// SAFETY: RAM is mapped to where it is (`mapping`), so that a buffer's address is the controller's, and contiguous. No line of it is
// dirty while it is lent, since the lines are cleaned and invalidated before and nobody writes to it meanwhile; lines
// that were fetched ahead of use meanwhile are invalidated behind the transfer, before the CPU looks.
unsafe impl Dma for ToRam {
    /// Cleans and invalidates the buffer's lines to the point of coherency: a dirty line written back later
    /// would overwrite what the controller wrote.
    fn lend(&mut self, buffer: &mut [u8]) -> Option<u32> {
        let start = buffer.as_ptr() as usize;
        if buffer.is_empty()
            || !start.is_multiple_of(cache::LONGEST_LINE)
            || !buffer.len().is_multiple_of(cache::LONGEST_LINE)
        {
            return None;
        }
        for line in lines(buffer) {
            // SAFETY: maintenance by address of a buffer that is mapped; nothing is lost.
            unsafe { cache::clean_invalidate_line(line) };
        }
        cache::barrier();
        u32::try_from(start).ok()
    }

    /// Invalidates the buffer's lines: a core may have fetched some ahead of use, with what was in memory
    /// then.
    fn take_back(&mut self, buffer: &mut [u8]) {
        cache::barrier();
        for line in lines(buffer) {
            // SAFETY: the lines are the buffer's alone, and none of them is dirty: `lend` saw to the first, and nobody has
            // written to it since.
            unsafe { cache::invalidate_line(line) };
        }
        cache::barrier();
    }
}

/// An address in each of the buffer's lines.
fn lines(buffer: &mut [u8]) -> impl Iterator<Item = usize> {
    let start = buffer.as_mut_ptr() as usize;
    (start..start + buffer.len()).step_by(cache::SHORTEST_LINE)
}
