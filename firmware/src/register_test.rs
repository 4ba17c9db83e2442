//! The register test: patterns in every register that a snapshot must bring back, and a look at them
//! afterwards.
//!
//! The patterns are set at the end of the second pass's suspend, with interrupts masked, and checked first
//! thing when the system resumes, on both timelines. All are harmless while they are there.

use heapless::Vec;

use crate::arch::Registers;

/// Wrong registers that are listed.
const MAX_WRONG: usize = 24;

/// A register that did not hold its pattern.
#[derive(Clone, Copy, Debug)]
pub struct Wrong {
    /// Its name.
    pub name: &'static str,
    /// Its number, where names repeat: d0 to d31.
    pub number: Option<u8>,
    /// The pattern.
    pub want: u64,
    /// Its value.
    pub got: u64,
}

/// The findings of the test.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Registers looked at.
    pub checked: u32,
    /// The number of wrong ones.
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

/// A test under way: it is in the saved memory, patterns and all.
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
        let want = sane.patterns();
        // SAFETY: the caller's promise.
        unsafe { want.write() };
        RegisterTest { sane, want }
    }

    /// Gives every register another value than its pattern, and counts those that kept theirs. `table` is
    /// another translation table that maps as the one in use does.
    ///
    /// # Safety
    /// As for [`RegisterTest::begin`]; the pattern of every register is restored before anything uses one of
    /// them.
    pub unsafe fn spoil(&self, table: usize, kept: &mut u32) {
        // SAFETY: the caller's promise.
        *kept = unsafe { self.sane.spoil(&self.want, table) };
    }

    /// Looks at every register, and puts back what they held before.
    pub fn end(self, secure: bool) -> Outcome {
        let got = Registers::read(secure);
        // SAFETY: the values were read from the registers, and interrupts are still masked.
        unsafe { self.sane.write() };
        let mut outcome = Outcome::default();
        for ((name, number, want), (_, _, got)) in self.want.each().zip(got.each()) {
            outcome.check(name, number, want, got);
        }
        outcome
    }
}
