//! What a boot and a snapshot cost a medium, counted on the simulated ones.

use oal_snapshot::hooks::BootPolicy::{self, Always, Once};
use oal_snapshot::store::Slots;

use crate::explorer::Row;
use crate::media::{Count, Disk, Kind, Medium, Nand, Nor, Rig};
use crate::model::Rules;
use crate::run::{Run, Step};

/// What a boot costs.
#[derive(Clone, Debug)]
pub struct Wear {
    /// On what.
    pub medium: &'static str,
    /// Which policy.
    pub what: &'static str,
    /// Changes that an ordinary boot makes, confirmation not counted.
    pub ordinary: u64,
    /// Changes that any boot made in the exploration.
    pub most: u64,
}

/// What a snapshot costs.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// On what.
    pub medium: &'static str,
    /// What was done to the medium.
    pub count: Count,
}

/// A policy, and the scenarios of it.
type Policy = (&'static str, BootPolicy, u8, bool, &'static [&'static str]);

const POLICIES: [Policy; 5] = [
    ("always, attempts not counted", Always, 0, false, &["first", "second", "third", "boot", "one-slot"]),
    ("always, attempts in a register", Always, 3, true, &["register"]),
    ("always, attempts in the store", Always, 3, false, &["attempt", "last-attempt", "confirm"]),
    ("once, attempts not counted", Once, 0, false, &["once", "once-over-always", "once-taken"]),
    ("once, attempts in the store", Once, 3, false, &["attempt-once", "one-power-on"]),
];

/// Boots of every policy; the worst ones are those of `rows`.
pub fn boots(rows: &[Row]) -> Vec<Wear> {
    let mut list = Vec::new();
    for medium in ["disk", "nand", "nor"] {
        for (what, policy, max_attempts, register, scenarios) in POLICIES {
            let rules = Rules { slots: Slots::Two, max_attempts, register };
            let ordinary = match medium {
                "disk" => boot(Disk::new(Kind::Emmc), rules, policy),
                "nand" => boot(Nand::new(Rig::Good), rules, policy),
                _ => boot(Nor::new(), rules, policy),
            };
            let of =
                rows.iter().filter(|row| row.medium.starts_with(medium) && scenarios.contains(&row.scenario));
            list.push(Wear { medium, what, ordinary, most: of.map(|row| row.most).max().unwrap_or(0) });
        }
    }
    list
}

/// The changes of a boot behind one that was confirmed.
fn boot<M: Medium>(blank: M, rules: Rules, policy: BootPolicy) -> u64 {
    let mut run = Run::new(blank, rules);
    let mut session = |steps: &[Step]| {
        let before = run.medium.count();
        let ends = run.session(steps, None);
        let count = run.medium.count().since(&before);
        assert!(ends.is_ok(), "{ends:?}");
        run.power_cycle(1);
        count.changes
    };
    session(&[Step::Take(Always)]);
    session(&[Step::Boot, Step::Confirm]);
    session(&[Step::Take(policy)]);
    if policy == Always {
        session(&[Step::Boot, Step::Confirm]);
    }
    session(&[Step::Boot])
}

/// A third snapshot, which gives up the first.
pub fn snapshots() -> [Snapshot; 3] {
    [
        Snapshot { medium: "disk", count: snapshot(Disk::new(Kind::Emmc)) },
        Snapshot { medium: "nand", count: snapshot(Nand::new(Rig::Good)) },
        Snapshot { medium: "nor", count: snapshot(Nor::new()) },
    ]
}

fn snapshot<M: Medium>(blank: M) -> Count {
    let mut run = Run::new(blank, Rules { slots: Slots::Two, max_attempts: 0, register: false });
    let mut last = Count::default();
    for _ in 0..3 {
        let before = run.medium.count();
        let taken = run.session(&[Step::Take(Always)], None);
        assert!(taken.is_ok(), "{taken:?}");
        last = run.medium.count().since(&before);
        run.power_cycle(1);
    }
    last
}
