//! The PXA270's own devices: the full-function UART and the operating system timer.
//!
//! Reference: Intel PXA27x Processor Family Developer's Manual, 280000, chapters 10 (UARTs) and 22 (Operating System
//! Timers).

use core::fmt;

use embedded_hal::delay::DelayNs;
use oal_drivers::mmio::{Registers, Window};
use uart_16550::backend::Backend;
use uart_16550::spec::registers::{IER, LSR};
use uart_16550::{BaudRate, Config, Uart16550};

/// FFUART: a 16550 with a word for each register.
const UART: usize = 0x4010_0000;
const UART_HZ: u32 = 14_745_600;
/// FFIER: the unit is on (UUE).
const UNIT_ENABLE: u8 = 1 << 6;

/// OSCR0: counts from the reset on, 3.25 MHz.
const TIMER_COUNT: *const u32 = 0x40a0_0010 as *const u32;
const TICKS_PER_4_US: u32 = 13;

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

/// The UART, as text.
pub struct Terminal(Uart16550<Words>);

impl Terminal {
    /// The UART as it is.
    ///
    /// # Safety
    /// Nobody else uses the UART meanwhile.
    pub unsafe fn new() -> Terminal {
        // SAFETY: these are the UART's registers, and the caller promises that nobody else uses them.
        Terminal(unsafe { Uart16550::new_with_backend(Words(Window::new(UART as *mut u32))) })
    }

    /// Initialises the UART: 115200 8N1, FIFOs on, no interrupts. Without a UART that gets empty nothing is done, since
    /// the crate would wait for that without an end.
    pub fn init(&mut self) {
        if self.drain() {
            let config = Config {
                interrupts: IER::from_bits_retain(UNIT_ENABLE),
                frequency: UART_HZ,
                baud_rate: BaudRate::Baud115200,
                ..Config::DEFAULT
            };
            // The divisor is 8; and if there is no UART there is nobody to tell.
            let _ = self.0.init(config);
        }
    }

    /// Waits until everything is sent; `false` if that takes too long.
    pub fn drain(&mut self) -> bool {
        (0..PATIENCE).any(|_| self.0.lsr().contains(LSR::TRANSMITTER_EMPTY))
    }

    /// A byte that has come, if one has.
    pub fn read(&mut self) -> Option<u8> {
        self.0.try_receive_byte().ok()
    }

    fn write(&mut self, byte: u8) {
        let _ = (0..PATIENCE).any(|_| self.0.try_send_byte(byte).is_ok());
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
macro_rules! say {
    ($terminal:expr, $($text:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($terminal, $($text)*);
    }};
}

/// Microseconds since the reset. They start over after 22 minutes.
pub fn now_us() -> u32 {
    (u64::from(ticks()) * 4 / u64::from(TICKS_PER_4_US)) as u32
}

fn ticks() -> u32 {
    // SAFETY: a counter; reading it changes nothing.
    unsafe { TIMER_COUNT.read_volatile() }
}

/// Waits by the operating system timer.
pub struct Delay;

impl DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        let start = ticks();
        let wait = ns / 4000 * TICKS_PER_4_US + TICKS_PER_4_US + 1;
        // Reading the timer takes a good 10 ns, so that a timer which stands still does not hold anybody up.
        let polls = ns / 10 + 1000;
        let _ = (0..polls).any(|_| ticks().wrapping_sub(start) >= wait);
    }
}
