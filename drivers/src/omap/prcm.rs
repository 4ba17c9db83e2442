//! Power, Reset and Clock Management: clocks of the core domain's devices, and the reset of everything.
//!
//! Reference: SWPU064, chapter "Power, Reset, and Clock Management", registers named where they are used.
#![forbid(unsafe_code)]

use crate::mmio::Registers;

/// Bytes of registers.
pub const WINDOW: usize = 0x1000;

/// CM_FCLKEN1_CORE: functional clocks.
const FUNCTIONAL: usize = 0x200;
/// CM_ICLKEN1_CORE: interface clocks.
const INTERFACE: usize = 0x210;
/// CM_CLKSEL2_CORE: what the general-purpose timers count, two bits each; 0 is the 32 kHz clock.
const TIMER_CLOCKS: usize = 0x244;
/// RM_RSTCTRL_WKUP: bit 1, RST_GS, resets the whole processor.
const RESET: usize = 0x450;
const RESET_ALL: u32 = 1 << 1;

/// A device of the core domain, by its bit in CM_FCLKEN1_CORE and CM_ICLKEN1_CORE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Device {
    /// General-purpose timer 2.
    Timer2 = 4,
    /// UART 1.
    Uart1 = 21,
}

/// The module.
#[derive(Debug)]
pub struct Prcm<R> {
    regs: R,
}

impl<R: Registers> Prcm<R> {
    /// The module at `regs`.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// Lets both clocks of a device run. A timer is given the 32 kHz clock to count.
    pub fn enable(&mut self, device: Device) {
        let timer_clock = match device {
            Device::Timer2 => 0b11 << 2,
            Device::Uart1 => 0,
        };
        self.change(TIMER_CLOCKS, timer_clock, 0);
        let bit = 1 << device as u32;
        self.change(FUNCTIONAL, bit, bit);
        self.change(INTERFACE, bit, bit);
    }

    /// Stops both clocks of a device.
    pub fn disable(&mut self, device: Device) {
        let bit = 1 << device as u32;
        self.change(FUNCTIONAL, bit, 0);
        self.change(INTERFACE, bit, 0);
    }

    /// Resets the whole processor. The call comes back for the moment that the reset takes.
    pub fn reset(&mut self) {
        self.regs.write(RESET, RESET_ALL);
    }

    fn change(&mut self, register: usize, mask: u32, value: u32) {
        let old = self.regs.read(register);
        if old & mask != value {
            self.regs.write(register, old & !mask | value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Words([u32; WINDOW / 4]);

    impl Registers for Words {
        fn read(&mut self, offset: usize) -> u32 {
            self.0[offset / 4]
        }

        fn write(&mut self, offset: usize, value: u32) {
            self.0[offset / 4] = value;
        }
    }

    #[test]
    fn only_the_device_that_is_named_is_switched() {
        let mut prcm = Prcm::new(Words([0; WINDOW / 4]));
        for register in [FUNCTIONAL, INTERFACE] {
            prcm.regs.write(register, 0x8000_0001);
        }
        prcm.regs.write(TIMER_CLOCKS, 0b0101_0101_0100);
        prcm.enable(Device::Timer2);
        let now = [FUNCTIONAL, INTERFACE, TIMER_CLOCKS].map(|at| prcm.regs.read(at));
        assert_eq!(now, [0x8000_0011, 0x8000_0011, 0b0101_0101_0000]);
        prcm.enable(Device::Uart1);
        prcm.disable(Device::Timer2);
        let now = [FUNCTIONAL, INTERFACE, TIMER_CLOCKS].map(|at| prcm.regs.read(at));
        assert_eq!(now, [0x8020_0001, 0x8020_0001, 0b0101_0101_0000]);
    }

    #[test]
    fn a_reset_is_global() {
        let mut prcm = Prcm::new(Words([0; WINDOW / 4]));
        prcm.reset();
        assert_eq!(prcm.regs.read(RESET), 2);
    }
}
