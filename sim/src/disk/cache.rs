//! What was written since the last flush, and what a power cut makes of it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use oal_snapshot::store::SECTOR_SIZE;

use crate::rng::Rng;

/// The bytes of a sector.
pub type Sector = [u8; SECTOR_SIZE];

/// A volatile write cache: for each sector all that was written to it since the last flush, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Cache(BTreeMap<u64, Vec<Sector>>);

impl Cache {
    /// What a reader finds here.
    pub fn get(&self, sector: u64) -> Option<&Sector> {
        self.0.get(&sector)?.last()
    }

    /// Takes in a sector.
    pub fn put(&mut self, sector: u64, bytes: Sector) {
        self.0.entry(sector).or_default().push(bytes);
    }

    /// Forgets a sector that was written past the cache.
    pub fn forget(&mut self, sector: u64) {
        self.0.remove(&sector);
    }

    /// Empties the cache to where it belongs.
    pub fn flush(&mut self, stable: &mut [u8], unreadable: &mut BTreeSet<u64>) {
        for (sector, written) in core::mem::take(&mut self.0) {
            if let Some(newest) = written.last() {
                unreadable.remove(&sector);
                place(stable, sector).copy_from_slice(newest);
            }
        }
    }

    /// The power goes. Each sector, on its own, keeps what it held, or holds anything that was written to it
    /// since, or is torn in the middle, or holds noise, or, if the disk `may_fail`, cannot be read any more.
    pub fn lose(&mut self, stable: &mut [u8], unreadable: &mut BTreeSet<u64>, may_fail: bool, rng: &mut Rng) {
        for (sector, written) in core::mem::take(&mut self.0) {
            let one = &written[rng.below(written.len() as u64) as usize];
            let held = place(stable, sector);
            let fate = rng.below(if may_fail { 6 } else { 5 });
            match fate {
                0 => continue,
                1 => held.copy_from_slice(one),
                2 | 3 => {
                    let (done, rest) = held.split_at_mut(rng.below(SECTOR_SIZE as u64) as usize);
                    done.copy_from_slice(&one[..done.len()]);
                    if fate == 3 {
                        rng.fill(rest);
                    }
                }
                4 => rng.fill(held),
                _ => drop(unreadable.insert(sector)),
            }
            if fate < 5 {
                unreadable.remove(&sector);
            }
        }
    }
}

/// Where a sector is.
fn place(stable: &mut [u8], sector: u64) -> &mut [u8] {
    let at = sector as usize * SECTOR_SIZE;
    &mut stable[at..at + SECTOR_SIZE]
}
