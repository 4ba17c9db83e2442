//! Buffers that a controller fills by itself, behind the CPU's caches.

/// A board's caches and buses, for a controller that writes to memory by itself (DMA).
///
/// A driver lends a buffer, tells the controller the address, does not touch the buffer until the controller
/// has ended or was reset, and then takes it back. The buffer has to be memory that no snapshot contains: at
/// a boot the rest is being loaded.
///
/// # Safety
///
/// [`lend`](Dma::lend) gives the address at which the controller reaches the bytes of `buffer`, all of them
/// in one piece, and from then until [`take_back`](Dma::take_back) the CPU writes nothing to them on its own,
/// from a dirty cache line for instance. After [`take_back`](Dma::take_back) the CPU reads what the
/// controller wrote.
pub unsafe trait Dma {
    /// Whether there is DMA at all.
    const LENDS: bool = true;

    /// Makes `buffer` the controller's, and gives the bus address of its first byte; `None` if the controller
    /// cannot have it, such as a buffer that shares a cache line with other memory.
    fn lend(&mut self, buffer: &mut [u8]) -> Option<u32>;

    /// Makes it the CPU's again. The controller has ended.
    fn take_back(&mut self, buffer: &mut [u8]);
}

/// No DMA: the CPU moves every word.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDma;

// SAFETY: nothing is ever lent.
unsafe impl Dma for NoDma {
    const LENDS: bool = false;

    fn lend(&mut self, _: &mut [u8]) -> Option<u32> {
        None
    }

    fn take_back(&mut self, _: &mut [u8]) {}
}

/// Memory for the tests of drivers, with a cache before it.
#[cfg(test)]
pub(crate) mod model {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::vec::Vec;

    use super::Dma;

    /// Memory as the controller sees it. The CPU sees it when it takes a buffer back, and not before.
    #[derive(Default)]
    pub(crate) struct Memory {
        /// The buffer that is lent, from this address on.
        pub(crate) lent: Option<(u32, Vec<u8>)>,
        /// Bytes that the controller wrote, since the machine was switched on.
        pub(crate) written: usize,
    }

    /// Lends buffers from an address on.
    pub(crate) struct Lender {
        pub(crate) memory: Rc<RefCell<Memory>>,
        pub(crate) address: u32,
    }

    // SAFETY: the controller is a model, which reaches its own memory only.
    unsafe impl Dma for Lender {
        fn lend(&mut self, buffer: &mut [u8]) -> Option<u32> {
            if !buffer.len().is_multiple_of(64) {
                return None;
            }
            let lent = (self.address, buffer.to_vec());
            assert!(self.memory.borrow_mut().lent.replace(lent).is_none(), "two buffers at once");
            Some(self.address)
        }

        fn take_back(&mut self, buffer: &mut [u8]) {
            let (_, bytes) = self.memory.borrow_mut().lent.take().expect("nothing was lent");
            buffer.copy_from_slice(&bytes);
        }
    }
}
