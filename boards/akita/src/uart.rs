//! The console's UART: the PXA270's full-function UART (280000, chapter 10 "UARTs").

use oal_drivers::mmio::{Registers, Window};
use oal_firmware::terminal::Uart;
use uart_16550::backend::Backend;
use uart_16550::spec::registers::{IER, LSR};
use uart_16550::{BaudRate, Config, Uart16550};

/// FFUART: a 16550 with a word for each register.
pub const REGISTERS: usize = 0x4010_0000;
const CLOCK_HZ: u32 = 14_745_600;
/// FFIER: the unit is on (UUE).
const UNIT_ENABLE: u8 = 1 << 6;

/// Polls before a byte is given up: more than the FIFO takes to drain at any speed of this CPU.
const PATIENCE: u32 = 10_000_000;

/// The 16550's registers, a word each.
struct Words(Window<0x20>);

impl Backend for Words {
    unsafe fn read(&mut self, register: u8) -> u8 {
        self.0.read(usize::from(register) * 4) as u8
    }

    unsafe fn write(&mut self, register: u8, value: u8) {
        self.0.write(usize::from(register) * 4, u32::from(value));
    }
}

/// The UART.
pub struct Console(Uart16550<Words>);

impl Console {
    /// Waits until everything is sent; `false` if that takes too long.
    fn is_drained(&mut self) -> bool {
        (0..PATIENCE).any(|_| self.0.lsr().contains(LSR::TRANSMITTER_EMPTY))
    }
}

// What cannot be sent is dropped: there is no other way to say so.
impl Uart for Console {
    unsafe fn new() -> Self {
        // SAFETY: these are the UART's registers, and the caller promises that nobody else uses them.
        Console(unsafe { Uart16550::new_with_backend(Words(Window::new(REGISTERS as *mut u32))) })
    }

    /// Without a UART that gets empty nothing is done, since the crate would wait for that without an end.
    fn init(&mut self) {
        if self.is_drained() {
            let config = Config {
                interrupts: IER::from_bits_retain(UNIT_ENABLE),
                frequency: CLOCK_HZ,
                baud_rate: BaudRate::Baud115200,
                ..Config::DEFAULT
            };
            // The divisor is 8.
            let _ = self.0.init(config);
        }
    }

    fn drain(&mut self) {
        let _ = self.is_drained();
    }

    fn read(&mut self) -> Option<u8> {
        self.0.try_receive_byte().ok()
    }

    fn write(&mut self, byte: u8) {
        let _ = (0..PATIENCE).any(|_| self.0.try_send_byte(byte).is_ok());
    }
}
