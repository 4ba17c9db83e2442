//! RAM as the host sees it: ranges, and byte-for-byte comparison.

use super::console::Answer;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// The size of a saved page.
pub const PAGE: u64 = 4096;

/// The firmware's answer to `memory`.
#[derive(Debug, Clone)]
pub struct Map {
    /// RAM.
    pub ram: Vec<Range<u64>>,
    /// OEM regions: memory outside RAM that is saved.
    pub oem: Vec<Range<u64>>,
    /// Memory that is never saved.
    pub nosave: Vec<Range<u64>>,
    /// Pages that nobody uses.
    pub free: Vec<Range<u64>>,
}

impl Map {
    /// Reads the answer; RAM must be one range, since it is one file.
    pub fn read(answer: &Answer) -> Result<Self> {
        let ranges = |word| answer.all(word).map(|e| e.range("range")).collect::<Result<Vec<_>>>();
        let map = Self {
            ram: ranges("ram")?,
            oem: ranges("oem")?,
            nosave: ranges("nosave")?,
            free: ranges("free")?,
        };
        ensure!(map.ram.len() == 1, "`memory` lists {} RAM ranges; this board has one", map.ram.len());
        Ok(map)
    }

    /// RAM that is saved: all of it but nosave memory, code and free pages.
    pub fn saved(&self, code: &Range<u64>) -> Vec<Range<u64>> {
        let mut without = self.nosave.clone();
        without.push(code.clone());
        without.extend(self.free.iter().cloned());
        subtract(&self.ram, &without)
    }

    /// RAM that nothing may change between the capture and the commit: the writer has nosave memory and, as
    /// staging area, free pages.
    pub fn still(&self) -> Vec<Range<u64>> {
        let mut without = self.nosave.clone();
        without.extend(self.free.iter().cloned());
        subtract(&self.ram, &without)
    }
}

/// All addresses of `from` that are in none of `without`, sorted.
pub fn subtract(from: &[Range<u64>], without: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut without: Vec<_> = without.iter().filter(|r| !r.is_empty()).collect();
    without.sort_by_key(|r| r.start);
    let mut rest = Vec::new();
    for range in from {
        let mut at = range.start;
        for hole in &without {
            if hole.end <= at || hole.start >= range.end {
                continue;
            }
            if hole.start > at {
                rest.push(at..hole.start);
            }
            at = hole.end;
        }
        if at < range.end {
            rest.push(at..range.end);
        }
    }
    rest.sort_by_key(|r| r.start);
    rest
}

/// The number of addresses in all ranges.
pub fn total(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|r| r.end - r.start).sum()
}

/// The pages in which two files of RAM differ inside the ranges; both files begin at address `base`.
pub fn differing_pages(left: &File, right: &File, base: u64, ranges: &[Range<u64>]) -> Result<Vec<u64>> {
    const BLOCK: u64 = 1 << 20;
    let (mut a, mut b) = (vec![0; BLOCK as usize], vec![0; BLOCK as usize]);
    let mut pages = Vec::new();
    for range in ranges {
        let mut at = range.start;
        while at < range.end {
            let next = range.end.min((at / BLOCK + 1) * BLOCK);
            let n = (next - at) as usize;
            left.read_exact_at(&mut a[..n], at - base).context("cannot read the copy of RAM")?;
            right.read_exact_at(&mut b[..n], at - base).context("cannot read RAM")?;
            if a[..n] != b[..n] {
                let wrong = (0..n as u64)
                    .filter(|i| a[*i as usize] != b[*i as usize])
                    .map(|i| (at + i) / PAGE * PAGE);
                pages.extend(wrong);
                pages.dedup();
            }
            at = next;
        }
    }
    pages.dedup();
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn holes_are_cut_out() {
        let rest = subtract(&[0..100, 200..210], &[10..20, 15..30, 50..50, 90..200]);
        assert_eq!(rest, [0..10, 30..90, 200..210]);
        assert_eq!(total(&rest), 80);
        assert_eq!(subtract(&[0..10, 20..30], &[0..10, 18..30]), []);
        assert_eq!(subtract(&[0..10, 20..30], &[4..6, 8..25]), [0..4, 6..8, 25..30]);
    }

    #[test]
    fn finds_the_pages_that_differ() {
        let mut left = tempfile::tempfile().unwrap();
        let mut right = tempfile::tempfile().unwrap();
        let mut data = vec![7; 3 << 20];
        left.write_all(&data).unwrap();
        data[4096 * 2 + 5] ^= 1;
        data[4096 * 2 + 9] ^= 1;
        data[2 << 20] ^= 1;
        right.write_all(&data).unwrap();
        let base = 0x6000_0000;
        let all = base..base + (3 << 20);
        let pages = differing_pages(&left, &right, base, std::slice::from_ref(&all)).unwrap();
        assert_eq!(pages, [base + 2 * 4096, base + (2 << 20)]);
        let rest =
            subtract(&[all], &[base + 0x2000..base + 0x3000, base + (2 << 20)..base + (2 << 20) + 4096]);
        assert!(differing_pages(&left, &right, base, &rest).unwrap().is_empty());
    }
}
