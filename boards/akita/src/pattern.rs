//! Memory with known contents, to be pictured: a third does not compress, a third does, a third is zero.

use oal_snapshot::frame::Pfn;

use crate::layout;

/// Words of a page.
const PAGE_WORDS: usize = 1024;
/// Pages: 4 MiB.
const PAGES: usize = 1024;

/// Pages in a row of the same kind: some chunks hold one kind only, some two.
const RUN: usize = 40;

/// The pages behind the application's statics, all of them in use.
pub struct Pattern {
    pages: &'static mut [[u32; PAGE_WORDS]; PAGES],
    /// What the contents follow from.
    pub seed: u32,
}

/// What a look at the pages found.
pub struct Finding {
    /// Pages looked at.
    pub pages: usize,
    /// Pages that do not hold what follows from the seed.
    pub wrong: usize,
    /// FNV-1a over all words.
    pub digest: u32,
}

impl Pattern {
    /// The pages, filled from `seed`.
    ///
    /// # Safety
    /// Called once in the application's life.
    pub unsafe fn new(seed: u32) -> Pattern {
        // SAFETY: RAM behind everything that the linker placed, which is nobody's; aligned to pages.
        let pages = unsafe { &mut *(layout::heap_start() as *mut [[u32; PAGE_WORDS]; PAGES]) };
        let mut pattern = Pattern { pages, seed };
        pattern.fill(seed);
        pattern
    }

    /// One past the last page.
    pub fn end() -> Pfn {
        Pfn::containing((layout::heap_start() + PAGES * PAGE_WORDS * 4) as u64)
    }

    /// Fills the pages anew.
    pub fn fill(&mut self, seed: u32) {
        self.seed = seed;
        for (number, page) in self.pages.iter_mut().enumerate() {
            page.iter_mut().zip(contents(seed, number)).for_each(|(word, value)| *word = value);
        }
    }

    /// Looks whether the pages hold what they should.
    pub fn check(&self) -> Finding {
        let mut finding = Finding { pages: PAGES, wrong: 0, digest: 0x811c_9dc5 };
        for (number, page) in self.pages.iter().enumerate() {
            finding.wrong += usize::from(!page.iter().copied().eq(contents(self.seed, number)));
            finding.digest =
                page.iter().fold(finding.digest, |digest, word| (digest ^ word).wrapping_mul(0x0100_0193));
        }
        finding
    }
}

/// The words of a page.
fn contents(seed: u32, number: usize) -> impl Iterator<Item = u32> {
    let mut state = (seed ^ (number as u32).wrapping_mul(0x9e37_79b9)) | 1;
    (0..PAGE_WORDS as u32).map(move |at| {
        // A generator of 32 bits that passes through all of them but 0.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        match number / RUN % 3 {
            0 => state,
            1 => seed ^ (number as u32) ^ (at / 64),
            _ => 0,
        }
    })
}
