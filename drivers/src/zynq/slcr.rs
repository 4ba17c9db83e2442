//! System-level control registers: here, the reset of the whole processor.
//!
//! Reference: UG585, section 4.3 "SLCR Registers", section 26.2 "Reset Sources", and appendix B "slcr".
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x1000;

const UNLOCK: usize = 0x008;
const UNLOCK_KEY: u32 = 0xdf0d;
const PSS_RESET: usize = 0x200;
const SOFT_RESET: u32 = 1;

/// The registers.
#[derive(Debug)]
pub struct Slcr<R>(R);

impl<R: Registers> Slcr<R> {
    /// The registers as they are.
    pub const fn new(regs: R) -> Self {
        Self(regs)
    }

    /// Resets the processing system, its debug logic excepted. Returns if that takes a moment.
    pub fn reset(&mut self) {
        self.0.write(UNLOCK, UNLOCK_KEY);
        self.0.write(PSS_RESET, SOFT_RESET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Registers that take no write until they are unlocked.
    #[derive(Default)]
    struct Model {
        unlocked: bool,
        resets: u32,
    }

    impl Registers for &mut Model {
        fn read(&mut self, _: usize) -> u32 {
            0
        }

        fn write(&mut self, offset: usize, value: u32) {
            match (offset, value) {
                (0x008, 0xdf0d) => self.unlocked = true,
                (0x200, 1) if self.unlocked => self.resets += 1,
                _ => panic!("{value:#x} at {offset:#x}"),
            }
        }
    }

    #[test]
    fn registers_are_unlocked_before_the_reset() {
        let mut model = Model::default();
        Slcr::new(&mut model).reset();
        assert_eq!(model.resets, 1);
    }
}
