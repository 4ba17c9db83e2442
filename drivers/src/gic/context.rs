//! The registers of the interrupt controller that a snapshot of the system holds.
#![forbid(unsafe_code)]

use super::*;

/// Settings of 32 interrupts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(C)]
pub struct Block {
    /// Group (security) bits.
    pub group: u32,
    /// Enable bits.
    pub enabled: u32,
    /// Pending bits. Those of level-triggered interrupts are not put back: their device raises them, and a
    /// bit that is written would stay after the device had lowered its line.
    pub pending: u32,
    /// Active bits. Version 1 of the architecture cannot set them; take snapshots outside of handlers.
    pub active: u32,
    /// Priorities, a byte each.
    pub priority: [u32; 8],
    /// Targets, a byte each.
    pub targets: [u32; 8],
    /// Trigger configuration, two bits each.
    pub configuration: [u32; 2],
}

/// Distributor and CPU interface, for at most 32 times `BLOCKS` interrupts. 8 blocks, 720 bytes, are the
/// most that a Cortex-A9 can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(C)]
pub struct Context<const BLOCKS: usize = 8> {
    /// Blocks in use.
    pub used: u32,
    /// Distributor control.
    pub control: u32,
    /// CPU interface: control, priority mask, binary point.
    pub cpu: [u32; 3],
    /// The interrupts; the first block is this core's own.
    pub blocks: [Block; BLOCKS],
}

impl<const BLOCKS: usize> Context<BLOCKS> {
    /// A controller that is off.
    pub const fn new() -> Self {
        const OFF: Block = Block {
            group: 0,
            enabled: 0,
            pending: 0,
            active: 0,
            priority: [0; 8],
            targets: [0; 8],
            configuration: [0; 2],
        };
        Self { used: 0, control: 0, cpu: [0; 3], blocks: [OFF; BLOCKS] }
    }
}

impl<const BLOCKS: usize> Default for Context<BLOCKS> {
    fn default() -> Self {
        Self::new()
    }
}

impl Block {
    /// Pending interrupts that are edge-triggered.
    fn pending_edges(&self) -> u32 {
        let edge = |i: u32| {
            let word = self.configuration.get(i as usize / 16).copied().unwrap_or(0);
            (word >> (i % 16 * 2 + 1) & 1) << i
        };
        self.pending & (0..32).map(edge).sum::<u32>()
    }
}

/// The controller and the [`Context`] do not have the same number of interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TooManyInterrupts {
    /// Blocks of 32 interrupts in the controller.
    pub blocks: usize,
}

/// The software interrupts in the first block.
const SOFTWARE_INTERRUPTS: u32 = 0xffff;

/// Registers of one block among those with one bit, eight bits and two bits for each interrupt.
const fn bits(registers: usize, block: usize) -> usize {
    registers + 4 * block
}

impl<D: Registers, C: Registers> Gic<D, C> {
    /// Reads every setting. Interrupts should be masked, and none be active on this core.
    ///
    /// # Errors
    ///
    /// [`TooManyInterrupts`] if the controller has more blocks than `context`.
    pub fn save<const BLOCKS: usize>(
        &mut self,
        context: &mut Context<BLOCKS>,
    ) -> Result<(), TooManyInterrupts> {
        let used = self.blocks();
        let Some(blocks) = context.blocks.get_mut(..used) else {
            return Err(TooManyInterrupts { blocks: used });
        };
        let distributor = &mut self.distributor;
        for (n, block) in blocks.iter_mut().enumerate() {
            *block = Block {
                group: distributor.read(bits(GROUP, n)),
                enabled: distributor.read(bits(SET_ENABLE, n)),
                pending: distributor.read(bits(SET_PENDING, n)),
                active: distributor.read(bits(ACTIVE, n)),
                priority: core::array::from_fn(|i| distributor.read(PRIORITY + 32 * n + 4 * i)),
                targets: core::array::from_fn(|i| distributor.read(TARGETS + 32 * n + 4 * i)),
                configuration: core::array::from_fn(|i| distributor.read(CONFIGURATION + 8 * n + 4 * i)),
            };
        }
        context.used = used as u32;
        context.control = distributor.read(CONTROL);
        context.cpu = [CPU_CONTROL, PRIORITY_MASK, BINARY_POINT].map(|at| self.cpu.read(at));
        Ok(())
    }

    /// Puts every setting back, in an order in which no interrupt fires half-configured: all off, then
    /// settings, pending edges, enables, and the two controls last. Level-triggered interrupts become pending
    /// again by their lines. Pending software interrupts are sent again by this core to itself, since their
    /// pending bits cannot be written.
    ///
    /// # Errors
    ///
    /// [`TooManyInterrupts`] if the context was saved from a controller with another number of blocks, or
    /// never. Nothing is touched then.
    pub fn restore<const BLOCKS: usize>(
        &mut self,
        context: &Context<BLOCKS>,
    ) -> Result<(), TooManyInterrupts> {
        let used = self.blocks();
        let blocks = context.blocks.get(..used);
        let (Some(blocks), true) = (blocks, context.used as usize == used) else {
            return Err(TooManyInterrupts { blocks: used });
        };
        self.silence();
        let distributor = &mut self.distributor;
        for (n, block) in blocks.iter().enumerate() {
            distributor.write(bits(GROUP, n), block.group);
            for (i, word) in block.configuration.iter().enumerate() {
                distributor.write(CONFIGURATION + 8 * n + 4 * i, *word);
            }
            for (i, word) in block.priority.iter().enumerate() {
                distributor.write(PRIORITY + 32 * n + 4 * i, *word);
            }
            for (i, word) in block.targets.iter().enumerate() {
                distributor.write(TARGETS + 32 * n + 4 * i, *word);
            }
            let not_software = if n == 0 { !SOFTWARE_INTERRUPTS } else { u32::MAX };
            distributor.write(bits(SET_PENDING, n), block.pending_edges() & not_software);
            distributor.write(bits(SET_ENABLE, n), block.enabled);
        }
        let [control, mask, point] = context.cpu;
        self.cpu.write(PRIORITY_MASK, mask);
        self.cpu.write(BINARY_POINT, point);
        self.cpu.write(CPU_CONTROL, control);
        self.distributor.write(CONTROL, context.control);
        let software = blocks.first().map_or(0, |block| block.pending & SOFTWARE_INTERRUPTS);
        for number in (0..16).filter(|number| software >> number & 1 != 0) {
            const TO_MYSELF: u32 = 0b10 << 24;
            self.distributor.write(SOFTWARE, TO_MYSELF | number);
        }
        Ok(())
    }
}
