//! [`DmaDisk`]: a block device that moves data by itself, while the CPU does something else.

use alloc::rc::Rc;
use core::cell::Cell;

use oal_snapshot::store::BlockDevice;

use crate::rng::Rng;

/// Whether a read is on its way, and how often one was.
#[derive(Debug, Default)]
pub struct Flights {
    on_its_way: Cell<bool>,
    count: Cell<u64>,
}

impl Flights {
    /// Whether one is on its way now.
    pub fn on_its_way(&self) -> bool {
        self.on_its_way.get()
    }

    /// Reads that left the CPU free.
    pub fn count(&self) -> u64 {
        self.count.get()
    }
}

/// A device over which DMA comes and goes. The buffer of a read that is on its way holds noise until the read
/// has ended, which is the last moment that the contract allows; a read that fails does so then, or, every
/// other time, before it begins.
#[derive(Debug)]
pub struct DmaDisk<D> {
    disk: D,
    flights: Rc<Flights>,
    rng: Rng,
    /// Whether a read that fails does so before it begins.
    fails_early: bool,
}

impl<D: BlockDevice> DmaDisk<D> {
    /// The same device, with DMA.
    pub fn new(disk: D) -> DmaDisk<D> {
        DmaDisk { disk, flights: Rc::default(), rng: Rng::new(5), fails_early: false }
    }

    /// The same, whose failing reads fail before they begin.
    pub fn failing_early(self) -> DmaDisk<D> {
        DmaDisk { fails_early: true, ..self }
    }

    /// What is on its way.
    pub fn flights(&self) -> Rc<Flights> {
        self.flights.clone()
    }

    /// The device, of which nobody may want anything while a read is on its way.
    fn idle(&mut self) -> &mut D {
        assert!(!self.flights.on_its_way(), "a read is on its way");
        &mut self.disk
    }
}

impl<D: BlockDevice> BlockDevice for DmaDisk<D> {
    type Error = D::Error;

    fn sectors(&self) -> u64 {
        self.disk.sectors()
    }

    fn read(&mut self, first: u64, buf: &mut [u8]) -> Result<(), D::Error> {
        self.idle().read(first, buf)
    }

    fn reads_in_background(&self) -> bool {
        true
    }

    fn read_while(
        &mut self,
        first: u64,
        buf: &mut [u8],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), D::Error> {
        let mut data = alloc::vec![0; buf.len()];
        let mut came = Ok(());
        if self.fails_early {
            self.idle().read(first, &mut data)?;
        }
        self.rng.fill(buf);
        self.flights.on_its_way.set(true);
        self.flights.count.set(self.flights.count() + 1);
        meanwhile();
        self.flights.on_its_way.set(false);
        if !self.fails_early {
            came = self.disk.read(first, &mut data);
        }
        // Of a read that failed anything may have come.
        buf.copy_from_slice(&data);
        came
    }

    fn write(&mut self, first: u64, data: &[u8]) -> Result<(), D::Error> {
        self.idle().write(first, data)
    }

    fn write_reliable(&mut self, first: u64, data: &[u8]) -> Result<(), D::Error> {
        self.idle().write_reliable(first, data)
    }

    fn discard(&mut self, first: u64, count: u64) -> Result<(), D::Error> {
        self.idle().discard(first, count)
    }

    fn flush(&mut self) -> Result<(), D::Error> {
        self.idle().flush()
    }
}
