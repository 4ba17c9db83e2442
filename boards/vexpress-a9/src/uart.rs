//! The console's PL011.

use core::ptr::NonNull;

use arm_pl011_uart::{
    self as pl011, DataBits, LineConfig, PL011Registers, Parity, StopBits, UniqueMmioPointer,
};
use oal_firmware::terminal::Uart;

/// UART 0 of the motherboard.
const REGISTERS: NonNull<PL011Registers> = NonNull::new(0x1000_9000 as *mut PL011Registers).unwrap();
const CLOCK_HZ: u32 = 24_000_000;
const BAUD: u32 = 115_200;
const LINE: LineConfig =
    LineConfig { data_bits: DataBits::Bits8, parity: Parity::None, stop_bits: StopBits::One };

/// Polls before a byte is given up: more than the FIFO takes to drain at any speed of this CPU.
const PATIENCE: u32 = 10_000_000;

/// UART 0.
pub struct Pl011(pl011::Uart<'static>);

impl Uart for Pl011 {
    unsafe fn new() -> Self {
        // SAFETY: these are the UART's registers, and the caller promises that nobody else uses them.
        Pl011(pl011::Uart::new(unsafe { UniqueMmioPointer::new(REGISTERS) }))
    }

    fn init(&mut self) {
        // Both figures are constants that give a divisor in range.
        let _ = self.0.enable(LINE, BAUD, CLOCK_HZ);
    }

    fn drain(&mut self) {
        for _ in 0..PATIENCE {
            if !self.0.is_busy() {
                break;
            }
        }
    }

    fn read(&mut self) -> Option<u8> {
        self.0.read_word().ok().flatten()
    }

    fn write(&mut self, byte: u8) {
        for _ in 0..PATIENCE {
            if !self.0.is_tx_fifo_full() {
                self.0.write_word(byte);
                return;
            }
        }
    }
}
