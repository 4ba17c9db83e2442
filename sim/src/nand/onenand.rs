//! [`OneNandChip`]: a OneNAND at the level of its registers.

use alloc::vec;
use alloc::vec::Vec;

use oal_drivers::mmio::Registers16;
use oal_drivers::nand::Geometry;

use super::array::Array;
use super::on_die::{OnDie, Role};
use super::time::Time;
use super::violation::Violation;

const DATA: core::ops::Range<usize> = 0x0200..0x0600;
const SPARE: core::ops::Range<usize> = 0x8010..0x8030;
/// Nanoseconds of one access.
const ACCESS_NS: u64 = 70;

/// A KFG1G16 (1 Gb), or a KFH2G16 (2 Gb, two dies), with its blocks locked.
#[derive(Clone, Debug)]
pub struct OneNandChip {
    /// The cells.
    pub array: Array,
    ecc: OnDie,
    time: Time,
    busy_until: u64,
    running: bool,
    /// Registers from F000h on, which hold what was last written.
    registers: Vec<u16>,
    /// The buffers of each die.
    data: [Vec<u16>; 2],
    spare: [Vec<u16>; 2],
    unlocked: Vec<bool>,
    dies: u32,
    violations: Vec<Violation>,
    /// Every command so far.
    pub commands: Vec<u16>,
    /// A block that cannot be unlocked.
    pub tight: Option<u32>,
    /// Whether the chip never ends what it begins.
    pub stuck: bool,
    /// Whether, like QEMU's model, commands for the page leave the spare area alone.
    pub spare_apart: bool,
}

/// The last words of each 16 bytes of spare area are the ECC's or nobody's; bytes 2 to 4 are a codeword of
/// their own.
fn role(at: usize) -> Role {
    match at.checked_sub(2048) {
        None => Role::Guarded(at / 512),
        Some(spare) => match spare % 16 {
            2..5 => Role::Guarded(4 + spare / 16),
            8..13 => Role::Parity,
            _ => Role::Open,
        },
    }
}

impl OneNandChip {
    /// A fresh chip of one or two dies of 1024 blocks.
    pub fn new(dies: u32, time: Time) -> Self {
        let blocks = 1024 * dies;
        let geometry = Geometry { page_bytes: 2048, spare_bytes: 64, pages_per_block: 64, blocks };
        let mut registers = vec![0; 0x1000];
        registers[..7].copy_from_slice(&[
            0x00ec,
            if dies == 2 { 0x48 } else { 0x30 },
            0,
            2048,
            512,
            0x0201,
            0,
        ]);
        Self {
            array: Array::new(geometry, 4),
            ecc: OnDie::new(1, 8, role),
            time,
            busy_until: 0,
            running: false,
            registers,
            data: [vec![0; DATA.len()], vec![0; DATA.len()]],
            spare: [vec![0; SPARE.len()], vec![0; SPARE.len()]],
            unlocked: vec![false; blocks as usize],
            dies,
            violations: Vec::new(),
            commands: Vec::new(),
            tight: None,
            stuck: false,
            spare_apart: false,
        }
    }

    /// All rules broken so far.
    pub fn violations(&self) -> Vec<Violation> {
        [self.violations.as_slice(), self.array.violations()].concat()
    }

    /// Has an identification register (F000h and on) say something else.
    pub fn pretend(&mut self, register: usize, value: u16) {
        self.registers[register - 0xf000] = value;
    }

    fn register(&mut self, register: usize) -> &mut u16 {
        &mut self.registers[register - 0xf000]
    }

    /// The die whose buffers are seen.
    fn die(&mut self) -> usize {
        usize::from(*self.register(0xf101) >> 15)
    }

    /// Block number on the chip of a number on the selected die.
    fn block(&mut self, number: u16) -> u32 {
        let second = *self.register(0xf100) & 0x8000 != 0;
        let buffers = *self.register(0xf101) & 0x8000 != 0;
        if second != buffers || number >= 1024 || second && self.dies == 1 {
            self.violations.push(Violation::Address);
        }
        u32::from(number & 0x3ff) + if second && self.dies == 2 { 1024 } else { 0 }
    }

    fn place(&mut self) -> (u32, u32) {
        let number = *self.register(0xf100) & 0x7fff;
        let page = *self.register(0xf107);
        let buffer = *self.register(0xf200);
        if page & 3 != 0 || buffer != 0x0800 {
            self.violations.push(Violation::Address);
        }
        (self.block(number), u32::from(page >> 2 & 0x3f))
    }

    fn obey(&mut self, command: u16) {
        self.commands.push(command);
        if self.time.now_ns() < self.busy_until && !matches!(command, 0xf0 | 0xf3)
            || *self.register(0xf241) != 0
        {
            self.violations.push(Violation::Command(command as u8));
            return;
        }
        self.running = true;
        *self.register(0xf240) = 0;
        let (us, status) = match command {
            0x00 => (45, self.load(true, !self.spare_apart)),
            0x13 => (45, self.load(false, true)),
            0x80 => (240, self.program(true, !self.spare_apart)),
            0x1a => (240, self.program(false, true)),
            0x94 => (2000, self.erase()),
            0x23 => (1, self.unlock()),
            0xf0 => (10, 0),
            0xf3 => {
                self.unlocked.fill(false);
                (10, 0)
            }
            _ => {
                self.violations.push(Violation::Command(command as u8));
                (0, 0x0400)
            }
        };
        *self.register(0xf240) = status;
        self.busy_until = self.time.now_ns() + 1000 * us;
    }

    fn load(&mut self, main: bool, spare: bool) -> u16 {
        let (block, page) = self.place();
        let mut bytes = self.array.read(block, page);
        let wrong = self.ecc.correct((block, page), &mut bytes);
        let mut report = 0;
        for (word, &bits) in wrong.iter().enumerate().filter(|(word, _)| if *word < 4 { main } else { spare })
        {
            let field = if bits == 0 { 0 } else { 1 + u16::from(bits > self.ecc.strength()) };
            report |= field << (4 * (word % 4) + 2 * usize::from(word < 4));
        }
        *self.register(0xff00) = report;
        let words = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let words: Vec<u16> = words.collect();
        let die = self.die();
        if main {
            self.data[die].copy_from_slice(&words[..1024]);
        }
        if spare {
            self.spare[die].copy_from_slice(&words[1024..]);
        }
        if report & 0xaaaa != 0 { 0x2400 } else { 0 }
    }

    fn program(&mut self, main: bool, spare: bool) -> u16 {
        let (block, page) = self.place();
        if !self.unlocked[block as usize] {
            return 0x5400;
        }
        let mut bytes = vec![0xff; 2048 + 64];
        let die = self.die();
        let words = self.data[die].iter().filter(|_| main);
        bytes
            .chunks_exact_mut(2)
            .zip(words)
            .for_each(|(pair, word)| pair.copy_from_slice(&word.to_le_bytes()));
        let words = self.spare[die].iter().filter(|_| spare);
        bytes[2048..]
            .chunks_exact_mut(2)
            .zip(words)
            .for_each(|(pair, word)| pair.copy_from_slice(&word.to_le_bytes()));
        let sent = self.ecc.program(&self.array, (block, page), 0, &bytes);
        if self.array.program(block, page, 0, &sent) { 0 } else { 0x1400 }
    }

    fn erase(&mut self) -> u16 {
        let (block, _) = self.place();
        if !self.unlocked[block as usize] {
            return 0x4c00;
        }
        let ok = self.array.erase(block);
        if ok {
            self.ecc.erase(block);
        }
        if ok { 0 } else { 0x0c00 }
    }

    fn unlock(&mut self) -> u16 {
        let (first, last) = (*self.register(0xf24c), *self.register(0xf24d));
        for number in first..=last {
            let block = self.block(number);
            self.unlocked[block as usize] = self.tight != Some(block);
        }
        0
    }
}

impl Registers16 for OneNandChip {
    fn read(&mut self, index: usize) -> u16 {
        self.time.advance(ACCESS_NS);
        if self.array.is_off() {
            return 0;
        }
        let busy = self.time.now_ns() < self.busy_until || self.stuck;
        if self.running && !busy {
            self.running = false;
            *self.register(0xf241) = 0x8000;
        }
        let die = self.die();
        match index {
            _ if DATA.contains(&index) && !self.running => self.data[die][index - DATA.start],
            _ if SPARE.contains(&index) && !self.running => self.spare[die][index - SPARE.start],
            0xf24e => {
                let number = *self.register(0xf100) & 0x7fff;
                let block = self.block(number);
                if self.unlocked[block as usize] { 4 } else { 2 }
            }
            0xf000..=0xffff => *self.register(index),
            _ => {
                self.violations.push(Violation::Address);
                0xffff
            }
        }
    }

    fn write(&mut self, index: usize, value: u16) {
        self.time.advance(ACCESS_NS);
        let die = self.die();
        match index {
            _ if DATA.contains(&index) => self.data[die][index - DATA.start] = value,
            _ if SPARE.contains(&index) => self.spare[die][index - SPARE.start] = value,
            0xf220 => self.obey(value),
            0xf241 => *self.register(index) &= value,
            0xf100..=0xf221 | 0xf24c | 0xf24d => *self.register(index) = value,
            _ => self.violations.push(Violation::Address),
        }
    }
}
