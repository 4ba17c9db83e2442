//! UART: a 16550 with registers four bytes apart and a mode register that keeps it off after a reset.
//!
//! Reference: SWPU064, chapter "UART/IrDA/CIR". The 16550 in it is driven by crate `uart_16550`; what is here
//! is the rest, bounds for every wait, and accesses of 16 bits, since those of 32 bits are not allowed to
//! these registers.

use uart_16550::backend::Backend;
use uart_16550::spec::registers::LSR;
use uart_16550::{BaudRate, Config, Uart16550};

use crate::mmio::Registers16;

/// Halfwords of registers.
pub const WINDOW: usize = 0x40;
/// The functional clock of every UART.
pub const CLOCK_HZ: u32 = 48_000_000;

/// Halfwords from a register of the 16550 to the next.
const STRIDE: usize = 2;
/// MDR1, the mode: bits 2 to 0.
const MODE: usize = 0x20 / 2;
const MODE_UART: u16 = 0;
const MODE_OFF: u16 = 7;

/// Polls before a byte is given up: longer than a full FIFO takes at 9600 baud.
const PATIENCE: u32 = 10_000_000;

/// The 16550's registers among those of the UART.
struct Window<R>(R);

impl<R: Registers16> Backend for Window<R> {
    #[expect(unsafe_code, reason = "the crate's safety contract asks more than this needs")]
    unsafe fn read(&mut self, register: u8) -> u8 {
        self.0.read(usize::from(register) * STRIDE) as u8
    }

    #[expect(unsafe_code, reason = "as above")]
    unsafe fn write(&mut self, register: u8, value: u8) {
        self.0.write(usize::from(register) * STRIDE, u16::from(value));
    }
}

/// The UART does not answer, or does not get rid of what it is sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoUart;

/// A UART, used without interrupts.
pub struct OmapUart<R: Registers16> {
    chip: Uart16550<Window<R>>,
}

impl<R: Registers16> OmapUart<R> {
    /// The UART as it is, with its clocks running.
    pub const fn new(regs: R) -> Self {
        // SAFETY: the backend takes every register number and touches no memory itself.
        #[expect(unsafe_code, reason = "as above")]
        let chip = unsafe { Uart16550::new_with_backend(Window(regs)) };
        Self { chip }
    }

    /// Initialises the UART: `baud` 8N1, FIFOs on, no interrupts. What was received and not read is lost.
    ///
    /// The divisor is written while the UART is off, as the description of DLL and DLH asks for.
    ///
    /// # Errors
    ///
    /// [`NoUart`], after which the UART is off; or, if the clock does not give `baud` within 2 %, as it was.
    pub fn init(&mut self, baud: u32) -> Result<(), NoUart> {
        // The crate takes divisors without a remainder only: it is given a clock, 0.2 % off at 115200 baud, that leaves
        // none. Its defaults are 8N1, FIFOs and no interrupts.
        let step = baud.checked_mul(16).filter(|step| *step != 0).ok_or(NoUart)?;
        let frequency = CLOCK_HZ.saturating_add(step / 2) / step * step;
        if frequency.abs_diff(CLOCK_HZ) > CLOCK_HZ / 50 {
            return Err(NoUart);
        }
        let baud_rate = BaudRate::from_integer(baud);
        let config = Config { frequency, baud_rate, ..Config::DEFAULT };
        self.drain()?;
        self.set_mode(MODE_OFF);
        // The crate waits for the transmitter without an end; it is empty, and nothing is sent from here on.
        if !self.is_drained() {
            return Err(NoUart);
        }
        self.chip.init(config).map_err(|_| NoUart)?;
        self.set_mode(MODE_UART);
        Ok(())
    }

    /// Waits until everything is sent.
    ///
    /// # Errors
    ///
    /// [`NoUart`] if that takes longer than a full FIFO can.
    pub fn drain(&mut self) -> Result<(), NoUart> {
        if (0..PATIENCE).any(|_| self.is_drained()) { Ok(()) } else { Err(NoUart) }
    }

    /// A byte that has come, if one has. What came damaged is dropped.
    pub fn read(&mut self) -> Option<u8> {
        let status = self.chip.lsr();
        if !status.contains(LSR::DATA_READY) {
            return None;
        }
        // The status is of the byte that comes next (LSR); the crate would look at it twice, and keep it for the one
        // behind.
        let byte = self.chip.backend_mut().0.read(0) as u8;
        let damaged = LSR::PARITY_ERROR | LSR::FRAMING_ERROR | LSR::BREAK_INTERRUPT;
        (!status.intersects(damaged)).then_some(byte)
    }

    /// Sends a byte, as soon as there is room for it.
    ///
    /// # Errors
    ///
    /// [`NoUart`] if there is none for longer than a full FIFO can take; the byte is not sent.
    pub fn write(&mut self, byte: u8) -> Result<(), NoUart> {
        if (0..PATIENCE).any(|_| self.chip.try_send_byte(byte).is_ok()) { Ok(()) } else { Err(NoUart) }
    }

    fn is_drained(&mut self) -> bool {
        self.chip.lsr().contains(LSR::TRANSMITTER_EMPTY)
    }

    fn set_mode(&mut self, mode: u16) {
        self.chip.backend_mut().0.write(MODE, mode);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::vec::Vec;

    use super::*;

    const DATA: usize = 0;
    const INTERRUPTS: usize = STRIDE;
    const FIFO_CONTROL: usize = 2 * STRIDE;
    const LINE_CONTROL: usize = 3 * STRIDE;
    const STATUS: usize = 5 * STRIDE;
    const SCRATCH: usize = 7 * STRIDE;
    const DIVISOR_LATCH: u16 = 1 << 7;
    const EMPTY: u16 = 0x60;

    /// A UART that sends a byte in so many looks at its status.
    struct Model {
        mode: u16,
        divisor: [u16; 2],
        control: u16,
        interrupts: u16,
        fifo: u16,
        scratch: u16,
        /// Looks until what was written is sent, and how many a byte takes.
        busy: u32,
        slowness: u32,
        sent: Vec<u8>,
        /// What came, with the status bits of each byte.
        came: VecDeque<(u8, u16)>,
        written_while_on: bool,
    }

    impl Model {
        fn new() -> Self {
            Self {
                mode: MODE_OFF,
                divisor: [0; 2],
                control: 0,
                interrupts: 0xff,
                fifo: 0,
                scratch: 0,
                busy: 0,
                slowness: 3,
                sent: Vec::new(),
                came: VecDeque::new(),
                written_while_on: false,
            }
        }
    }

    impl Registers16 for Model {
        fn read(&mut self, index: usize) -> u16 {
            match index {
                DATA => self.came.pop_front().map_or(0, |(byte, _)| byte.into()),
                FIFO_CONTROL => 0xc0,
                STATUS => {
                    let ready = self.came.front().map_or(0, |(_, flags)| flags | 1);
                    self.busy = self.busy.saturating_sub(1);
                    ready | if self.busy == 0 { EMPTY } else { 0 }
                }
                SCRATCH => self.scratch,
                _ => 0,
            }
        }

        fn write(&mut self, index: usize, value: u16) {
            let latch = self.control & DIVISOR_LATCH != 0;
            match index {
                DATA | INTERRUPTS if latch => {
                    self.divisor[index / STRIDE] = value;
                    self.written_while_on |= self.mode != MODE_OFF;
                }
                DATA => {
                    self.sent.push(value as u8);
                    self.busy += self.slowness;
                }
                INTERRUPTS => self.interrupts = value,
                FIFO_CONTROL => {
                    self.fifo = value;
                    self.came.clear();
                }
                LINE_CONTROL => self.control = value,
                SCRATCH => self.scratch = value,
                MODE => self.mode = value,
                _ => {}
            }
        }
    }

    fn model(uart: &mut OmapUart<Model>) -> &mut Model {
        &mut uart.chip.backend_mut().0
    }

    #[test]
    fn it_comes_up_with_115200_baud_8n1_from_off_and_from_on() {
        let mut uart = OmapUart::new(Model::new());
        for _ in 0..2 {
            uart.init(115_200).unwrap();
            let model = model(&mut uart);
            assert_eq!((model.mode, model.divisor, model.control), (MODE_UART, [26, 0], 3));
            assert_eq!((model.interrupts, model.fifo & 1), (0, 1));
            assert!(!model.written_while_on);
        }
    }

    #[test]
    fn bytes_go_out_in_order_and_a_drain_waits_for_the_last() {
        let mut uart = OmapUart::new(Model::new());
        uart.init(115_200).unwrap();
        for byte in 0..100 {
            uart.write(byte).unwrap();
        }
        uart.drain().unwrap();
        assert_eq!(model(&mut uart).busy, 0);
        assert_eq!(model(&mut uart).sent, Vec::from_iter(0..100));
    }

    #[test]
    fn bytes_come_in_order_and_damaged_ones_are_dropped() {
        let mut uart = OmapUart::new(Model::new());
        uart.init(115_200).unwrap();
        assert_eq!(uart.read(), None);
        const FRAMING_ERROR: u16 = 1 << 3;
        model(&mut uart).came.extend([(b'a', 0), (b'?', FRAMING_ERROR), (b'b', 0)]);
        assert_eq!([(); 4].map(|()| uart.read()), [Some(b'a'), None, Some(b'b'), None]);
    }

    #[test]
    fn a_uart_that_never_gets_rid_of_a_byte_is_given_up() {
        let mut uart = OmapUart::new(Model::new());
        uart.init(115_200).unwrap();
        model(&mut uart).slowness = u32::MAX;
        uart.write(b'x').unwrap();
        assert_eq!(uart.write(b'y'), Err(NoUart));
        assert_eq!(uart.init(115_200), Err(NoUart));
        assert_eq!(model(&mut uart).sent, *b"x");
    }

    #[test]
    fn where_there_is_no_uart_there_is_an_error() {
        struct Nothing;
        impl Registers16 for Nothing {
            fn read(&mut self, _: usize) -> u16 {
                0xff
            }
            fn write(&mut self, _: usize, _: u16) {}
        }
        assert_eq!(OmapUart::new(Nothing).init(115_200), Err(NoUart));
    }

    #[test]
    fn a_speed_that_the_clock_does_not_give_is_an_error() {
        for baud in [0, 10, 4_000_000, u32::MAX] {
            assert_eq!(OmapUart::new(Model::new()).init(baud), Err(NoUart), "{baud}");
        }
    }
}
