//! The console's UART.

use oal_drivers::omap::prcm::Device;
use oal_firmware::terminal::Uart;

use crate::devices::{self, Uart1};

const BAUD: u32 = 115_200;

/// UART 1.
pub struct Console(Uart1);

// What cannot be sent is dropped: there is no other way to say so.
impl Uart for Console {
    unsafe fn new() -> Self {
        // SAFETY: the caller's promise.
        Console(unsafe { devices::uart1() })
    }

    fn init(&mut self) {
        // SAFETY: one core, and no other driver changes the clocks while this one does.
        unsafe { devices::clocks() }.enable(Device::Uart1);
        let _ = self.0.init(BAUD);
    }

    fn drain(&mut self) {
        let _ = self.0.drain();
    }

    fn read(&mut self) -> Option<u8> {
        self.0.read()
    }

    fn write(&mut self, byte: u8) {
        let _ = self.0.write(byte);
    }
}
