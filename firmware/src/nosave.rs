//! Statics in nosave memory, which one owner borrows once after each power-on.

use core::cell::UnsafeCell;

/// A static that is given away as one mutable borrow.
#[repr(transparent)]
pub struct NosaveCell<T>(UnsafeCell<T>);

// SAFETY: there is one core, and `take`'s caller promises that there is one borrow.
unsafe impl<T> Sync for NosaveCell<T> {}

impl<T> NosaveCell<T> {
    /// The value. In `.nosave.bss` it must consist of zero bytes.
    pub const fn new(value: T) -> NosaveCell<T> {
        NosaveCell(UnsafeCell::new(value))
    }

    /// The one borrow.
    ///
    /// # Safety
    /// Nobody uses an earlier borrow any more. A borrow that comes back with a snapshot counts as the first
    /// one: it refers to what the boot stage left there.
    #[expect(clippy::mut_from_ref, reason = "the caller vouches for there being one")]
    pub unsafe fn take(&self) -> &mut T {
        // SAFETY: the cell is valid, and the caller promises that the borrow is the only one.
        unsafe { &mut *self.0.get() }
    }
}
