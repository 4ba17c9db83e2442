//! The CPU as the engine has it: the board's core, and the board's outer cache behind it.

use core::marker::PhantomData;
use portable_atomic::{AtomicU32, Ordering::Relaxed};

use oal_snapshot::cpu::{NosaveStack, OuterCache};

use crate::arch;
use crate::platform::Platform;

/// Times the outer cache was cleaned since power-on.
#[unsafe(link_section = ".nosave.bss")]
static CLEANINGS: AtomicU32 = AtomicU32::new(0);

/// The board's outer cache, if it switched one on.
pub struct Outer<P>(PhantomData<P>);

impl<P: Platform> OuterCache for Outer<P> {
    fn clean_invalidate(&mut self) {
        CLEANINGS.store(cleanings().wrapping_add(1), Relaxed);
        if let Some(clean_invalidate) = P::outer_cache() {
            clean_invalidate();
        }
    }
}

/// A board's CPU.
pub type Cpu<P> = arch::Core<Outer<P>>;

/// The CPU, with the stack of the engine.
pub fn new<P: Platform, const BYTES: usize>(stack: &'static mut NosaveStack<BYTES>) -> Cpu<P> {
    P::cpu(stack, Outer(PhantomData))
}

/// Times a restore cleaned the outer cache since power-on.
pub fn cleanings() -> u32 {
    CLEANINGS.load(Relaxed)
}
