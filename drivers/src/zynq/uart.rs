//! UART, used without interrupts.
//!
//! Reference: UG585, chapter 19 "UART Controller", and appendix B "UART Controller (UART)".
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x48;

const CONTROL: usize = 0x00;
const MODE: usize = 0x04;
const INTERRUPT_DISABLE: usize = 0x0c;
/// Interrupt status: bits stay until they are written.
const EVENTS: usize = 0x14;
const BAUD_GENERATOR: usize = 0x18;
const STATUS: usize = 0x2c;
const FIFO: usize = 0x30;
const BAUD_DIVIDER: usize = 0x34;

const RESET_BOTH: u32 = 0b11;
const RECEIVER_ON: u32 = 1 << 2;
const RECEIVER_OFF: u32 = 1 << 3;
const TRANSMITTER_ON: u32 = 1 << 4;
const TRANSMITTER_OFF: u32 = 1 << 5;
/// Eight bits, no parity, one stop bit, the reference clock undivided.
const MODE_8N1: u32 = 4 << 3;

const FRAMING_ERROR: u32 = 1 << 6;
const PARITY_ERROR: u32 = 1 << 7;
const DAMAGED: u32 = FRAMING_ERROR | PARITY_ERROR;

const RECEIVED_NONE: u32 = 1 << 1;
const SEND_EMPTY: u32 = 1 << 3;
const SEND_FULL: u32 = 1 << 4;
const SENDING: u32 = 1 << 11;

/// Polls before a byte is given up: longer than a full FIFO takes at 9600 baud.
const PATIENCE: u32 = 10_000_000;

/// The UART does not get rid of what it is sending, or its clock does not give the speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoUart;

/// A UART.
#[derive(Debug)]
pub struct Uart<R>(R);

impl<R: Registers> Uart<R> {
    /// The UART as it is, with its clocks running.
    pub const fn new(regs: R) -> Self {
        Self(regs)
    }

    /// Initialises the UART: `baud` 8N1 from a reference clock of `clock_hz`, no interrupts (19.2.3, 19.3.1).
    /// What was received and not read is lost.
    ///
    /// # Errors
    /// [`NoUart`] if the clock does not give `baud` within 2 %; nothing is touched then.
    pub fn init(&mut self, clock_hz: u32, baud: u32) -> Result<(), NoUart> {
        let (generator, divider) = divisors(clock_hz, baud).ok_or(NoUart)?;
        let regs = &mut self.0;
        regs.write(CONTROL, RECEIVER_OFF | TRANSMITTER_OFF);
        regs.write(INTERRUPT_DISABLE, u32::MAX);
        regs.write(MODE, MODE_8N1);
        regs.write(BAUD_GENERATOR, generator);
        regs.write(BAUD_DIVIDER, divider);
        regs.write(CONTROL, RESET_BOTH | RECEIVER_ON | TRANSMITTER_ON);
        regs.write(EVENTS, u32::MAX);
        Ok(())
    }

    /// Waits until everything is sent.
    ///
    /// # Errors
    /// [`NoUart`] if that takes longer than a full FIFO can.
    pub fn drain(&mut self) -> Result<(), NoUart> {
        let mut sent = || self.0.read(STATUS) & (SEND_EMPTY | SENDING) == SEND_EMPTY;
        if (0..PATIENCE).any(|_| sent()) { Ok(()) } else { Err(NoUart) }
    }

    /// A byte that has come, if one has. The chip does not say which byte of its FIFO came damaged: the next
    /// one that is read after an error is dropped.
    pub fn read(&mut self) -> Option<u8> {
        if self.0.read(STATUS) & RECEIVED_NONE != 0 {
            return None;
        }
        let byte = self.0.read(FIFO) as u8;
        let damaged = self.0.read(EVENTS) & DAMAGED;
        if damaged != 0 {
            self.0.write(EVENTS, damaged);
            return None;
        }
        Some(byte)
    }

    /// Sends a byte, as soon as there is room for it.
    ///
    /// # Errors
    /// [`NoUart`] if there is none for longer than a full FIFO can take; the byte is not sent.
    pub fn write(&mut self, byte: u8) -> Result<(), NoUart> {
        if !(0..PATIENCE).any(|_| self.0.read(STATUS) & SEND_FULL == 0) {
            return Err(NoUart);
        }
        self.0.write(FIFO, u32::from(byte));
        Ok(())
    }
}

/// Baud rate generator (1 to 65535) and divider (4 to 255) that come nearest: a bit takes generator x
/// (divider + 1) clocks (19.2.3).
fn divisors(clock_hz: u32, baud: u32) -> Option<(u32, u32)> {
    let error = |(generator, divider): &(u32, u32)| {
        let clocks = u64::from(generator * (divider + 1));
        (clocks * u64::from(baud)).abs_diff(u64::from(clock_hz))
    };
    let candidates = (4..=255).filter_map(|divider| {
        let step = baud.checked_mul(divider + 1).filter(|step| *step != 0)?;
        let generator = clock_hz.checked_add(step / 2)?.checked_div(step)?;
        (1..=0xffff).contains(&generator).then_some((generator, divider))
    });
    let best = candidates.min_by_key(error)?;
    (error(&best) <= u64::from(clock_hz / 50)).then_some(best)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::vec::Vec;

    use super::*;

    /// A UART that sends a byte in so many looks at its status.
    #[derive(Default)]
    struct Model {
        control: u32,
        mode: u32,
        speed: (u32, u32),
        busy: u32,
        slowness: u32,
        sent: Vec<u8>,
        came: VecDeque<u8>,
        events: u32,
    }

    impl Registers for Model {
        fn read(&mut self, offset: usize) -> u32 {
            match offset {
                STATUS => {
                    self.busy = self.busy.saturating_sub(1);
                    let none = if self.came.is_empty() { RECEIVED_NONE } else { 0 };
                    none | if self.busy == 0 { SEND_EMPTY } else { SEND_FULL | SENDING }
                }
                FIFO => self.came.pop_front().unwrap_or(0).into(),
                EVENTS => self.events,
                _ => 0,
            }
        }

        fn write(&mut self, offset: usize, value: u32) {
            match offset {
                CONTROL => {
                    self.control = value;
                    if value & RESET_BOTH != 0 {
                        self.came.clear();
                    }
                }
                MODE => self.mode = value,
                BAUD_GENERATOR => self.speed.0 = value,
                BAUD_DIVIDER => self.speed.1 = value,
                EVENTS => self.events &= !value,
                FIFO => {
                    assert!(self.control & TRANSMITTER_ON != 0 && self.busy == 0);
                    self.sent.push(value as u8);
                    self.busy = self.slowness;
                }
                _ => {}
            }
        }
    }

    fn uart() -> Uart<Model> {
        let mut uart = Uart::new(Model { slowness: 3, ..Model::default() });
        uart.init(50_000_000, 115_200).unwrap();
        uart
    }

    #[test]
    fn it_comes_up_with_8n1_at_the_nearest_speed() {
        let uart = uart();
        assert_eq!(uart.0.mode, 0x20);
        let (generator, divider) = uart.0.speed;
        assert_eq!(generator * (divider + 1), 434);
        for clock in [25_000_000, 33_333_333, 100_000_000] {
            let (generator, divider) = divisors(clock, 115_200).unwrap();
            assert!((4..=255).contains(&divider) && generator <= 0xffff);
            assert!((clock / (generator * (divider + 1))).abs_diff(115_200) < 115_200 / 50);
        }
    }

    #[test]
    fn a_speed_that_the_clock_does_not_give_is_an_error() {
        let mut uart = Uart::new(Model::default());
        for (clock, baud) in [(100_000, 115_200), (50_000_000, 0), (0, 9600)] {
            assert_eq!(uart.init(clock, baud), Err(NoUart));
        }
        assert_eq!(uart.0.control, 0);
    }

    #[test]
    fn bytes_go_out_in_order_and_a_drain_waits_for_the_last() {
        let mut uart = uart();
        for byte in 0..100 {
            uart.write(byte).unwrap();
        }
        uart.drain().unwrap();
        assert_eq!((uart.0.busy, &uart.0.sent), (0, &Vec::from_iter(0..100)));
    }

    #[test]
    fn bytes_come_in_order_and_one_is_dropped_after_an_error() {
        let mut uart = uart();
        assert_eq!(uart.read(), None);
        uart.0.came.extend(*b"abc");
        assert_eq!(uart.read(), Some(b'a'));
        uart.0.events = FRAMING_ERROR;
        assert_eq!([(); 3].map(|()| uart.read()), [None, Some(b'c'), None]);
    }

    #[test]
    fn a_uart_that_never_gets_rid_of_a_byte_is_given_up() {
        let mut uart = uart();
        uart.0.slowness = u32::MAX;
        uart.write(b'x').unwrap();
        assert_eq!((uart.write(b'y'), uart.drain()), (Err(NoUart), Err(NoUart)));
        assert_eq!(uart.0.sent, *b"x");
    }
}
