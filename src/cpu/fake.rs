//! A CPU for host tests: a register file in plain memory that a capture copies and a restore puts back.

use crate::cpu::{Architecture, CpuContext};
use crate::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};

/// Registers of the fake.
pub const REGISTERS: usize = 64;

/// A CPU without instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeCpu {
    /// The registers, free to be set and looked at.
    pub registers: [u32; REGISTERS],
}

impl Default for FakeCpu {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeCpu {
    /// A CPU after reset.
    pub const fn new() -> FakeCpu {
        FakeCpu { registers: [0; REGISTERS] }
    }
}

impl TakeCpuSnapshot for FakeCpu {
    const ARCHITECTURE: Architecture = Architecture::FAKE;

    fn take_cpu_snapshot(&mut self, context: &mut CpuContext, live: &mut dyn FnMut(&CpuContext)) -> Fork {
        context.words_mut(REGISTERS).copy_from_slice(&self.registers);
        live(context);
        Fork::Live
    }
}

/// That the fake CPU was restored: a test goes on where hardware would not have come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered;

impl RestoreCpu for FakeCpu {
    type Entered = Entered;

    fn accepts(&self, context: &CpuContext) -> bool {
        context.words().len() == REGISTERS
    }

    fn restore_cpu(&mut self, context: &CpuContext) -> Entered {
        self.registers.copy_from_slice(context.words());
        Entered
    }
}
