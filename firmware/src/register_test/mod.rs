//! The register test: patterns in every register that a snapshot must bring back, and a look at them afterwards.
//!
//! The patterns are set at the end of the second pass's suspend, with interrupts masked, and checked first thing
//! when the system resumes, on both timelines. All are harmless while they are there.

mod banked;
mod cp15;

use heapless::Vec;

use crate::boot_stage;
use crate::vfp_work;

/// Registers of which it can be told that they are wrong.
const MAX_WRONG: usize = 24;

/// Every register of the test.
#[derive(Clone)]
struct Registers {
    /// Whether the core is in Secure state, which alone has Monitor mode.
    secure: bool,
    banked: [u32; banked::COUNT],
    cp15: [u32; cp15::COUNT],
    fpscr: u32,
    vfp: vfp_work::Registers,
}

impl Registers {
    fn read(secure: bool) -> Registers {
        Registers {
            secure,
            banked: banked::read(secure),
            cp15: cp15::read(),
            fpscr: vfp_work::control(),
            vfp: vfp_work::read(),
        }
    }

    /// # Safety
    /// The values are what [`Registers::read`] gave, or [`patterns`]; interrupts are masked.
    unsafe fn write(&self) {
        vfp_work::write(&self.vfp);
        vfp_work::set_control(self.fpscr);
        // SAFETY: the caller's promise.
        unsafe {
            banked::write(&self.banked, self.secure);
            cp15::write(&self.cp15);
        }
    }
}

/// The patterns, over what the registers hold.
fn patterns(sane: &Registers) -> Registers {
    Registers {
        secure: sane.secure,
        banked: banked::patterns(),
        cp15: cp15::patterns(&sane.cp15),
        // Flags, saturation, default NaN, flush to zero, round to minus infinity, two sticky exceptions.
        fpscr: 0xab80_0012,
        vfp: core::array::from_fn(|i| {
            0xd0d1_0000_0000_0000_u64.rotate_left(i as u32) ^ ((i as u64 + 1) * 0x0101_0101_0101)
        }),
    }
}

/// A register that did not hold its pattern.
#[derive(Clone, Copy, Debug)]
pub struct Wrong {
    /// Its name.
    pub name: &'static str,
    /// What it is the number of, where names repeat: d0 to d31.
    pub number: Option<u8>,
    /// The pattern.
    pub want: u64,
    /// What it held.
    pub got: u64,
}

/// What the test found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Registers looked at.
    pub checked: u32,
    /// How many were wrong.
    pub wrong: u32,
    /// The first of them.
    pub first: Vec<Wrong, MAX_WRONG>,
}

impl Outcome {
    fn check(&mut self, name: &'static str, number: Option<u8>, want: u64, got: u64) {
        self.checked += 1;
        if want != got {
            self.wrong += 1;
            // The first ones say enough.
            let _ = self.first.push(Wrong { name, number, want, got });
        }
    }
}

/// A test under way: it is in the picture, patterns and all.
pub struct RegisterTest {
    sane: Registers,
    want: Registers,
}

impl RegisterTest {
    /// Sets the patterns; those of Monitor mode in Secure state only.
    ///
    /// # Safety
    /// Interrupts are masked, and stay so until [`RegisterTest::end`]; this code runs in System mode.
    pub unsafe fn begin(secure: bool) -> RegisterTest {
        let sane = Registers::read(secure);
        let want = patterns(&sane);
        // SAFETY: the caller's promise.
        unsafe { want.write() };
        RegisterTest { sane, want }
    }

    /// Gives every register another value than its pattern, the application's own or what follows from the pattern, and says how
    /// many kept theirs. The VFP is off afterwards.
    ///
    /// # Safety
    /// As for [`RegisterTest::begin`]; the pattern of every register is restored before anything uses one of them.
    pub unsafe fn spoil(&self, kept: &mut u32) {
        let mut other = self.sane.clone();
        other.banked = banked::others(&self.want.banked);
        other.vfp = self.want.vfp.map(|value| !value);
        cp15::set_table(&mut other.cp15, boot_stage::table());
        let pairs =
            self.want.banked.iter().chain(&self.want.cp15).zip(other.banked.iter().chain(&other.cp15));
        // FPEXC is spoilt behind the others.
        *kept = pairs.filter(|(want, other)| want == other).count().saturating_sub(1) as u32
            + u32::from(self.want.fpscr == other.fpscr);
        // SAFETY: the caller's promise; both tables map alike, and the rest is what the registers held before.
        unsafe { other.write() };
        cp15::switch_vfp_off();
    }

    /// Looks at every register, and puts back what they held before.
    pub fn end(self) -> Outcome {
        let got = Registers::read(self.sane.secure);
        // SAFETY: the values were read from the registers, and interrupts are still masked.
        unsafe { self.sane.write() };
        let mut outcome = Outcome::default();
        let banked = banked::NAMES.iter().zip(self.want.banked.iter().zip(got.banked));
        let cp15 = cp15::NAMES.iter().zip(self.want.cp15.iter().zip(got.cp15));
        let monitor = |name: &str| name.ends_with("_mon");
        for (name, (want, got)) in banked.chain(cp15).filter(|(name, _)| self.sane.secure || !monitor(name)) {
            outcome.check(name, None, u64::from(*want), u64::from(got));
        }
        outcome.check("fpscr", None, u64::from(self.want.fpscr), u64::from(got.fpscr));
        for (i, (want, got)) in (0..).zip(self.want.vfp.iter().zip(got.vfp)) {
            outcome.check("d", Some(i), *want, got);
        }
        outcome
    }
}
