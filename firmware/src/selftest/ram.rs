//! RAM that a board claims is there, and is there once.
//!
//! The last word of each page is changed and put back, with interrupts masked. Whether it is seen elsewhere
//! as well is looked for at the addresses that differ in one bit: an address line that is not there shows
//! nowhere else.

use oal_snapshot::frame::{PAGE_SIZE, RamRegion};
use oal_snapshot::system::System;

use super::report::{Findings, Guide};
use crate::application::Application;
use crate::arch::{cache, mask_interrupts, unmask_interrupts};
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::layout;
use crate::platform::Platform;

/// The pattern that is written; not the value of a bus without an answer.
const TOKEN: u32 = 0x5aa5_c33c;

/// The check.
pub fn check<P: Platform, A: Application<P>>(_: &mut BootStage<P, A>, board: &mut Board<P, A>) -> Findings {
    let mut findings = Findings::new("ram", Guide::MemoryMap);
    let mut pages = 0_u32;
    let layout = board.layout();
    for region in layout.ram.iter().chain(layout.oem) {
        for page in (region.base..region.base + region.len).step_by(PAGE_SIZE) {
            let word = page as usize + PAGE_SIZE - 4;
            if is_left_alone(word) {
                continue;
            }
            match try_word(region, word) {
                Answer::Kept => pages += 1,
                Answer::Lost => {
                    findings.fault(
                        "no-memory-there",
                        format_args!("at={word:#010x} after_pages={pages}"),
                        "A word that was written there did not come back: ram(), or a region, is too large.",
                    );
                    break;
                }
                Answer::SeenAt(other) => {
                    findings.fault(
                        "seen-twice",
                        format_args!("at={word:#010x} other={other:#010x}"),
                        "The same memory answers at two addresses: ram(), or a region, is too large.",
                    );
                    break;
                }
            }
        }
    }
    findings.fact(format_args!("pages={pages}"));
    findings
}

/// Code is mapped read-only, and the stack in use has no word to spare.
fn is_left_alone(word: usize) -> bool {
    let code = layout::code_start()..layout::code_end();
    let stack = layout::bss_end()..layout::application_stack_top().next_multiple_of(PAGE_SIZE);
    code.contains(&word) || stack.contains(&word)
}

/// The behaviour of a word of memory.
enum Answer {
    Kept,
    Lost,
    SeenAt(usize),
}

/// Reads a word of memory itself, behind the data cache.
fn read(word: usize) -> u32 {
    // SAFETY: a mapped, aligned word; its line is written back before it is forgotten.
    unsafe {
        cache::clean_invalidate_line(word);
        cache::barrier();
        (word as *const u32).read_volatile()
    }
}

/// Writes a word, and sees to it that it leaves the data cache.
///
/// # Safety
/// Nobody uses the word meanwhile, or its value is the one that it had.
unsafe fn write(word: usize, value: u32) {
    // SAFETY: a mapped, aligned word, and the caller's promise.
    unsafe {
        (word as *mut u32).write_volatile(value);
        cache::clean_invalidate_line(word);
        cache::barrier();
    }
}

/// Tries one word of `region`.
fn try_word(region: &RamRegion, word: usize) -> Answer {
    let others = || {
        (12..30).map(|bit| word ^ (1_usize << bit)).filter(|other| {
            let other = *other as u64;
            other >= region.base && other < region.base + region.len && !is_left_alone(other as usize)
        })
    };
    mask_interrupts();
    let before = read(word);
    let token = if before == TOKEN { !TOKEN } else { TOKEN };
    let mut answer = Answer::Kept;
    // What the other addresses hold is looked at before and after: one that changes is this word.
    let mut sums = [0_u32; 18];
    for (sum, other) in sums.iter_mut().zip(others()) {
        *sum = read(other);
    }
    // SAFETY: interrupts are masked, the stack in use and code were left out, and the value is put back at once.
    unsafe { write(word, token) };
    if read(word) != token {
        answer = Answer::Lost;
    } else if let Some((_, other)) = sums.iter().zip(others()).find(|(sum, other)| read(*other) != **sum) {
        answer = Answer::SeenAt(other);
    }
    // SAFETY: the value that was there.
    unsafe { write(word, before) };
    unmask_interrupts();
    answer
}
