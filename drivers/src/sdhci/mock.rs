//! A model of the controller's registers with a card behind that answers every command and streams blocks.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::vec::Vec;

use super::regs::*;
use crate::clock::Clock;
use crate::dma::model::Memory;
use crate::mmio::Registers;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Fine,
    /// The card never sends or takes data.
    Silent,
    /// Data arrives damaged.
    BadCrc,
    /// The first block by SDMA arrives damaged, and others come behind it.
    BadFirst,
    /// The transfer is complete, with a data time-out at the same moment.
    LateTimeout,
    /// No software reset ends.
    NoReset,
}

pub(super) struct Chip {
    pub(super) behaviour: Behaviour,
    /// The response registers after every command; none is a time-out.
    pub(super) response: Option<[u32; 4]>,
    /// What the card sends, and what it has received.
    pub(super) source: VecDeque<u8>,
    pub(super) sink: Vec<u8>,
    /// The word with Transfer Mode and Command, the argument and the word with the blocks, for each command.
    pub(super) commands: Vec<(u32, u32, u32)>,
    pub(super) registers: [u32; 64],
    /// Looks at Present State for which the data lines stay in use.
    pub(super) busy: u32,
    /// The memory that SDMA writes to.
    pub(super) memory: Rc<RefCell<Memory>>,
    blocks_left: u32,
    words_left: u32,
    /// A transfer by SDMA goes on.
    moving: bool,
}

impl Chip {
    pub(super) fn new() -> Self {
        let mut registers = [0; 64];
        registers[CAPABILITIES / 4] = 1 << 24 | HAS_SDMA;
        registers[VERSION / 4] = 1 << 16;
        Self {
            behaviour: Behaviour::Fine,
            response: Some([0x900, 2, 3, 4]),
            source: VecDeque::new(),
            sink: Vec::new(),
            commands: Vec::new(),
            registers,
            busy: 0,
            memory: Rc::default(),
            moving: false,
            blocks_left: 0,
            words_left: 0,
        }
    }

    pub(super) fn register(&self, offset: usize) -> u32 {
        self.registers[offset / 4]
    }

    fn set(&mut self, bits: u32) {
        self.registers[STATUS / 4] |= bits & self.register(STATUS_ENABLE);
    }

    fn ready(&self) -> u32 {
        if self.register(COMMAND) & FROM_CARD != 0 { READ_READY } else { WRITE_READY }
    }

    fn send(&mut self, value: u32) {
        assert_eq!(self.register(STATUS), 0, "an old status is mistaken for that of this command");
        assert!(self.register(CLOCK) & CARD_ENABLE != 0 && self.register(HOST) & BUS_POWER != 0);
        assert!(self.busy == 0 || value & (WITH_DATA | SHORT_BUSY) != WITH_DATA | SHORT_BUSY);
        let block = self.register(BLOCK);
        self.commands.push((value, self.register(ARGUMENT), block));
        let Some(response) = self.response else { return self.set(COMMAND_TIMEOUT) };
        self.registers[RESPONSE / 4..RESPONSE / 4 + 4].copy_from_slice(&response);
        self.set(COMMAND_COMPLETE);
        if value & WITH_DATA != 0 {
            self.blocks_left = if value & COUNT_BLOCKS != 0 { block >> 16 } else { 1 };
            self.words_left = (block & 0xfff) / 4;
            match self.behaviour {
                Behaviour::Silent => {}
                Behaviour::BadCrc => self.set(DATA_CRC),
                _ if value & BY_DMA != 0 => self.moving = true,
                _ => self.set(self.ready()),
            }
        }
    }

    /// Time passes: SDMA moves one block.
    pub(super) fn pass(&mut self) {
        if !self.moving {
            return;
        }
        let at = self.register(SYSTEM_ADDRESS);
        let size = self.register(BLOCK) & 0xfff;
        let block: Vec<u8> = self.source.drain(..size as usize).collect();
        let mut memory = self.memory.borrow_mut();
        memory.written += block.len();
        let (start, lent) = memory.lent.as_mut().expect("the controller wrote to memory that is not lent");
        let place = (at - *start) as usize;
        lent[place..place + block.len()].copy_from_slice(&block);
        drop(memory);
        self.registers[SYSTEM_ADDRESS / 4] = at + size;
        self.blocks_left -= 1;
        if self.behaviour == Behaviour::BadFirst {
            self.set(DATA_CRC);
        }
        let boundary = 4096 << (self.register(BLOCK) >> 12 & 7);
        if self.blocks_left == 0 {
            self.moving = false;
            self.set(TRANSFER_COMPLETE);
        } else if (at + size).is_multiple_of(boundary) {
            self.moving = false;
            self.set(DMA_BOUNDARY);
        }
    }

    /// A word has gone through the port.
    fn count(&mut self) {
        assert!(self.words_left > 0, "more words than a block has");
        self.words_left -= 1;
        if self.words_left > 0 {
            return;
        }
        assert_eq!(self.register(STATUS) & self.ready(), 0, "the ready bit was not cleared before the block");
        self.blocks_left -= 1;
        if self.blocks_left > 0 {
            self.words_left = (self.register(BLOCK) & 0xfff) / 4;
            self.set(self.ready());
        } else {
            let late = self.behaviour == Behaviour::LateTimeout;
            self.set(TRANSFER_COMPLETE | if late { DATA_TIMEOUT } else { 0 });
        }
    }
}

impl Registers for Chip {
    fn read(&mut self, offset: usize) -> u32 {
        match offset {
            BUFFER => {
                let bytes = [(); 4].map(|()| self.source.pop_front().expect("the card has no more data"));
                self.count();
                u32::from_le_bytes(bytes)
            }
            STATUS => {
                self.pass();
                self.register(STATUS)
            }
            PRESENT => {
                self.busy = self.busy.saturating_sub(1);
                self.register(PRESENT) | if self.busy > 0 { DATA_INHIBIT } else { 0 }
            }
            _ => self.registers[offset / 4],
        }
    }

    fn write(&mut self, offset: usize, value: u32) {
        match offset {
            STATUS => self.registers[STATUS / 4] &= !value,
            SYSTEM_ADDRESS => {
                self.registers[SYSTEM_ADDRESS / 4] = value;
                // It stood at a boundary.
                self.moving = self.blocks_left > 0 && self.register(COMMAND) & BY_DMA != 0;
            }
            BUFFER => {
                self.sink.extend(value.to_le_bytes());
                self.count();
            }
            COMMAND => {
                self.registers[COMMAND / 4] = value;
                self.send(value);
            }
            CLOCK => {
                let mut value = value;
                if self.behaviour != Behaviour::NoReset {
                    if value & RESET_ALL != 0 {
                        self.registers[STATUS_ENABLE / 4] = 0;
                        self.registers[HOST / 4] = 0;
                        value = 0;
                    }
                    if value & RESET_DATA != 0 {
                        (self.blocks_left, self.words_left) = (0, 0);
                        self.moving = false;
                    }
                    value &= !(RESET_COMMAND | RESET_DATA);
                }
                let stable = if value & INTERNAL_ENABLE != 0 { INTERNAL_STABLE } else { 0 };
                self.registers[CLOCK / 4] = value & !INTERNAL_STABLE | stable;
            }
            _ => self.registers[offset / 4] = value,
        }
    }
}

/// A clock on which a microsecond passes with every look.
pub(super) struct Ticking(pub(super) u64);

impl Clock for Ticking {
    fn now_us(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}
