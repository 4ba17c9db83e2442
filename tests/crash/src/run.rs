//! [`Run`]: sessions on a real store and on the model at once, compared after every step.

use core::cell::{Cell, RefCell};

use oal_sim::Machine;
use oal_snapshot::codec::Lz4;
use oal_snapshot::hooks::{BootPolicy, SelectSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::progress::Progress;
use oal_snapshot::refusal::Stage;
use oal_snapshot::store::{Store, StoreSettings};
use oal_snapshot::take::Timeline;
use oal_snapshot::workspace::Workspace;

use crate::media::{Family, Forgetful, Medium, Register};
use crate::model::{Boot, Rules, State, Trouble};
use crate::point::Point;

/// What is done between power-on and power-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A snapshot of memory that was not saved before.
    Take(BootPolicy),
    /// A boot.
    Boot,
    /// The image that was booted in this session is confirmed.
    Confirm,
    /// Every image is forgotten.
    Invalidate,
    /// The image that was booted in this session is moved.
    Refresh,
}

/// Snapshots that a run may take; there are as many machines.
const SNAPSHOTS: u32 = 40;

thread_local! {
    /// The machines of the snapshots: number `n` is that of snapshot `n`, and number 0 the one that boots.
    static TINY: Vec<Machine> = (0..u64::from(SNAPSHOTS)).map(Machine::tiny).collect();
    /// The same, with images of two chunks.
    static TWO_CHUNKS: Vec<Machine> = (0..u64::from(SNAPSHOTS)).map(Machine::two_chunks).collect();
    /// The engine's memory. It holds what the last snapshot or boot left, as on a board that was not switched
    /// off.
    static WORKSPACE: RefCell<Box<(Workspace<64, 16>, Lz4)>> = RefCell::new(Box::new((Workspace::new(), Lz4::new())));
}

/// Lends the machines.
fn machines<T>(two_chunks: bool, act: impl FnOnce(&[Machine]) -> T) -> T {
    if two_chunks { TWO_CHUNKS.with(|list| act(list)) } else { TINY.with(|list| act(list)) }
}

/// A machine of its own that is to be saved.
fn machine_of(snapshot: u32, two_chunks: bool) -> Machine {
    let mut machine = machines(two_chunks, |machines| machines[snapshot as usize].clone());
    machine.system.journal = Default::default();
    machine
}

/// Lends the engine's memory.
fn engine<T>(act: impl FnOnce(&mut Workspace<64, 16>, &mut Lz4) -> T) -> T {
    WORKSPACE.with_borrow_mut(|parts| act(&mut parts.0, &mut parts.1))
}

/// A store's history, with all that may be known of it.
#[derive(Clone)]
pub struct Run<M> {
    /// The medium.
    pub medium: M,
    /// The register that counts attempts.
    register: u32,
    rules: Rules,
    /// The states that the store may be in.
    possible: Vec<State>,
    /// All states that it was ever in.
    history: Vec<State>,
    /// Snapshots taken so far.
    taken: u32,
    /// Changes that a boot made to the medium, at most.
    most: u64,
    /// What is told, if somebody listens.
    notes: Option<Vec<String>>,
}

/// What a boot that was not cut ended in: the snapshot that was entered, or none.
pub type Entered = Option<u32>;

impl<M: Medium> Run<M> {
    /// A store that was never used.
    pub fn new(medium: M, rules: Rules) -> Run<M> {
        let possible = vec![State::default()];
        let history = possible.clone();
        Run { medium, register: 0, rules, possible, history, taken: 0, most: 0, notes: None }
    }

    /// Snapshots taken so far, those among them that were cut.
    pub fn taken(&self) -> u32 {
        self.taken
    }

    /// Changes that a boot made to the medium, at most.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// From now on everything is told.
    pub fn listen(&mut self) {
        self.medium.start_journal();
        self.notes = Some(Vec::new());
    }

    /// What was told.
    pub fn notes(&mut self) -> Vec<String> {
        self.notes.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// Adds to what is told.
    pub fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(notes) = &mut self.notes {
            notes.push(text());
        }
    }

    /// Switches power off and on.
    pub fn power_cycle(&mut self, seed: u64) {
        self.note(|| "-- power off and on".into());
        self.medium.power_cycle(seed);
    }

    /// One power-on: the steps one after the other, as long as there is power. Gives what each boot ended in.
    ///
    /// # Errors
    /// What the store did that it must not do.
    pub fn session(&mut self, steps: &[Step], point: Option<Point>) -> Result<Vec<Entered>, String> {
        if let Some(point) = point {
            self.note(|| format!("   planned: {point}"));
            self.medium.plan(point);
        }
        let Run { medium, register, rules, possible, history, taken, most, notes } = self;
        let abilities = medium.abilities();
        let settings = StoreSettings { slots: rules.slots, max_attempts: rules.max_attempts };
        let cell = Cell::new(*register);
        let mut store = medium.open(settings, Register(rules.register.then_some(&cell)));
        let excuses = |point: Point| match point {
            Point::Fault { operation, .. } => {
                operation == oal_sim::Operation::Read || !abilities.survives_failures
            }
            _ => false,
        };
        let excused = point.is_some_and(excuses);
        let weak = abilities.stale && point.is_some_and(|point| point.is_silent_read());
        let mut truth = Truth { rules, possible, history, excused, weak };
        let mut booted: Option<(ImageId, u32)> = None;
        let mut ends = Vec::new();
        for step in steps {
            if store.medium().is_off() {
                break;
            }
            let mut told = String::new();
            let result = match step {
                Step::Take(policy) => {
                    *taken += 1;
                    let mut machine = machine_of(*taken, abilities.two_chunks);
                    machine.settings.policy = *policy;
                    let result =
                        engine(|workspace, codec| machine.take_in(workspace, codec, &mut store, &mut ()));
                    told = format!("{result:?}");
                    let done = matches!(result, Ok(Timeline::Live(_)));
                    let (off, snapshot) = (store.medium().is_off(), *taken);
                    truth.change(done, off, |state| state.take(rules, snapshot, *policy).to_vec())
                }
                Step::Boot => {
                    let blind = abilities.unreadable;
                    let before = store.medium().count().changes;
                    let end = boot(&mut store, &mut truth, *taken, blind, &mut told).map(|end| {
                        booted = end.map(|(id, snapshot, _)| (id, snapshot));
                        ends.push(booted.map(|(_, snapshot)| snapshot));
                    });
                    *most = (*most).max(store.medium().count().changes - before);
                    end
                }
                Step::Confirm => {
                    let Some((id, snapshot)) = booted else { continue };
                    let result = store.confirm(id);
                    told = format!("{result:?}");
                    let off = store.medium().is_off();
                    truth.change(result.is_ok(), off, |state| state.confirm(rules, snapshot))
                }
                Step::Invalidate => {
                    let result = store.store.invalidate();
                    told = format!("{result:?}");
                    let off = store.medium().is_off();
                    truth.change(result.is_ok(), off, |state| vec![state.invalidate()])
                }
                Step::Refresh => {
                    let Some((id, snapshot)) = booted else { continue };
                    if M::FAMILY != Family::Nand {
                        continue;
                    }
                    let result = store.store.refresh(id);
                    told = format!("{result:?}");
                    let off = store.medium().is_off();
                    truth.change(result.is_ok(), off, |state| state.refresh(snapshot))
                }
            };
            if let Some(notes) = notes {
                let journal = store.medium().take_journal();
                let off = if store.medium().is_off() { ", power is off" } else { "" };
                notes.push(format!("{step:?}:"));
                let (mut change, mut number) = (0, 0);
                for done in journal {
                    let mark = if done.changes() { format!("change {change}") } else { String::new() };
                    notes.push(format!("   {number:4} {mark:>10}  {}", done.text));
                    (change, number) = (change + u64::from(done.changes()), number + 1);
                }
                notes.push(format!("   ends in {told}{off}"));
                truth.possible.iter().for_each(|state| notes.push(format!("   may be {state:?}")));
            }
            result.map_err(|error| format!("{step:?}: {error}; it ended in {told}"))?;
        }
        drop(store);
        *register = cell.get();
        Ok(ends)
    }
}

/// What is known, while a session goes on.
struct Truth<'a> {
    rules: &'a Rules,
    possible: &'a mut Vec<State>,
    history: &'a mut Vec<State>,
    /// The medium fails in a way that the store need not survive.
    excused: bool,
    /// The medium may show an older state than it holds.
    weak: bool,
}

impl Truth<'_> {
    /// What may be the state, from now on.
    fn settle(&mut self, mut states: Vec<State>) {
        if self.weak {
            states.extend(self.possible.iter());
        }
        self.possible.clear();
        for state in states {
            if !self.possible.contains(&state) {
                self.possible.push(state);
            }
            if !self.history.contains(&state) {
                self.history.push(state);
            }
        }
    }

    fn sources(&self) -> Vec<State> {
        if self.weak { self.history.clone() } else { self.possible.clone() }
    }

    /// A change that passes through the states that `through` names was done, or not.
    fn change(
        &mut self,
        done: bool,
        off: bool,
        through: impl Fn(&State) -> Vec<State>,
    ) -> Result<(), String> {
        if !done && !off && !self.excused {
            return Err("it failed without a reason".into());
        }
        let mut states = Vec::new();
        for state in self.sources() {
            let passed = through(&state);
            if done {
                states.push(passed.last().copied().unwrap_or(state));
            } else {
                states.push(state);
                states.extend(passed);
            }
        }
        self.settle(states);
        Ok(())
    }
}

/// Boots, and rules out what the boot shows to be otherwise. Gives the image that was entered, its snapshot
/// and which attempt it is.
fn boot<S: Store, M: Medium>(
    store: &mut Forgetful<S, M>,
    truth: &mut Truth<'_>,
    taken: u32,
    blind: bool,
    told: &mut String,
) -> Result<Option<(ImageId, u32, u8)>, String> {
    let two_chunks = store.medium().abilities().two_chunks;
    let mut machine = machines(two_chunks, |machines| machines[0].restarted(9));
    let mut chosen = None;
    let mut observer = |progress: Progress| {
        if let Progress::Chosen { attempt, .. } = progress {
            chosen = chosen.or(Some(attempt));
        }
    };
    let booted = engine(|workspace, codec| machine.boot_in(workspace, codec, store, &mut observer));
    *told = format!("{:?}, refused {:?}", booted.end, booted.refused());
    let off = store.medium().is_off();
    let mut end = None;
    if let Some(candidate) = booted.report.booted {
        let is =
            |snapshot: &u32| machines(two_chunks, |machines| machine.is_as(&machines[*snapshot as usize]));
        let snapshot = (1..=taken).rev().find(is).ok_or("half an image was entered")?;
        *told =
            format!("snapshot {snapshot}, attempt {}, refused {:?}", booted.report.attempt, booted.refused());
        end = Some((candidate.id, snapshot, booted.report.attempt));
        if off {
            return Err("it was entered without power".into());
        }
    }
    let mut states = Vec::new();
    if off {
        for state in truth.sources() {
            let Boot { states: through, counted, entered, .. } = state.boot(truth.rules, Trouble::None);
            match (entered, chosen) {
                // The image was on its way: whoever counts attempts has counted this one.
                (Some((_, attempt)), Some(seen)) if attempt == seen => states.extend(&through[counted - 1..]),
                (Some(_), Some(_)) => {}
                (Some(_), None) => states.extend(&through[..counted]),
                (None, _) => states.extend(through),
            }
            if blind {
                states.extend(state.boot(truth.rules, Trouble::Blind).states);
            }
        }
    } else {
        let mut troubles = vec![Trouble::None];
        if truth.excused {
            troubles.extend([Trouble::Records, Trouble::BeforeCount, Trouble::AfterCount, Trouble::Blind]);
        } else if blind {
            troubles.push(Trouble::Blind);
        }
        for state in truth.sources() {
            for trouble in &troubles {
                let expected = state.boot(truth.rules, *trouble);
                let refused: Vec<_> =
                    expected.refused.iter().map(|reason| (Stage::Select, *reason)).collect();
                let same = expected.entered == end.map(|(_, snapshot, attempt)| (snapshot, attempt));
                if same && (truth.excused || refused == booted.refused()) {
                    states.extend(expected.states.last());
                }
            }
        }
    }
    if states.is_empty() {
        return Err(format!("not what any possible state {:?} boots", truth.possible));
    }
    truth.settle(states);
    Ok(end)
}
