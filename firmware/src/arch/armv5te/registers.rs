//! Every register that a snapshot must bring back: banked ones, and CP15.

use super::{banked, cp15};

/// The registers, as one set of values.
#[derive(Clone)]
pub struct Registers {
    banked: [u32; banked::COUNT],
    cp15: [u32; cp15::COUNT],
}

impl Registers {
    /// Their values. The firmware runs in System mode; there is no Secure state.
    pub fn read(_secure: bool) -> Registers {
        Registers { banked: banked::read(), cp15: cp15::read() }
    }

    /// Sets them.
    ///
    /// # Safety
    /// The values are what [`Registers::read`] gave, or follow from that by the methods here; interrupts are
    /// masked.
    pub unsafe fn write(&self) {
        // SAFETY: the caller's promise.
        unsafe {
            banked::write(&self.banked);
            cp15::write(&self.cp15);
        }
    }

    /// Distinct and harmless patterns, over what the registers hold.
    pub fn patterns(&self) -> Registers {
        Registers { banked: banked::patterns(), cp15: cp15::patterns(&self.cp15) }
    }

    /// Gives every register another value than its `pattern`: its own of `self`, or one that follows from the
    /// pattern. The table is changed for the one at `table`. Returns how many registers kept their pattern.
    ///
    /// # Safety
    /// As for [`Registers::write`]; both tables map alike; every register is restored before anything uses
    /// one of them.
    pub unsafe fn spoil(&self, pattern: &Registers, table: usize) -> u32 {
        let other =
            Registers { banked: banked::others(&pattern.banked), cp15: cp15::others(&self.cp15, table) };
        let kept = pattern.each().zip(other.each()).filter(|((.., want), (.., other))| want == other).count();
        // SAFETY: the caller's promise; what is not changed holds what it held before.
        unsafe { other.write() };
        kept as u32
    }

    /// Name, number where names repeat, and value of each.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, Option<u8>, u64)> {
        let banked = banked::NAMES.into_iter().zip(self.banked);
        let cp15 = cp15::NAMES.into_iter().zip(self.cp15);
        banked.chain(cp15).map(|(name, value)| (name, None, value.into()))
    }
}
