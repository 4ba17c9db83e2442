//! Generic Interrupt Controller, architecture version 1, as in the Cortex-A9 MPCore.
//!
//! References: GIC Architecture Specification, ARM IHI 0048, chapters 3 and 4; Cortex-A9 MPCore TRM,
//! DDI 0407, chapter 3. Used from the Secure side, with every interrupt in group 0 (Secure): the IRQ of
//! a board that never leaves Secure state.
#![forbid(unsafe_code)]

mod context;

pub use context::{Block, Context, TooManyInterrupts};

use crate::mmio::Registers;

/// Bytes of the distributor's registers, at PERIPHBASE + 0x1000.
pub const DISTRIBUTOR_WINDOW: usize = 0x1000;
/// Bytes of the CPU interface's registers, at PERIPHBASE + 0x100.
pub const CPU_WINDOW: usize = 0x100;

/// Distributor.
const CONTROL: usize = 0x000;
const TYPE: usize = 0x004;
const GROUP: usize = 0x080;
const SET_ENABLE: usize = 0x100;
const CLEAR_ENABLE: usize = 0x180;
const SET_PENDING: usize = 0x200;
const CLEAR_PENDING: usize = 0x280;
const ACTIVE: usize = 0x300;
const PRIORITY: usize = 0x400;
const TARGETS: usize = 0x800;
const CONFIGURATION: usize = 0xc00;
const SOFTWARE: usize = 0xf00;

/// CPU interface.
const CPU_CONTROL: usize = 0x00;
const PRIORITY_MASK: usize = 0x04;
const BINARY_POINT: usize = 0x08;
const ACKNOWLEDGE: usize = 0x0c;
const END: usize = 0x10;

/// Priority that [`Gic::init`] gives to every interrupt.
pub const DEFAULT_PRIORITY: u8 = 0xa0;

/// Number of an interrupt, 0 to 1019.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IntId(u16);

impl IntId {
    /// The Cortex-A9's global timer comparator, one for each core.
    pub const GLOBAL_TIMER: Self = Self(27);
    /// The Cortex-A9's private timer, one for each core.
    pub const PRIVATE_TIMER: Self = Self(29);

    /// The interrupt of this number, if there can be one.
    pub const fn new(number: u16) -> Option<Self> {
        if number < 1020 { Some(Self(number)) } else { None }
    }

    /// Shared interrupt `line`, 0 to 987, whose number is 32 more. Larger ones count as 987.
    pub const fn shared(line: u16) -> Self {
        if line < 988 { Self(line + 32) } else { Self(1019) }
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Offset of its word, and shift within, among registers with `bits` bits for each interrupt.
    const fn place(self, bits: usize) -> (usize, u32) {
        let bit = self.0 as usize * bits;
        (bit / 32 * 4, (bit % 32) as u32)
    }
}

/// An interrupt that this core has acknowledged and must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "an interrupt that is not ended blocks all others of its priority"]
pub struct Acknowledged(u32);

impl Acknowledged {
    /// The number of the interrupt.
    pub const fn id(self) -> IntId {
        IntId((self.0 & 0x3ff) as u16)
    }

    /// The core that sent it, for a software interrupt.
    pub const fn sender(self) -> u8 {
        ((self.0 >> 10) & 7) as u8
    }
}

/// The controller as one core sees it: the distributor, and this core's interface.
#[derive(Debug)]
pub struct Gic<D, C> {
    distributor: D,
    cpu: C,
}

impl<D: Registers, C: Registers> Gic<D, C> {
    /// The controller with these two sets of registers.
    pub const fn new(distributor: D, cpu: C) -> Self {
        Self { distributor, cpu }
    }

    /// Blocks of 32 interrupts that are built in, 1 to 32 (ICDICTR, IHI 0048 4.3.2).
    pub fn blocks(&mut self) -> usize {
        (self.distributor.read(TYPE) & 0x1f) as usize + 1
    }

    /// From any state to: everything off and not pending, level-triggered, Secure, at
    /// [`DEFAULT_PRIORITY`], shared interrupts to core 0; distributor and interface on.
    ///
    /// Not all that an earlier boot stage may have left can be cleared here:
    ///
    /// * A level-triggered interrupt stays pending while its device holds the line: quiet the device before
    ///   the interrupt is enabled.
    /// * A software interrupt stays pending, since version 1 of the architecture has no register that clears
    ///   it: [`Gic::acknowledge`] takes it.
    /// * An interrupt that was acknowledged and never ended stays active, and holds back those of its
    ///   priority and below: only [`Gic::end`] on its core helps, or a reset.
    /// * Triggers of software and private interrupts, and the targets of both, are built in.
    pub fn init(&mut self) {
        self.silence();
        for block in 0..self.blocks() {
            self.distributor.write(GROUP + 4 * block, 0);
            for word in 8 * block..8 * block + 8 {
                let all = u32::from_ne_bytes([DEFAULT_PRIORITY; 4]);
                self.distributor.write(PRIORITY + 4 * word, all);
                // The targets of the first block are the cores themselves, and read-only.
                self.distributor.write(TARGETS + 4 * word, 0x0101_0101);
            }
            for word in 2 * block..2 * block + 2 {
                self.distributor.write(CONFIGURATION + 4 * word, 0);
            }
        }
        self.cpu.write(BINARY_POINT, 0);
        self.cpu.write(PRIORITY_MASK, 0xff);
        self.cpu.write(CPU_CONTROL, 1);
        self.distributor.write(CONTROL, 1);
    }

    /// Switches distributor and interface off, and every interrupt, and forgets what was pending, as far as
    /// that can be cleared (see [`Gic::init`]).
    pub fn silence(&mut self) {
        self.cpu.write(CPU_CONTROL, 0);
        self.distributor.write(CONTROL, 0);
        for block in 0..self.blocks() {
            self.distributor.write(CLEAR_ENABLE + 4 * block, u32::MAX);
            self.distributor.write(CLEAR_PENDING + 4 * block, u32::MAX);
        }
    }

    /// Lets an interrupt through.
    pub fn enable(&mut self, id: IntId) {
        let (word, shift) = id.place(1);
        self.distributor.write(SET_ENABLE + word, 1 << shift);
    }

    /// Holds an interrupt back.
    pub fn disable(&mut self, id: IntId) {
        let (word, shift) = id.place(1);
        self.distributor.write(CLEAR_ENABLE + word, 1 << shift);
    }

    /// Whether an interrupt is let through.
    pub fn is_enabled(&mut self, id: IntId) -> bool {
        let (word, shift) = id.place(1);
        self.distributor.read(SET_ENABLE + word) >> shift & 1 != 0
    }

    /// Whether an interrupt waits to be acknowledged.
    pub fn is_pending(&mut self, id: IntId) -> bool {
        let (word, shift) = id.place(1);
        self.distributor.read(SET_PENDING + word) >> shift & 1 != 0
    }

    /// Forgets an edge that has not been acknowledged.
    pub fn clear_pending(&mut self, id: IntId) {
        let (word, shift) = id.place(1);
        self.distributor.write(CLEAR_PENDING + word, 1 << shift);
    }

    /// Sets an interrupt's priority. 0 is the most urgent; the low bits may not be built in.
    pub fn set_priority(&mut self, id: IntId, priority: u8) {
        self.set_field(PRIORITY, id, 8, u32::from(priority));
    }

    /// Sends a shared interrupt to the cores of `mask`, bit 0 for core 0.
    pub fn set_targets(&mut self, id: IntId, mask: u8) {
        self.set_field(TARGETS, id, 8, u32::from(mask));
    }

    /// Makes a shared interrupt edge-triggered, or level-triggered. Do it while it is disabled.
    pub fn set_edge(&mut self, id: IntId, edge: bool) {
        self.set_field(CONFIGURATION, id, 2, if edge { 0b10 } else { 0 });
    }

    fn set_field(&mut self, registers: usize, id: IntId, bits: usize, value: u32) {
        let (word, shift) = id.place(bits);
        let mask = ((1 << bits) - 1) << shift;
        let old = self.distributor.read(registers + word);
        let new = old & !mask | value << shift & mask;
        self.distributor.write(registers + word, new);
    }

    /// Lets through only interrupts more urgent than `priority` (0xff: all).
    pub fn set_mask(&mut self, priority: u8) {
        self.cpu.write(PRIORITY_MASK, u32::from(priority));
    }

    /// Takes the most urgent pending interrupt, or none if it was spurious (IHI 0048 4.4.4).
    pub fn acknowledge(&mut self) -> Option<Acknowledged> {
        match self.cpu.read(ACKNOWLEDGE) {
            word if word & 0x3ff < 1020 => Some(Acknowledged(word)),
            _ => None,
        }
    }

    /// Ends an interrupt (IHI 0048 4.4.5).
    pub fn end(&mut self, interrupt: Acknowledged) {
        self.cpu.write(END, interrupt.0);
    }

    /// Sends software interrupt `number` (its low four bits) to the cores of `mask`.
    pub fn send(&mut self, number: u8, mask: u8) {
        let word = u32::from(mask) << 16 | u32::from(number & 0xf);
        self.distributor.write(SOFTWARE, word);
    }
}

#[cfg(test)]
mod tests;
