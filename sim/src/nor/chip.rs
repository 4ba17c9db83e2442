//! [`NorChips`]: CFI NOR flash at the level of its commands. Each of the chips side by side has a state of
//! its own.

use alloc::vec;
use alloc::vec::Vec;

use oal_drivers::cfi::Bus;

/// Words of the query structure that a chip has.
const QUERY_WORDS: usize = 0x80;
/// Where the extended query table is.
const TABLE: usize = 0x31;

const READY: u16 = 0x80;
const ERASE_ERROR: u16 = 0x20;
const PROGRAM_ERROR: u16 = 0x10;
const VPP_LOW: u16 = 0x08;
const LOCKED: u16 = 0x02;

/// What a chip is made like.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Bytes, as a power of two.
    pub size: u8,
    /// Blocks and their bytes, from the start on.
    pub regions: &'static [(u32, u32)],
    /// Bytes of the write buffer, as a power of two; 0: none.
    pub buffer: u8,
    /// Whether blocks are locked at power-on and unlocked one by one.
    pub locks: bool,
}

/// 128 KiB in all: 12 blocks of 8 KiB and 16 of 2 KiB, a buffer of 64 bytes, locks.
pub const PARAMETER_BLOCKS: Model =
    Model { size: 17, regions: &[(12, 8 << 10), (16, 2 << 10)], buffer: 6, locks: true };

/// 512 KiB in 8 KiB blocks, a buffer of 64 bytes, no locks.
pub const UNIFORM: Model = Model { size: 19, regions: &[(64, 8 << 10)], buffer: 6, locks: false };

/// What a chip reads as, or waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mode {
    Array,
    Status,
    Query,
    Id,
    /// The word to be programmed.
    Program,
    Erase,
    Lock,
    /// How many words the buffer is to take.
    BufferCount,
    BufferData {
        left: usize,
        words: Vec<(usize, u16)>,
    },
    BufferConfirm(Vec<(usize, u16)>),
}

/// What happens in one lane, and to the status bits that say so.
#[derive(Clone, Debug)]
struct Lane {
    mode: Mode,
    status: u16,
    /// Reads of the status until an operation is done.
    busy: u32,
}

/// An operation that is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Programming fails, in this lane, after so many more programmings.
    Program {
        /// The lane.
        lane: usize,
        /// How many go well before.
        after: u64,
    },
    /// Erasing fails, in this lane.
    Erase {
        /// The lane.
        lane: usize,
    },
    /// The programming voltage is low, in this lane.
    Vpp {
        /// The lane.
        lane: usize,
    },
    /// This lane never gets done.
    Stuck {
        /// The lane.
        lane: usize,
    },
    /// This lane takes that many readings of its status until it is done, once.
    Slow {
        /// The lane.
        lane: usize,
        /// How many.
        reads: u32,
    },
    /// This lane's buffer is never free.
    NoBuffer {
        /// The lane.
        lane: usize,
    },
    /// This lane's buffer is free only after that many readings of the status, once.
    LateBuffer {
        /// The lane.
        lane: usize,
        /// How many.
        reads: u32,
    },
}

/// How often the array was changed, all lanes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChipCounters {
    /// Words programmed by themselves.
    pub words: u64,
    /// Buffers programmed.
    pub buffers: u64,
    /// Blocks erased.
    pub erases: u64,
    /// Blocks unlocked.
    pub unlocks: u64,
}

/// `LANES` chips side by side.
#[derive(Clone, Debug)]
pub struct NorChips<const LANES: usize> {
    model: Model,
    bytes: Vec<u8>,
    query: [[u8; QUERY_WORDS]; LANES],
    lanes: [Lane; LANES],
    /// Of each block, whether it is locked, and whether for good.
    locked: Vec<(bool, bool)>,
    /// What goes wrong.
    pub trouble: Option<Trouble>,
    /// What was done.
    pub counters: ChipCounters,
    /// Every command so far, as the bus carried it.
    pub commands: Vec<u32>,
    /// What was done that a chip does not allow.
    pub violations: Vec<&'static str>,
    /// Words of the bus that can be reached; all, if not told otherwise.
    pub words: usize,
}

impl<const LANES: usize> NorChips<LANES> {
    /// Chips as they leave the factory, powered on.
    pub fn new(model: Model) -> Self {
        let blocks: u32 = model.regions.iter().map(|(blocks, _)| blocks).sum();
        let words = (1 << model.size) / 2;
        NorChips {
            model,
            bytes: vec![0xff; LANES << model.size],
            query: [query(&model); LANES],
            lanes: core::array::from_fn(|_| Lane { mode: Mode::Array, status: READY, busy: 0 }),
            locked: vec![(model.locks, false); blocks as usize],
            trouble: None,
            counters: ChipCounters::default(),
            commands: Vec::new(),
            violations: Vec::new(),
            words,
        }
    }

    /// Has a word of a lane's query data say something else.
    pub fn pretend(&mut self, lane: usize, word: usize, value: u8) {
        self.query[lane][word] = value;
    }

    /// Locks a block, for good or not.
    pub fn lock(&mut self, block: usize, for_good: bool) {
        self.locked[block] = (true, for_good);
    }

    /// Whether every chip shows its array.
    pub fn shows_array(&self) -> bool {
        self.lanes.iter().all(|lane| lane.mode == Mode::Array)
    }

    /// The array, whatever the chips show.
    pub fn array(&self) -> &[u8] {
        &self.bytes
    }

    /// The number, the first word and the words of the block of a lane's word.
    fn block(&self, word: usize) -> (usize, usize, usize) {
        let (mut number, mut start) = (0, 0);
        for (blocks, bytes) in self.model.regions {
            let (blocks, words) = (*blocks as usize, *bytes as usize / 2);
            if word < start + blocks * words {
                let nth = (word - start) / words;
                return (number + nth, start + nth * words, words);
            }
            (number, start) = (number + blocks, start + blocks * words);
        }
        panic!("no such word: {word:#x}");
    }

    fn cell(&mut self, lane: usize, word: usize) -> &mut [u8] {
        let at = 2 * (word * LANES + lane);
        &mut self.bytes[at..at + 2]
    }

    /// Starts an operation of a lane on the block of `word`; what the status will say, or nothing if it can
    /// go on.
    fn refuses(&self, lane: usize, word: usize) -> u16 {
        let locked = self.locked[self.block(word).0].0;
        let vpp = self.trouble == Some(Trouble::Vpp { lane });
        (if locked { LOCKED } else { 0 }) | (if vpp { VPP_LOW } else { 0 })
    }

    fn program(&mut self, lane: usize, words: &[(usize, u16)]) {
        let Some((first, _)) = words.first() else { return };
        let refusal = self.refuses(lane, *first);
        let fails = match &mut self.trouble {
            Some(Trouble::Program { lane: bad, after }) if *bad == lane => {
                *after = after.wrapping_sub(1);
                *after == u64::MAX
            }
            _ => false,
        };
        let done = if fails { words.len() / 2 } else { words.len() };
        if refusal == 0 {
            for (word, value) in &words[..done] {
                let [low, high] = value.to_le_bytes();
                let cell = self.cell(lane, *word);
                (cell[0], cell[1]) = (cell[0] & low, cell[1] & high);
            }
        }
        if refusal != 0 || fails {
            self.lanes[lane].status |= PROGRAM_ERROR | refusal;
        }
        self.begin(lane);
    }

    /// Has a lane be busy for a while, and show its status.
    fn begin(&mut self, lane: usize) {
        self.lanes[lane].busy = match self.trouble {
            Some(Trouble::Stuck { lane: bad }) if bad == lane => u32::MAX,
            Some(Trouble::Slow { lane: bad, reads }) if bad == lane => {
                self.trouble = None;
                reads
            }
            _ => 3,
        };
        self.lanes[lane].mode = Mode::Status;
    }

    fn erase(&mut self, lane: usize, word: usize) {
        let (_, start, words) = self.block(word);
        let refusal = self.refuses(lane, word);
        if refusal != 0 {
            self.lanes[lane].status |= ERASE_ERROR | refusal;
        } else if self.trouble == Some(Trouble::Erase { lane }) {
            self.lanes[lane].status |= ERASE_ERROR;
        } else {
            (start..start + words).for_each(|word| self.cell(lane, word).fill(0xff));
        }
        self.begin(lane);
    }

    /// A lane takes what is written to its word.
    fn take(&mut self, lane: usize, word: usize, value: u16) {
        if self.lanes[lane].busy > 0 && value != 0x70 {
            self.violations.push("a command while the chip was busy");
            return;
        }
        let mode = core::mem::replace(&mut self.lanes[lane].mode, Mode::Status);
        let next = match (mode, value) {
            (Mode::Program, value) => {
                self.counters.words += u64::from(lane == 0);
                return self.program(lane, &[(word, value)]);
            }
            (Mode::Erase, 0xd0) => {
                self.counters.erases += u64::from(lane == 0);
                return self.erase(lane, word);
            }
            (Mode::Lock, 0xd0) => {
                let block = self.block(word).0;
                self.counters.unlocks += u64::from(lane == 0);
                self.locked[block].0 &= self.locked[block].1;
                Mode::Status
            }
            (Mode::BufferCount, count) => {
                let room = (1 << self.model.buffer) / 2;
                if usize::from(count) >= room {
                    self.violations.push("more words than the buffer takes");
                }
                Mode::BufferData { left: usize::from(count) + 1, words: Vec::new() }
            }
            (Mode::BufferData { left, mut words }, value) => {
                let room = (1 << self.model.buffer) / 2;
                let first = words.first().map_or(word, |(first, _)| *first);
                if word / room != first / room {
                    self.violations.push("a buffer across its boundary");
                }
                words.push((word, value));
                match left - 1 {
                    0 => Mode::BufferConfirm(words),
                    left => Mode::BufferData { left, words },
                }
            }
            (Mode::BufferConfirm(words), 0xd0) => {
                self.counters.buffers += u64::from(lane == 0);
                return self.program(lane, &words);
            }
            (Mode::Erase | Mode::Lock | Mode::BufferConfirm(_), _) => {
                self.lanes[lane].status |= ERASE_ERROR | PROGRAM_ERROR;
                Mode::Status
            }
            (_, 0xff) => Mode::Array,
            (_, 0x98) => Mode::Query,
            (_, 0x90) => Mode::Id,
            (_, 0x70) => Mode::Status,
            (_, 0x50) => {
                self.lanes[lane].status = READY;
                Mode::Status
            }
            (_, 0x40) => Mode::Program,
            (_, 0x20) => Mode::Erase,
            (_, 0x60) if self.model.locks => Mode::Lock,
            (_, 0xe8) if self.model.buffer > 0 => {
                self.lanes[lane].busy = match self.trouble {
                    Some(Trouble::NoBuffer { lane: bad }) if bad == lane => u32::MAX,
                    Some(Trouble::LateBuffer { lane: bad, reads }) if bad == lane => {
                        self.trouble = None;
                        reads
                    }
                    _ => 0,
                };
                Mode::BufferCount
            }
            _ => {
                self.violations.push("no such command");
                Mode::Status
            }
        };
        if matches!(next, Mode::Program | Mode::Erase | Mode::BufferCount) && self.lanes[lane].status != READY
        {
            self.violations.push("a command on top of a failure");
        }
        self.lanes[lane].mode = next;
    }

    fn show(&mut self, lane: usize, word: usize) -> u16 {
        let state = &mut self.lanes[lane];
        match state.mode {
            Mode::Array => {
                let cell = self.cell(lane, word);
                u16::from_le_bytes([cell[0], cell[1]])
            }
            Mode::Query => self.query[lane].get(word).copied().unwrap_or(0).into(),
            Mode::Id => {
                let (block, start, _) = self.block(word);
                match word - start {
                    0 => 0x89,
                    1 => 0x18,
                    2 => u16::from(self.locked[block].0) | u16::from(self.locked[block].1) << 1,
                    _ => 0,
                }
            }
            _ if state.busy > 0 => {
                if state.busy != u32::MAX {
                    state.busy -= 1;
                }
                state.status & !READY
            }
            _ => state.status,
        }
    }
}

/// What a chip of the model says of itself.
fn query(model: &Model) -> [u8; QUERY_WORDS] {
    let mut query = [0; QUERY_WORDS];
    query[0x10..0x17].copy_from_slice(&[b'Q', b'R', b'Y', 1, 0, TABLE as u8 + 0x10, 0]);
    query[0x1f..0x27].copy_from_slice(&[7, 7, 10, 0, 2, 2, 2, 0]);
    query[0x27..0x2d].copy_from_slice(&[model.size, 1, 0, model.buffer, 0, model.regions.len() as u8]);
    for ((blocks, bytes), at) in model.regions.iter().zip((0x2d..).step_by(4)) {
        query[at..at + 2].copy_from_slice(&(*blocks as u16 - 1).to_le_bytes());
        query[at + 2..at + 4].copy_from_slice(&((bytes / 256) as u16).to_le_bytes());
    }
    query[TABLE + 0x10..TABLE + 0x16].copy_from_slice(&[b'P', b'R', b'I', b'1', b'0', 0]);
    query[TABLE + 0x15] = u8::from(model.locks) << 5;
    query
}

impl<const LANES: usize> Bus for NorChips<LANES> {
    const LANES: u32 = LANES as u32;

    fn words(&self) -> usize {
        self.words
    }

    fn read(&mut self, word: usize) -> u32 {
        (0..LANES).fold(0, |value, lane| value | u32::from(self.show(lane, word)) << (16 * lane))
    }

    fn write(&mut self, word: usize, value: u32) {
        let data = self.lanes.iter().any(|lane| matches!(lane.mode, Mode::Program | Mode::BufferData { .. }));
        if !data {
            self.commands.push(value);
        }
        for lane in 0..LANES {
            self.take(lane, word, (value >> (16 * lane)) as u16);
        }
    }

    fn bytes(&self) -> &[u8] {
        assert!(self.shows_array(), "read like memory while it is none");
        &self.bytes[..self.words.min(self.bytes.len() / 2 / LANES) * 2 * LANES]
    }
}
