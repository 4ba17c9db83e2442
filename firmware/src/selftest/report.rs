//! The findings of a check, and their printing.

use core::fmt;

use heapless::{String, Vec};

use crate::terminal::{Terminal, Uart};

/// Faults of one check that are printed; of more only the number is.
const MAX_FAULTS: usize = 8;

/// A section of `docs/porting.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    /// RAM, frame buffers, windows.
    MemoryMap,
    /// Memory that no snapshot may hold.
    Nosave,
    /// The medium and the store on it.
    Medium,
    /// Registers.
    Cpu,
    /// Cache maintenance.
    Caches,
    /// Clock and tick.
    Clock,
    /// Power-managed drivers.
    Drivers,
    /// Taking a snapshot.
    Snapshot,
    /// Booting from one.
    Boot,
}

impl Guide {
    /// The section's anchor.
    const fn anchor(self) -> &'static str {
        match self {
            Guide::MemoryMap => "memory-map",
            Guide::Nosave => "nosave",
            Guide::Medium => "medium",
            Guide::Cpu => "cpu",
            Guide::Caches => "caches",
            Guide::Clock => "clock",
            Guide::Drivers => "drivers",
            Guide::Snapshot => "snapshot",
            Guide::Boot => "boot",
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug)]
struct Fault {
    cause: &'static str,
    /// `key=value` pairs.
    details: String<96>,
    /// For people: what to do.
    advice: &'static str,
    guide: Guide,
}

/// The findings of one check.
pub struct Findings {
    name: &'static str,
    guide: Guide,
    /// `key=value` pairs.
    facts: String<200>,
    faults: Vec<Fault, MAX_FAULTS>,
    /// Faults for which there was no room.
    more: u32,
    /// The reason why there was nothing to check.
    skipped: Option<&'static str>,
}

impl Findings {
    /// Nothing found yet by the check `name`, whose section of the guide is `guide`.
    pub const fn new(name: &'static str, guide: Guide) -> Self {
        Findings { name, guide, facts: String::new(), faults: Vec::new(), more: 0, skipped: None }
    }

    /// Adds a fact: a `key=value` pair. One for which there is no room is left out.
    pub fn fact(&mut self, pair: fmt::Arguments<'_>) {
        let mut longer = self.facts.clone();
        if fmt::Write::write_fmt(&mut longer, format_args!(" {pair}")).is_ok() {
            self.facts = longer;
        }
    }

    /// Adds a fault: its name in kebab case, `key=value` pairs, and what to do.
    pub fn fault(&mut self, cause: &'static str, details: fmt::Arguments<'_>, advice: &'static str) {
        self.fault_of(self.guide, cause, details, advice);
    }

    /// The same, where another section of the guide helps.
    pub fn fault_of(
        &mut self,
        guide: Guide,
        cause: &'static str,
        details: fmt::Arguments<'_>,
        advice: &'static str,
    ) {
        let mut text = String::new();
        // Longer details end early.
        let _ = fmt::Write::write_fmt(&mut text, details);
        if self.faults.push(Fault { cause, details: text, advice, guide }).is_err() {
            self.more += 1;
        }
    }

    /// There is nothing to check, for this reason, in kebab case.
    pub fn skip(mut self, why: &'static str) -> Self {
        self.skipped = Some(why);
        self
    }

    /// Whether anything is wrong.
    pub fn is_bad(&self) -> bool {
        !self.faults.is_empty()
    }
}

/// The number of checks by result.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Checks that found nothing wrong.
    pub passed: u32,
    /// Checks that did.
    pub failed: u32,
    /// Checks that had nothing to look at.
    pub skipped: u32,
}

impl Tally {
    /// Prints what a check found, and counts it.
    pub fn print<U: Uart>(&mut self, terminal: &mut Terminal<U>, findings: &Findings) {
        let Findings { name, facts, faults, more, .. } = findings;
        for Fault { cause, details, advice, guide } in faults {
            let gap = if details.is_empty() { "" } else { " " };
            let anchor = guide.anchor();
            say!(terminal, "{advice}");
            say!(
                terminal,
                "@selftest check={name} result=failed cause={cause}{gap}{details} guide=docs/porting.md#{anchor}"
            );
        }
        if *more > 0 {
            say!(terminal, "And {more} more of these.");
        }
        match findings.skipped {
            _ if findings.is_bad() => self.failed += 1,
            Some(why) => {
                self.skipped += 1;
                say!(terminal, "@selftest check={name} result=skipped reason={why}");
            }
            None => {
                self.passed += 1;
                say!(terminal, "@selftest check={name} result=ok{facts}");
            }
        }
    }
}
