//! [`Shared`]: a chip that a test can get at while a driver has it.

use alloc::rc::Rc;
use core::cell::{RefCell, RefMut};

use embedded_hal::spi::{ErrorType, Operation, SpiDevice};
use oal_drivers::mmio::Registers16;
use oal_drivers::nand::bus::{BusFault, RawBus};

/// A chip with several owners. Clones are the same chip.
#[derive(Debug)]
pub struct Shared<T>(Rc<RefCell<T>>);

impl<T> Shared<T> {
    /// Shares `chip`.
    pub fn new(chip: T) -> Self {
        Self(Rc::new(RefCell::new(chip)))
    }

    /// The chip. Not to be kept while the driver is used.
    pub fn chip(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: RawBus> RawBus for Shared<T> {
    fn command(&mut self, command: u8) -> Result<(), BusFault> {
        self.chip().command(command)
    }

    fn address(&mut self, cycles: &[u8]) -> Result<(), BusFault> {
        self.chip().address(cycles)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), BusFault> {
        self.chip().write(data)
    }

    fn read(&mut self, data: &mut [u8]) -> Result<(), BusFault> {
        self.chip().read(data)
    }

    fn ready(&mut self) -> Result<Option<bool>, BusFault> {
        self.chip().ready()
    }
}

impl<T: Registers16> Registers16 for Shared<T> {
    fn read(&mut self, index: usize) -> u16 {
        self.chip().read(index)
    }

    fn write(&mut self, index: usize, value: u16) {
        self.chip().write(index, value);
    }
}

impl<T: ErrorType> ErrorType for Shared<T> {
    type Error = T::Error;
}

impl<T: SpiDevice> SpiDevice for Shared<T> {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), T::Error> {
        self.chip().transaction(operations)
    }
}
