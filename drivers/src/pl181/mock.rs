//! A model of the chip's registers with a card behind that answers every command and streams bytes.

use std::cell::Cell;
use std::collections::VecDeque;
use std::vec::Vec;

use super::regs::*;
use crate::clock::Clock;
use crate::mmio::Registers;

/// What the card does with data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Fine,
    /// Never sends or takes any.
    Silent,
    /// Sends it damaged.
    BadCrc,
}

pub(super) struct Chip {
    pub(super) behaviour: Behaviour,
    /// The response to every command; none is a time-out.
    pub(super) response: Option<[u32; 4]>,
    /// What the card sends, and what it has received.
    pub(super) source: VecDeque<u8>,
    pub(super) sink: Vec<u8>,
    pub(super) fifo: VecDeque<u32>,
    /// Lengths of the data phases so far.
    pub(super) phases: Vec<u32>,
    pub(super) commands: Vec<(u32, u32)>,
    /// Data phases armed when the last command was sent.
    pub(super) armed_at_command: usize,
    pub(super) registers: [u32; 32],
    sticky: u32,
    left: u32,
    flowing: bool,
    /// When a register that crosses to the card's clock was last written.
    crossed: Option<u64>,
}

std::thread_local! {
    /// The test's only clock, as the chip sees it.
    static NOW: Cell<u64> = const { Cell::new(0) };
}

impl Chip {
    pub(super) fn new() -> Self {
        NOW.set(0);
        Self {
            behaviour: Behaviour::Fine,
            response: Some([0x900, 2, 3, 4]),
            source: VecDeque::new(),
            sink: Vec::new(),
            fifo: VecDeque::new(),
            phases: Vec::new(),
            commands: Vec::new(),
            armed_at_command: 0,
            registers: [0; 32],
            sticky: 0,
            left: 0,
            flowing: false,
            crossed: None,
        }
    }

    fn control(&self) -> u32 {
        self.registers[DATA_CONTROL / 4]
    }

    fn reading(&self) -> bool {
        self.control() & (DATA_ENABLE | FROM_CARD) == DATA_ENABLE | FROM_CARD
    }

    fn run(&mut self) {
        if self.behaviour == Behaviour::Silent {
            return;
        }
        while self.reading() && self.flowing && self.left > 0 && self.fifo.len() < FIFO_WORDS {
            if self.source.len() < 4 {
                return;
            }
            let bytes = [(); 4].map(|()| self.source.pop_front().unwrap_or(0));
            self.fifo.push_back(u32::from_le_bytes(bytes));
            self.count();
        }
    }

    fn count(&mut self) {
        self.left -= 4;
        if self.left == 0 {
            self.sticky |= match self.behaviour {
                Behaviour::BadCrc => DATA_CRC,
                _ => DATA_END,
            };
        }
    }

    fn status(&mut self) -> u32 {
        self.run();
        let words = self.fifo.len();
        let receive = if words > 0 { RX_AVAILABLE } else { 0 } | if words >= 8 { RX_HALF_FULL } else { 0 };
        let open = self.control() & DATA_ENABLE != 0 && self.behaviour != Behaviour::Silent;
        let send = if open { TX_HALF_EMPTY } else { TX_FULL };
        self.sticky | if self.reading() { receive } else { send }
    }
}

impl Registers for Chip {
    fn read(&mut self, offset: usize) -> u32 {
        match offset {
            STATUS => self.status(),
            RESPONSE..DATA_TIMER => self.response.unwrap_or_default()[(offset - RESPONSE) / 4],
            FIFO.. => {
                let word = self.fifo.pop_front();
                self.run();
                word.unwrap_or(0xdead_dead)
            }
            _ => self.registers[offset / 4],
        }
    }

    fn write(&mut self, offset: usize, value: u32) {
        if matches!(offset, POWER | CLOCK | COMMAND | DATA_CONTROL) {
            let before = self.crossed.replace(NOW.get());
            assert!(before.is_none_or(|before| NOW.get() > before + 1), "no pause between two writes");
        }
        match offset {
            CLEAR => self.sticky &= !value,
            FIFO.. => {
                self.sink.extend(value.to_le_bytes());
                self.count();
            }
            COMMAND if value & SEND_COMMAND != 0 => {
                assert_eq!(self.registers[COMMAND / 4] & SEND_COMMAND, 0, "no rising edge");
                self.registers[COMMAND / 4] = value;
                self.commands.push((value, self.registers[ARGUMENT / 4]));
                self.armed_at_command = self.phases.len();
                self.flowing = true;
                self.sticky |= match (value & EXPECT_RESPONSE, self.response) {
                    (0, _) => COMMAND_SENT,
                    (_, Some(_)) => RESPONSE_END,
                    (_, None) => COMMAND_TIMEOUT,
                };
            }
            _ => {
                self.registers[offset / 4] = value;
                if offset == DATA_CONTROL && value & DATA_ENABLE != 0 {
                    self.left = self.registers[DATA_LENGTH / 4];
                    assert!(self.left <= 0xffff, "16 bits of length");
                    self.phases.push(self.left);
                }
            }
        }
    }
}

/// A clock on which a microsecond passes with every look.
pub(super) struct Ticking(pub(super) u64);

impl Clock for Ticking {
    fn now_us(&mut self) -> u64 {
        self.0 += 1;
        NOW.set(self.0);
        self.0
    }
}
