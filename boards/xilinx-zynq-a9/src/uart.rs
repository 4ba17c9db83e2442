//! The console's UART.

use oal_firmware::terminal::Uart;

use crate::devices::{self, UART_CLOCK_HZ};

const BAUD: u32 = 115_200;

/// UART 0.
pub struct Console(devices::Uart);

// What cannot be sent is dropped: there is no other way to say so.
impl Uart for Console {
    unsafe fn new() -> Self {
        // SAFETY: the caller's promise.
        Console(unsafe { devices::uart0() })
    }

    fn init(&mut self) {
        // Both figures are constants that give a divisor in range.
        let _ = self.0.init(UART_CLOCK_HZ, BAUD);
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
