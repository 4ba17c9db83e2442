//! A CPU for host tests: a register file in plain memory that a capture copies and a restore puts back.

use crate::cpu::{Architecture, CpuContext};
use crate::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};

/// The core of hosts.
pub type Core = FakeCpu;

/// Registers of the fake.
pub const REGISTERS: usize = 64;

/// A CPU without instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeCpu {
    /// The registers, free to be set and looked at. The first two are where execution goes on, low word
    /// first.
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
        let [low, high, ..] = self.registers;
        context.set_resume_address(u64::from(high) << 32 | u64::from(low));
        let words = context.bytes_mut(REGISTERS * 4).as_chunks_mut().0;
        words.iter_mut().zip(self.registers).for_each(|(word, register)| *word = register.to_le_bytes());
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
        context.bytes().len() == REGISTERS * 4
    }

    fn restore_cpu(&mut self, context: &CpuContext) -> Entered {
        let words = context.bytes().as_chunks().0;
        self.registers
            .iter_mut()
            .zip(words)
            .for_each(|(register, word)| *register = u32::from_le_bytes(*word));
        Entered
    }
}
