//! The runner that needs a stable compiler only: a target's seeds, then changes to them at random.
//!
//! It does not see which code an input reaches, as libFuzzer does. Instead it keeps some of the inputs that
//! got all the way, and changes them further.

use std::time::{Duration, Instant};

use oal_sim::Rng;

use crate::Target;

/// Inputs that are kept besides the seeds.
const KEPT: usize = 256;
/// Bytes of an input at the most.
const LONGEST: usize = 4096;

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// After so many executions.
    Executions(u64),
    /// After so much time.
    Elapsed(Duration),
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Inputs tried.
    pub executions: u64,
    /// Of those, the ones that got all the way.
    pub all_the_way: u64,
}

/// Runs a target. The same seed gives the same inputs.
///
/// # Panics
/// As [`Target::run`]; `before` has been given the input that did it.
pub fn run(target: &Target, seed: u64, until: Until, mut before: impl FnMut(&[u8])) -> Ran {
    let mut pool = (target.seeds)();
    let seeds = pool.len();
    let mut rng = Rng::new(seed);
    let mut ran = Ran::default();
    let start = Instant::now();
    loop {
        let over = match until {
            Until::Executions(most) => ran.executions >= most,
            Until::Elapsed(time) => start.elapsed() >= time,
        };
        if over {
            return ran;
        }
        let bytes = match pool.get(ran.executions as usize).filter(|_| (ran.executions as usize) < seeds) {
            Some(seed) => seed.clone(),
            None => changed(&pool, &mut rng),
        };
        before(&bytes);
        ran.executions += 1;
        if (target.run)(&bytes) {
            ran.all_the_way += 1;
            if rng.below(8) == 0 && bytes.len() <= LONGEST {
                match pool.len() < seeds + KEPT {
                    true => pool.push(bytes),
                    false => pool[seeds + rng.below(KEPT as u64) as usize] = bytes,
                }
            }
        }
    }
}

/// An input of the pool, changed in up to eight places.
fn changed(pool: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let pick = |rng: &mut Rng, end: usize| rng.below(end.max(1) as u64) as usize;
    let mut bytes = pool[pick(rng, pool.len())].clone();
    for _ in 0..=rng.below(8) {
        let at = pick(rng, bytes.len() + 1);
        match rng.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            1 if at < bytes.len() => bytes[at] = rng.bits() as u8,
            2 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][pick(rng, 5)],
            3 => bytes.insert(at, rng.bits() as u8),
            4 if at < bytes.len() => drop(bytes.remove(at)),
            5 => {
                let mut noise = vec![0; 1 + pick(rng, 32)];
                rng.fill(&mut noise);
                bytes.splice(at..at, noise);
            }
            _ => {
                let other = &pool[pick(rng, pool.len())];
                let from = pick(rng, other.len() + 1);
                let len = pick(rng, other.len() - from + 1);
                bytes.splice(at..at, other[from..from + len].iter().copied());
            }
        }
    }
    bytes
}
