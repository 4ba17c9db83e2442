//! The scenarios: what was there, what is done while power goes, and what is done again afterwards.

use oal_snapshot::hooks::BootPolicy::{Always, Once};
use oal_snapshot::store::Slots;

use crate::model::Rules;
use crate::run::Step::{self, Boot, Confirm, Invalidate, Refresh, Take};

/// A scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, in tables and cases.
    pub name: &'static str,
    /// What holds for the store.
    pub rules: Rules,
    /// Sessions that nothing happens in.
    pub setup: &'static [&'static [Step]],
    /// The session that is cut.
    pub act: &'static [Step],
    /// The session that follows a cut, and is cut again.
    pub again: &'static [Step],
}

impl Scenario {
    /// Whether it makes sense on NAND only.
    pub fn is_for_nand(&self) -> bool {
        self.act.contains(&Refresh)
    }

    /// Whether its act is a boot in the first place, so that reads matter, too.
    pub fn boots(&self) -> bool {
        self.act.first() == Some(&Boot)
    }
}

const TWO: Rules = Rules { slots: Slots::Two, max_attempts: 0, register: false };
const ONE: Rules = Rules { slots: Slots::One, ..TWO };
const COUNTED: Rules = Rules { max_attempts: 3, ..TWO };
const REGISTER: Rules = Rules { register: true, ..COUNTED };

/// All of them.
pub const SCENARIOS: [Scenario; 16] = [
    Scenario { name: "first", rules: TWO, setup: &[], act: &[Take(Always)], again: &[Boot, Take(Always)] },
    Scenario {
        name: "second",
        rules: TWO,
        setup: &[&[Take(Always)]],
        act: &[Take(Always)],
        again: &[Boot, Take(Always)],
    },
    Scenario {
        name: "third",
        rules: TWO,
        setup: &[&[Take(Always)], &[Take(Always)]],
        act: &[Take(Always)],
        again: &[Boot, Take(Always)],
    },
    Scenario {
        name: "once-taken",
        rules: TWO,
        setup: &[&[Take(Always)], &[Take(Once)], &[Boot]],
        act: &[Take(Once)],
        again: &[Take(Once)],
    },
    Scenario {
        name: "one-slot",
        rules: ONE,
        setup: &[&[Take(Always)]],
        act: &[Take(Always)],
        again: &[Boot, Take(Always)],
    },
    Scenario {
        name: "refresh",
        rules: TWO,
        setup: &[&[Take(Always)], &[Take(Always)]],
        act: &[Boot, Refresh],
        again: &[Boot, Refresh],
    },
    Scenario {
        name: "invalidate",
        rules: TWO,
        setup: &[&[Take(Always)], &[Take(Always)]],
        act: &[Invalidate],
        again: &[Boot, Invalidate],
    },
    Scenario {
        name: "boot",
        rules: TWO,
        setup: &[&[Take(Always)], &[Take(Always)]],
        act: &[Boot],
        again: &[Boot],
    },
    Scenario { name: "once", rules: TWO, setup: &[&[Take(Once)]], act: &[Boot], again: &[Boot] },
    Scenario {
        name: "once-over-always",
        rules: TWO,
        setup: &[&[Take(Always)], &[Take(Once)]],
        act: &[Boot],
        again: &[Boot],
    },
    Scenario {
        name: "attempt",
        rules: COUNTED,
        setup: &[&[Take(Always)], &[Take(Always)]],
        act: &[Boot],
        again: &[Boot],
    },
    Scenario {
        name: "attempt-once",
        rules: COUNTED,
        setup: &[&[Take(Always)], &[Take(Once)]],
        act: &[Boot],
        again: &[Boot],
    },
    Scenario {
        name: "last-attempt",
        rules: COUNTED,
        setup: &[&[Take(Always)], &[Take(Always)], &[Boot], &[Boot]],
        act: &[Boot],
        again: &[Boot],
    },
    Scenario {
        name: "register",
        rules: REGISTER,
        setup: &[&[Take(Always)], &[Take(Always)], &[Boot], &[Boot], &[Boot]],
        act: &[Boot],
        again: &[Boot],
    },
    Scenario {
        name: "confirm",
        rules: COUNTED,
        setup: &[&[Take(Always)], &[Take(Always)], &[Boot]],
        act: &[Boot, Confirm],
        again: &[Boot, Confirm],
    },
    Scenario {
        name: "one-power-on",
        rules: COUNTED,
        setup: &[&[Take(Always)], &[Boot, Confirm, Take(Once)]],
        act: &[Boot, Confirm, Take(Once)],
        again: &[Boot, Confirm, Take(Once)],
    },
];

/// What the sessions of a random chain are picked from.
pub const SESSIONS: [&[Step]; 12] = [
    &[Boot],
    &[Boot],
    &[Boot, Confirm],
    &[Boot, Confirm],
    &[Take(Always)],
    &[Boot, Take(Always)],
    &[Boot, Confirm, Take(Always)],
    &[Boot, Confirm, Take(Always), Take(Always)],
    &[Boot, Confirm, Take(Once)],
    &[Take(Once)],
    &[Boot, Take(Once), Invalidate],
    &[Boot, Refresh],
];

/// What a random chain begins with.
pub const CHAIN_SETUP: &[&[Step]] = &[&[Take(Always)]];

/// The rules of random chains, with their names.
pub const CHAINS: [(&str, Rules); 4] =
    [("chain", TWO), ("chain-one-slot", ONE), ("chain-counted", COUNTED), ("chain-register", REGISTER)];
