//! The model: what a store is to remember, in a few lines, from `docs/store-format.md` and not from the
//! store's code.
//!
//! A power cut leaves more than one state possible, so a run carries a set of them ([`crate::run`]). What a
//! boot shows rules states out, and a state once ruled out never comes back: that is how "what a boot found
//! stays so" is checked.

use oal_snapshot::hooks::BootPolicy;
use oal_snapshot::refusal::Reason;
use oal_snapshot::store::Slots;

/// An image, as far as a boot can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// The snapshot it is of. Snapshots are numbered in the order in which they were taken.
    pub snapshot: u32,
    /// How often it may boot.
    pub policy: BootPolicy,
    /// Attempts in the store's record.
    pub attempts: u8,
    /// Whether it was used up.
    pub consumed: bool,
}

/// What does not change in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The number of images that the store keeps.
    pub slots: Slots,
    /// Attempts that may go unconfirmed in a row; 0 for any number.
    pub max_attempts: u8,
    /// Whether attempts are counted in a register that survives power cuts.
    pub register: bool,
}

/// All that a store remembers, with the register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The slots.
    pub slots: [Option<Image>; 2],
    /// The snapshot that the register counts for, and its attempts.
    pub register: Option<(u32, u8)>,
}

/// What a boot is to do, from a state on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// The states that it passes through: one more for each thing that it remembers.
    pub states: Vec<State>,
    /// How many of them are behind it once it begins to load the image.
    pub counted: usize,
    /// The snapshot that is entered, and which attempt at it this is; none for a cold boot.
    pub entered: Option<(u32, u8)>,
    /// What is passed over, newest first.
    pub refused: Vec<Reason>,
}

/// How far a boot gets with the newest image if the medium fails to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// All is well.
    None,
    /// The records cannot be read.
    Records,
    /// The newest candidate is given up before the attempt is counted.
    BeforeCount,
    /// The newest candidate is given up after that.
    AfterCount,
    /// Images of policy `Once` are passed over: a record that cannot be read may say that they were entered.
    Blind,
}

impl State {
    /// Attempts at an image, wherever they are counted.
    fn attempts(&self, image: &Image) -> u8 {
        let told = self.register.filter(|(snapshot, _)| *snapshot == image.snapshot).map_or(0, |(_, n)| n);
        told.max(image.attempts)
    }

    fn is_exhausted(&self, image: &Image, rules: &Rules) -> bool {
        rules.max_attempts > 0 && self.attempts(image) >= rules.max_attempts
    }

    /// How much an image is worth keeping.
    fn worth(&self, image: &Image, rules: &Rules) -> (u8, u32) {
        let class = match image {
            Image { consumed: true, .. } => 1,
            _ if self.is_exhausted(image, rules) => 2,
            _ => 3,
        };
        (class, image.snapshot)
    }

    /// A snapshot: the state when the slot's old image is forgotten, and when the new one is committed.
    pub fn take(&self, rules: &Rules, snapshot: u32, policy: BootPolicy) -> [State; 2] {
        let slots = if rules.slots == Slots::One { 1 } else { 2 };
        let worth = |slot: &usize| self.slots[*slot].map_or((0, 0), |image| self.worth(&image, rules));
        let slot = (0..slots).min_by_key(worth).unwrap_or(0);
        let (mut forgotten, mut committed) = (*self, *self);
        match rules.slots {
            Slots::One => forgotten.slots = [None; 2],
            Slots::Two => forgotten.slots[slot] = None,
        }
        committed.slots = forgotten.slots;
        committed.slots[slot] = Some(Image { snapshot, policy, attempts: 0, consumed: false });
        [forgotten, committed]
    }

    /// The state without images.
    pub fn invalidate(&self) -> State {
        State { slots: [None; 2], ..*self }
    }

    /// An image moves to the other slot: the state when that slot's image is forgotten, and when the image
    /// has moved.
    pub fn refresh(&self, snapshot: u32) -> Vec<State> {
        let is = |slot: &Option<Image>| slot.is_some_and(|image| image.snapshot == snapshot);
        let Some(from) = self.slots.iter().position(is) else { return vec![] };
        let (mut forgotten, mut moved) = (*self, *self);
        forgotten.slots[1 - from] = None;
        moved.slots = [None; 2];
        moved.slots[1 - from] = self.slots[from];
        vec![forgotten, moved]
    }

    /// A boot is confirmed: the states that this goes through behind this one.
    pub fn confirm(&self, rules: &Rules, snapshot: u32) -> Vec<State> {
        let mut state = *self;
        for image in state.slots.iter_mut().flatten().filter(|image| image.snapshot == snapshot) {
            image.attempts = 0;
        }
        let recorded = state;
        if rules.register {
            state.register = Some((snapshot, 0));
        }
        vec![recorded, state]
    }

    /// Every image of policy `Once` is used up.
    fn consume(&self) -> State {
        let mut state = *self;
        for image in state.slots.iter_mut().flatten().filter(|image| image.policy == BootPolicy::Once) {
            image.consumed = true;
        }
        state
    }

    /// An attempt at an image: the states that this goes through behind this one.
    fn count(&self, rules: &Rules, snapshot: u32, attempt: u8) -> Vec<State> {
        let mut state = *self;
        if rules.max_attempts == 0 {
            return vec![];
        }
        if !rules.register {
            let image = state.slots.iter_mut().flatten().find(|image| image.snapshot == snapshot);
            image.into_iter().for_each(|image| image.attempts = attempt);
            return vec![state];
        }
        // The register counts for one image: what it tells of another one is saved first.
        for image in state.slots.iter_mut().flatten().filter(|image| image.snapshot != snapshot) {
            image.attempts = self.attempts(image);
        }
        vec![state, State { register: Some((snapshot, attempt)), ..state }]
    }

    /// A boot.
    pub fn boot(&self, rules: &Rules, trouble: Trouble) -> Boot {
        let mut boot = Boot { states: vec![*self], counted: 1, entered: None, refused: Vec::new() };
        let mut images: Vec<Image> = self.slots.iter().flatten().copied().collect();
        images.sort_by_key(|image| core::cmp::Reverse(image.snapshot));
        if trouble == Trouble::Records {
            images.clear();
        }
        images.retain(|image| {
            let reason = match image {
                Image { consumed: true, .. } => Reason::Consumed,
                Image { policy: BootPolicy::Once, .. } if trouble == Trouble::Blind => Reason::MediumError,
                _ if self.is_exhausted(image, rules) => Reason::AttemptsExhausted,
                _ => return true,
            };
            boot.refused.push(reason);
            false
        });
        for (nth, image) in images.into_iter().enumerate() {
            if nth == 0 && trouble == Trouble::BeforeCount {
                continue;
            }
            let now = boot.states[boot.states.len() - 1];
            let attempt = now.attempts(&image) + 1;
            boot.states.extend(now.count(rules, image.snapshot, attempt));
            if nth == 0 && trouble == Trouble::AfterCount {
                continue;
            }
            boot.counted = boot.states.len();
            boot.entered = Some((image.snapshot, attempt));
            break;
        }
        let now = boot.states[boot.states.len() - 1];
        boot.states.push(now.consume());
        boot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Rules = Rules { slots: Slots::Two, max_attempts: 2, register: false };

    fn taken(rules: &Rules, policies: &[BootPolicy]) -> State {
        policies.iter().zip(1..).fold(State::default(), |state, (policy, n)| state.take(rules, n, *policy)[1])
    }

    fn last(boot: &Boot) -> State {
        boot.states[boot.states.len() - 1]
    }

    #[test]
    fn attempts_run_out_image_by_image() {
        for register in [false, true] {
            let rules = Rules { register, ..TWO };
            let mut state = taken(&rules, &[BootPolicy::Always; 3]);
            for expected in [Some((3, 1)), Some((3, 2)), Some((2, 1)), Some((2, 2)), None, None] {
                let boot = state.boot(&rules, Trouble::None);
                assert_eq!(boot.entered, expected);
                state = last(&boot);
            }
            let confirmed = state.confirm(&rules, 3);
            assert_eq!(confirmed[1].boot(&rules, Trouble::None).entered, Some((3, 1)));
        }
    }

    #[test]
    fn an_image_to_be_booted_once_is_used_up_by_whatever_boots() {
        let state = taken(&TWO, &[BootPolicy::Once, BootPolicy::Once]);
        let boot = state.boot(&TWO, Trouble::None);
        assert_eq!(boot.entered, Some((2, 1)));
        let boot = last(&boot).boot(&TWO, Trouble::None);
        assert_eq!((boot.entered, boot.refused), (None, vec![Reason::Consumed; 2]));
        let boot = state.boot(&TWO, Trouble::Records);
        assert_eq!(last(&boot).boot(&TWO, Trouble::None).entered, None);
    }

    #[test]
    fn a_snapshot_takes_the_place_of_what_is_worth_least() {
        let state = taken(&TWO, &[BootPolicy::Always; 2]);
        assert_eq!(state.take(&TWO, 3, BootPolicy::Always)[0].slots[0], None, "the oldest");
        let mut tired = state;
        tired.slots[1].iter_mut().for_each(|image| image.attempts = 2);
        assert_eq!(tired.take(&TWO, 3, BootPolicy::Always)[0].slots[1], None, "what is exhausted");
        let one = Rules { slots: Slots::One, ..TWO };
        assert_eq!(taken(&one, &[BootPolicy::Always; 2]).slots[1], None);
    }
}
