//! Pages found zero, cleared and copied.

use oal_snapshot::mem::{self, Page};
use semihosting::println;

use crate::arena::{Against, source, target};
use crate::random::Random;

/// Every bit of a page; every length and alignment of small copies and clearings, and some long ones.
pub fn run(random: &mut Random) {
    // SAFETY: the arena is aligned to pages and has the layout of one; it is not used otherwise here.
    let page = unsafe { &mut *source(4096, Against::End).as_mut_ptr().cast::<Page>() };
    page.0.fill(0);
    let mut pages = 0_u32;
    for bit in 0..page.0.len() * 8 {
        page.0[bit / 8] = 1 << (bit % 8);
        expect(!page.is_zero(), "a page with a bit set was found zero");
        page.0[bit / 8] = 0;
        pages += 1;
    }
    expect(page.is_zero(), "a page of zeroes was not found zero");

    let mut copies = 0_u32;
    let long = (0..300).map(|_| 1 + random.below(70_000) as usize);
    for len in (0..300).chain(long) {
        for shift in [0, 1, 2, 3, 4, 8, 60] {
            let from = source(len + shift, Against::End);
            for byte in &mut *from {
                *byte = copies as u8 | 1;
            }
            let to = target(len + shift, Against::End);
            let from = &from[shift..];
            // The same alignment for both, then another for the target.
            for skip in [shift, 0] {
                to.fill(0);
                mem::copy(&mut to[skip..skip + len], from);
                expect(to[skip..skip + len] == *from, "a copy differs");
                expect(
                    to[..skip].iter().chain(&to[skip + len..]).all(|b| *b == 0),
                    "a copy wrote beside its place",
                );
                to.fill(255);
                mem::clear(&mut to[skip..skip + len]);
                expect(to[skip..skip + len].iter().all(|b| *b == 0), "not all was cleared");
                expect(to[..skip].iter().chain(&to[skip + len..]).all(|b| *b == 255), "too much was cleared");
                copies += 1;
            }
        }
    }
    println!("pages: {} judged right, {copies} places copied to and cleared", pages + 1);
}

fn expect(right: bool, what: &str) {
    if !right {
        println!("FAILED: {what}");
        semihosting::process::exit(1);
    }
}
