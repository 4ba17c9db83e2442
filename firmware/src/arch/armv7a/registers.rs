//! Every register that a snapshot must bring back: banked ones, CP15, the vector unit.

use super::{banked, cp15, vfp};

/// The registers, as one set of values.
#[derive(Clone)]
pub struct Registers {
    /// Whether the core is in Secure state, which alone has Monitor mode.
    secure: bool,
    banked: [u32; banked::COUNT],
    cp15: [u32; cp15::COUNT],
    fpscr: u32,
    vfp: vfp::Registers,
}

impl Registers {
    /// Their values. The firmware runs in System mode.
    pub fn read(secure: bool) -> Registers {
        Registers {
            secure,
            banked: banked::read(secure),
            cp15: cp15::read(),
            fpscr: vfp::control(),
            vfp: vfp::read(),
        }
    }

    /// Sets them.
    ///
    /// # Safety
    /// The values are what [`Registers::read`] gave, or follow from that by the methods here; interrupts are
    /// masked.
    pub unsafe fn write(&self) {
        vfp::write(&self.vfp);
        vfp::set_control(self.fpscr);
        // SAFETY: the caller's promise.
        unsafe {
            banked::write(&self.banked, self.secure);
            cp15::write(&self.cp15);
        }
    }

    /// Distinct and harmless patterns, over what the registers hold.
    pub fn patterns(&self) -> Registers {
        Registers {
            secure: self.secure,
            banked: banked::patterns(),
            cp15: cp15::patterns(&self.cp15),
            // Flags, saturation, default NaN, flush to zero, round to minus infinity, two sticky exceptions.
            fpscr: 0xab80_0012,
            vfp: core::array::from_fn(|i| {
                0xd0d1_0000_0000_0000_u64.rotate_left(i as u32) ^ ((i as u64 + 1) * 0x0101_0101_0101)
            }),
        }
    }

    /// Gives every register another value than its `pattern`: its own of `self`, or one that follows from the
    /// pattern. The table is changed for the one at `table`, and the vector unit is off afterwards. Returns
    /// how many registers kept their pattern.
    ///
    /// # Safety
    /// As for [`Registers::write`]; both tables map alike; every register is restored before anything uses
    /// one of them.
    pub unsafe fn spoil(&self, pattern: &Registers, table: usize) -> u32 {
        let mut other = self.clone();
        other.banked = banked::others(&pattern.banked);
        other.vfp = pattern.vfp.map(|value| !value);
        cp15::set_table(&mut other.cp15, table);
        let pairs = pattern.banked.iter().chain(&pattern.cp15).zip(other.banked.iter().chain(&other.cp15));
        // FPEXC is changed after the others.
        let kept = pairs.filter(|(want, other)| want == other).count().saturating_sub(1) as u32
            + u32::from(pattern.fpscr == other.fpscr);
        // SAFETY: the caller's promise; what is not changed holds what it held before.
        unsafe { other.write() };
        cp15::switch_vfp_off();
        kept
    }

    /// Name, number where names repeat, and value of each.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, Option<u8>, u64)> {
        let monitor = |name: &str| name.ends_with("_mon");
        let banked = banked::NAMES.into_iter().zip(self.banked);
        let cp15 = cp15::NAMES.into_iter().zip(self.cp15);
        let words = banked.chain(cp15).filter(move |(name, _)| self.secure || !monitor(name));
        let words = words.chain([("fpscr", self.fpscr)]).map(|(name, value)| (name, None, value.into()));
        words.chain((0..).zip(self.vfp).map(|(number, value)| ("d", Some(number), value)))
    }
}
