//! The console's UART: filled first, for everything else says through it what is wrong.

// FILL console: a UART, polled. As generated, bytes go to a debugger or an emulator by semihosting, and none come; on a board with
// neither, the first byte is the end.
use oal_firmware::terminal::Uart;

/// The console. The UART itself is all its state: there may be several values, one after the other.
pub struct Console;

impl Uart for Console {
    /// The UART as it is: nothing is written to it. A loader or an earlier run may have left it in any
    /// state.
    unsafe fn new() -> Self {
        Console
    }

    /// Sets it up as after power-on, whatever it was: clock and pins, 115200 8N1, FIFOs on, no interrupts, no
    /// DMA.
    fn init(&mut self) {}

    /// Waits, for a bounded time, until the last bit is out.
    fn drain(&mut self) {}

    /// A byte that has come, if one has. Does not wait. What came damaged is dropped.
    fn read(&mut self) -> Option<u8> {
        None
    }

    /// Sends a byte; waits, for a bounded time, until there is room for it.
    fn write(&mut self, byte: u8) {
        semihosting::sys::arm_compat::sys_writec(byte);
    }
}
// FILL END
