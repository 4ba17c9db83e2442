//! The console's PL011.

use core::fmt;
use core::ptr::NonNull;

use arm_pl011_uart::{DataBits, LineConfig, PL011Registers, Parity, StopBits, Uart, UniqueMmioPointer};

/// UART 0 of the motherboard.
const REGISTERS: NonNull<PL011Registers> = NonNull::new(0x1000_9000 as *mut PL011Registers).unwrap();
const CLOCK_HZ: u32 = 24_000_000;
const BAUD: u32 = 115_200;
const LINE: LineConfig =
    LineConfig { data_bits: DataBits::Bits8, parity: Parity::None, stop_bits: StopBits::One };

/// Polls before a byte is given up: more than the FIFO takes to drain at any speed of this CPU.
const PATIENCE: u32 = 10_000_000;

/// The UART, as text.
pub struct Terminal {
    uart: Uart<'static>,
}

impl Terminal {
    /// The UART as it is.
    ///
    /// # Safety
    /// Nobody else uses the UART meanwhile.
    pub unsafe fn new() -> Terminal {
        // SAFETY: these are the UART's registers, and the caller promises that nobody else uses them.
        Terminal { uart: Uart::new(unsafe { UniqueMmioPointer::new(REGISTERS) }) }
    }

    /// Initialises the UART: 115200 8N1, FIFOs on, no interrupts.
    pub fn init(&mut self) {
        self.drain();
        // Both figures are constants that give a divisor in range.
        let _ = self.uart.enable(LINE, BAUD, CLOCK_HZ);
    }

    /// Waits until everything is sent.
    pub fn drain(&self) {
        for _ in 0..PATIENCE {
            if !self.uart.is_busy() {
                break;
            }
        }
    }

    /// A byte that has come, if one has. What came damaged is dropped.
    pub fn read(&mut self) -> Option<u8> {
        self.uart.read_word().ok().flatten()
    }

    /// Sends a byte.
    pub fn write(&mut self, byte: u8) {
        for _ in 0..PATIENCE {
            if !self.uart.is_tx_fifo_full() {
                self.uart.write_word(byte);
                return;
            }
        }
    }
}

impl fmt::Write for Terminal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.write(b'\r');
            }
            self.write(byte);
        }
        Ok(())
    }
}

/// `writeln!` to a [`Terminal`], which does not fail.
#[macro_export]
macro_rules! say {
    ($terminal:expr, $($text:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($terminal, $($text)*);
    }};
}
