//! Level 2 Cache Controller, L2C-310 (PL310), of Cortex-A9 boards.
//!
//! Reference: L2C-310 TRM, ARM DDI 0246, chapter 3. Operations by way run in the background and are
//! polled; the caller puts a DSB before and after, since this file touches registers only. While the
//! cache is on nothing else may access these registers.
#![forbid(unsafe_code)]

use crate::clock::{Clock, Deadline};
use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x1000;

const CACHE_ID: usize = 0x000;
const CONTROL: usize = 0x100;
const AUXILIARY: usize = 0x104;
const TAG_LATENCY: usize = 0x108;
const DATA_LATENCY: usize = 0x10c;
const INTERRUPT_MASK: usize = 0x214;
const INTERRUPT_CLEAR: usize = 0x220;
const SYNC: usize = 0x730;
const INVALIDATE_WAY: usize = 0x77c;
const CLEAN_LINE: usize = 0x7b0;
const CLEAN_WAY: usize = 0x7bc;
const CLEAN_INVALIDATE_LINE: usize = 0x7f0;
const CLEAN_INVALIDATE_WAY: usize = 0x7fc;
const PREFETCH: usize = 0xf60;
const POWER: usize = 0xf80;

const SIXTEEN_WAYS: u32 = 1 << 16;
/// The longest operation, cleaning 8 MB of dirty lines to slow memory.
const WAY_US: u64 = 1_000_000;
const LINE: u32 = 32;

/// An operation did not end within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timeout;

/// The registers that a restored system needs back. The contents of the cache are not among it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Context {
    /// Whether the cache was on.
    pub control: u32,
    /// Auxiliary control.
    pub auxiliary: u32,
    /// Tag RAM latencies.
    pub tag_latency: u32,
    /// Data RAM latencies.
    pub data_latency: u32,
    /// Prefetch control.
    pub prefetch: u32,
    /// Power control.
    pub power: u32,
}

/// The cache controller, with a clock for time-outs.
#[derive(Debug)]
pub struct L2c310<R, C> {
    regs: R,
    clock: C,
}

impl<R: Registers, C: Clock> L2c310<R, C> {
    /// The controller at `regs`.
    pub const fn new(regs: R, clock: C) -> Self {
        Self { regs, clock }
    }

    /// Cache ID register.
    pub fn id(&mut self) -> u32 {
        self.regs.read(CACHE_ID)
    }

    /// Whether the cache is on.
    pub fn is_enabled(&mut self) -> bool {
        self.regs.read(CONTROL) & 1 != 0
    }

    /// Switches the cache on (initialisation sequence of the manual): everything in it is
    /// thrown away first. Nothing if it is on.
    ///
    /// # Errors
    ///
    /// [`Timeout`]; the cache is off then.
    pub fn enable(&mut self) -> Result<(), Timeout> {
        if self.is_enabled() {
            return Ok(());
        }
        self.by_way(INVALIDATE_WAY)?;
        self.sync()?;
        self.regs.write(INTERRUPT_MASK, 0);
        self.regs.write(INTERRUPT_CLEAR, 0x1ff);
        self.regs.write(CONTROL, 1);
        Ok(())
    }

    /// Writes everything back and switches the cache off. The caller keeps interrupts off and its other
    /// cores still, so that no line gets dirty meanwhile.
    ///
    /// # Errors
    ///
    /// [`Timeout`]; the cache is still on then.
    pub fn disable(&mut self) -> Result<(), Timeout> {
        self.clean_invalidate_all()?;
        self.regs.write(CONTROL, 0);
        Ok(())
    }

    /// Writes every dirty line back and empties the cache (Clean and Invalidate by Way).
    ///
    /// # Errors
    ///
    /// [`Timeout`].
    pub fn clean_invalidate_all(&mut self) -> Result<(), Timeout> {
        self.by_way(CLEAN_INVALIDATE_WAY)?;
        self.sync()
    }

    /// Writes every dirty line back.
    ///
    /// # Errors
    ///
    /// [`Timeout`].
    pub fn clean_all(&mut self) -> Result<(), Timeout> {
        self.by_way(CLEAN_WAY)?;
        self.sync()
    }

    /// Writes the lines of `length` bytes from physical address `start` back.
    ///
    /// # Errors
    ///
    /// [`Timeout`].
    pub fn clean_range(&mut self, start: u32, length: u32) -> Result<(), Timeout> {
        self.by_line(CLEAN_LINE, start, length)
    }

    /// Writes the lines of `length` bytes from physical address `start` back and drops them.
    ///
    /// # Errors
    ///
    /// [`Timeout`].
    pub fn clean_invalidate_range(&mut self, start: u32, length: u32) -> Result<(), Timeout> {
        self.by_line(CLEAN_INVALIDATE_LINE, start, length)
    }

    /// Drains the store buffer and waits until everything before is done (Cache Sync).
    ///
    /// # Errors
    ///
    /// [`Timeout`].
    pub fn sync(&mut self) -> Result<(), Timeout> {
        self.regs.write(SYNC, 0);
        self.wait(SYNC, 1)
    }

    /// The registers that a restored system needs back.
    pub fn save(&mut self) -> Context {
        Context {
            control: self.regs.read(CONTROL),
            auxiliary: self.regs.read(AUXILIARY),
            tag_latency: self.regs.read(TAG_LATENCY),
            data_latency: self.regs.read(DATA_LATENCY),
            prefetch: self.regs.read(PREFETCH),
            power: self.regs.read(POWER),
        }
    }

    /// Puts back what [`L2c310::save`] found: the cache is written back and off while its configuration
    /// changes, and then on if it was.
    ///
    /// # Errors
    ///
    /// [`Timeout`].
    pub fn restore(&mut self, context: &Context) -> Result<(), Timeout> {
        if self.is_enabled() {
            self.disable()?;
        }
        self.regs.write(AUXILIARY, context.auxiliary);
        self.regs.write(TAG_LATENCY, context.tag_latency);
        self.regs.write(DATA_LATENCY, context.data_latency);
        self.regs.write(PREFETCH, context.prefetch);
        self.regs.write(POWER, context.power);
        if context.control & 1 != 0 {
            self.enable()?;
        }
        Ok(())
    }

    fn by_way(&mut self, operation: usize) -> Result<(), Timeout> {
        let sixteen = self.regs.read(AUXILIARY) & SIXTEEN_WAYS != 0;
        let ways = if sixteen { 0xffff } else { 0xff };
        self.regs.write(operation, ways);
        self.wait(operation, ways)
    }

    /// Line operations are atomic on the L2C-310 and need no wait between them.
    fn by_line(&mut self, operation: usize, start: u32, length: u32) -> Result<(), Timeout> {
        let Some(last) = length.checked_sub(1) else {
            return Ok(());
        };
        let last = start.saturating_add(last) / LINE;
        for line in start / LINE..=last {
            self.regs.write(operation, line * LINE);
        }
        self.sync()
    }

    fn wait(&mut self, register: usize, busy: u32) -> Result<(), Timeout> {
        let mut deadline = Deadline::new(self.clock.now_us(), WAY_US);
        while self.regs.read(register) & busy != 0 {
            if deadline.passed(self.clock.now_us()) {
                return Err(Timeout);
            }
        }
        Ok(())
    }
}
