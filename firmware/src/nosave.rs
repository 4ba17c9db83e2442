//! Statics in nosave memory, which one owner borrows once in each life.

use core::cell::UnsafeCell;

/// A static that is handed out as a mutable borrow.
#[repr(transparent)]
pub struct Handout<T>(UnsafeCell<T>);

// SAFETY: there is one core, and `take`'s caller promises that there is one borrow.
unsafe impl<T> Sync for Handout<T> {}

impl<T> Handout<T> {
    /// The value. In `.nosave.bss` it must consist of zero bytes.
    pub const fn new(value: T) -> Handout<T> {
        Handout(UnsafeCell::new(value))
    }

    /// The one borrow.
    ///
    /// # Safety
    /// Nobody uses an earlier borrow any more. A borrow that comes back with a snapshot counts as the first one: it
    /// refers to what the boot stage left there.
    #[expect(clippy::mut_from_ref, reason = "the caller vouches for there being one")]
    pub unsafe fn take(&self) -> &mut T {
        // SAFETY: the cell is valid, and the caller promises that the borrow is the only one.
        unsafe { &mut *self.0.get() }
    }
}
