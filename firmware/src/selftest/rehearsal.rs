//! A rehearsal of what the engine does between capture and last write: on its stack, with drivers at rest and
//! interrupts masked, an image of patterns goes to the slot that the next snapshot would take. Every saved
//! page is summed before and after: none may change.
//!
//! The image is of the policy `Once` and is consumed at the end: nothing ever boots from it. If power goes
//! out before that, a boot refuses it for its header, and takes the image before it.

use core::ptr::from_ref;

use oal_drivers::clock::Clock;
use oal_snapshot::cpu::CpuContext;
use oal_snapshot::crc32c::crc32c;
use oal_snapshot::frame::{FrameRange, PAGE_SIZE, Pfn};
use oal_snapshot::hooks::{
    BootPolicy, PrepareSnapshot, ReadSnapshot, SelectSnapshot, TakeCpuSnapshot, WriteSnapshot,
};
use oal_snapshot::mem::{Memory, Page};
use oal_snapshot::memory_map::MemoryMap;
use oal_snapshot::store::{SlotState, Slots, Store, StoreSettings};
use oal_snapshot::system::{Resume, System};

use crate::application::Application;
use crate::board::Board;
use crate::boot_stage::{BootStage, Work};
use crate::errors::{self, Failure};
use crate::layout;
use crate::platform::Platform;
use crate::storage::Storage;

/// Runs of frames that the saved memory may consist of.
const MAX_RUNS: usize = 16;
type Runs = heapless::Vec<FrameRange, MAX_RUNS>;

/// The findings of a rehearsal.
pub struct Rehearsal {
    /// Pages that were compared.
    pub pages: u32,
    /// The first byte, in a whole word, that changed.
    pub changed: Option<usize>,
    /// Whether the writer ran on a stack in nosave memory.
    pub on_nosave_stack: bool,
    /// The medium's result.
    pub medium: Result<Transfer, Trouble>,
}

/// The bytes that were moved, and the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transfer {
    /// Bytes of the image.
    pub bytes: u32,
    /// To make room, which erases flash.
    pub prepare_us: u32,
    /// To write.
    pub write_us: u32,
    /// To flush, read back, check and commit.
    pub finish_us: u32,
    /// To read.
    pub read_us: u32,
}

/// An error of the medium.
#[derive(Debug)]
pub enum Trouble {
    /// The store said so, at this step.
    Store(&'static str, Failure),
    /// The bytes read are not those written: the first wrong byte's offset in the image.
    Differs(u32),
}

/// The reason why there can be no rehearsal, in kebab case.
pub type Obstacle = &'static str;

/// Whether the slot that the next snapshot takes holds nothing that must stay, and no image waits to be
/// booted once.
pub fn may_write<P: Platform, A: Application<P>>(stage: &mut BootStage<P, A>) -> Result<(), Obstacle> {
    let Ok(store) = stage.storage.store() else { return Err("no-store") };
    let room = store.slot_bytes(Slots::Two);
    let Ok(record) = store.record() else { return Err("log-unreadable") };
    let mut images = record.slots.iter().flatten().filter(|entry| entry.state == SlotState::Committed);
    if images.clone().any(|entry| entry.policy == BootPolicy::Once) {
        return Err("image-waits-to-be-booted-once");
    }
    if images.any(|entry| entry.image_len > room) {
        return Err("image-fills-both-slots");
    }
    Ok(())
}

/// Rehearses with an image of `pages` pages.
pub fn run<P: Platform, A: Application<P>>(
    stage: &mut BootStage<P, A>,
    board: &mut Board<P, A>,
    pages: u32,
) -> Result<Rehearsal, Obstacle> {
    may_write(stage)?;
    board.reclaim();
    board.suspend().map_err(|_| "drivers-do-not-stop")?;
    let settings = stage.storage.store().ok().map(|store| *store.settings());
    let result = look_twice(stage, board, pages);
    if let (Some(settings), Ok(store)) = (settings, stage.storage.store()) {
        *store.settings_mut() = settings;
    }
    board.resume(Resume::Live);
    result
}

/// The second time with a copy of the page that changed, to tell the word.
fn look_twice<P: Platform, A: Application<P>>(
    stage: &mut BootStage<P, A>,
    board: &mut Board<P, A>,
    pages: u32,
) -> Result<Rehearsal, Obstacle> {
    let mut first = once(stage, board, pages, None)?;
    if let Some(page) = first.changed {
        let suspect = Pfn::containing(page as u64);
        if let Some(word) = once(stage, board, pages, Some(suspect))?.changed {
            first.changed = Some(word);
        }
    }
    Ok(first)
}

/// The memory that is summed: saved memory without the free pages.
fn runs<P: Platform, A: Application<P>>(board: &Board<P, A>) -> Result<Runs, Obstacle> {
    let map = MemoryMap::new(&board.layout()).map_err(|_| "bad-memory-map")?;
    let mut runs = heapless::Vec::new();
    for area in map.saved() {
        let mut rest = area.frames;
        // By rising addresses, as the heap's banks are.
        for free in board.heap.free() {
            let start = free.first.0.clamp(rest.first.0, rest.end().0) - rest.first.0;
            let end = free.end().0.clamp(rest.first.0, rest.end().0) - rest.first.0;
            push(&mut runs, rest.take(start as u32))?;
            rest = rest.skip(end as u32);
        }
        push(&mut runs, rest)?;
    }
    Ok(runs)
}

fn push(runs: &mut Runs, run: FrameRange) -> Result<(), Obstacle> {
    if run.is_empty() { Ok(()) } else { runs.push(run).map_err(|_| "too-many-regions") }
}

fn once<P: Platform, A: Application<P>>(
    stage: &mut BootStage<P, A>,
    board: &mut Board<P, A>,
    pages: u32,
    suspect: Option<Pfn>,
) -> Result<Rehearsal, Obstacle> {
    let runs = runs(board)?;
    let total: usize = runs.iter().map(|run| run.count as usize).sum();
    let nosave = layout::nosave();
    let Ok(store) = stage.storage.store() else { return Err("no-store") };
    let (memory, workspace) = (&stage.memory, &mut *stage.workspace);
    // One page for the suspect, then a sum for each page: in free memory, which is not saved.
    let scratch = board.heap.scratch(PAGE_SIZE / 4 + total).ok_or("too-little-free-memory")?;
    let (copy, sums) = scratch.split_at_mut_checked(PAGE_SIZE / 4).ok_or("too-little-free-memory")?;
    let settings = StoreSettings { slots: Slots::Two, ..*store.settings_mut() };
    let mut result = None;
    let mut context = CpuContext::new();
    // The closure runs on the nosave stack. All that is its own lies there, until it sets `result` at the very end.
    stage.cpu.take_cpu_snapshot(&mut context, &mut |_| {
        let here = 0_u8;
        let stack = from_ref(&here) as u64;
        let on_nosave_stack =
            nosave.iter().any(|region| stack >= region.base && stack < region.base + region.len);
        let suspect = suspect.and_then(|page| memory.pages(FrameRange { first: page, count: 1 }));
        if let Some([page]) = suspect {
            for (word, bytes) in copy.iter_mut().zip(page.0.as_chunks::<4>().0) {
                *word = u32::from_ne_bytes(*bytes);
            }
        }
        for (sum, page) in sums.iter_mut().zip(each_page(memory, &runs)) {
            *sum = crc32c(&page.0);
        }
        *store.settings_mut() = settings;
        let medium = exercise::<P>(store, workspace, pages);
        let changed_page = sums
            .iter()
            .zip(each_page(memory, &runs))
            .find_map(|(sum, page)| (*sum != crc32c(&page.0)).then_some(from_ref(page) as usize));
        let changed = match suspect {
            Some([page]) => copy
                .iter()
                .zip(page.0.as_chunks::<4>().0)
                .position(|(word, bytes)| *word != u32::from_ne_bytes(*bytes))
                .map(|word| from_ref(page) as usize + 4 * word),
            _ => changed_page,
        };
        result = Some(Rehearsal { pages: total as u32, changed, on_nosave_stack, medium });
    });
    result.ok_or("capture-failed")
}

/// The pages of all runs; each is memory that the engine can reach.
fn each_page<'a>(memory: &'a impl Memory, runs: &'a [FrameRange]) -> impl Iterator<Item = &'a Page> {
    runs.iter().flat_map(|run| memory.pages(*run).unwrap_or_default())
}

/// The pattern's word number `number`.
fn pattern(number: u32, seed: u32) -> [u8; 4] {
    (number.wrapping_mul(0x9e37_79b9) ^ seed.rotate_left(number % 31)).to_le_bytes()
}

/// Lengths of transfers in pages, in turns: from the least to the most that the engine uses.
const PIECES: [u32; 4] = [1, 16, 3, 20];

/// Writes an image of patterns, has it checked and committed, reads it in other pieces and compares, and
/// consumes it.
fn exercise<P: Platform>(
    store: &mut <P::Storage as Storage>::Store,
    workspace: &mut Work,
    pages: u32,
) -> Result<Transfer, Trouble> {
    let mut clock = P::clock();
    let mut lap = clock.now_us();
    let mut since = |clock: &mut P::Clock| {
        let (now, before) = (clock.now_us(), lap);
        lap = now;
        now.saturating_sub(before) as u32
    };
    let (_, buffer) = workspace.parts().buffers();
    let bytes = pages * PAGE_SIZE as u32;
    let seed = since(&mut clock) ^ 0x2545_f491;
    let failed = |step| move |error| Trouble::Store(step, errors::store(&error));
    let mut transfer = Transfer { bytes, ..Transfer::default() };

    since(&mut clock);
    let id = store.prepare_snapshot(bytes.into(), BootPolicy::Once).map_err(failed("prepare"))?.id;
    transfer.prepare_us = since(&mut clock);
    let mut at = 0;
    for piece in PIECES.into_iter().cycle() {
        let len = (piece * PAGE_SIZE as u32).min(bytes - at);
        let Some(piece) = buffer.get_mut(..len as usize).filter(|piece| !piece.is_empty()) else { break };
        for (word, number) in piece.as_chunks_mut::<4>().0.iter_mut().zip(at / 4..) {
            *word = pattern(number, seed);
        }
        since(&mut clock);
        store.write_snapshot(piece, at.into()).map_err(failed("write"))?;
        transfer.write_us += since(&mut clock);
        at += len;
    }
    since(&mut clock);
    store.finish_snapshot(buffer).map_err(failed("finish"))?;
    transfer.finish_us = since(&mut clock);

    let mut wrong = None;
    let mut at = 0;
    for piece in PIECES.into_iter().rev().cycle() {
        let len = (piece * PAGE_SIZE as u32).min(bytes - at);
        let Some(piece) = buffer.get_mut(..len as usize).filter(|piece| !piece.is_empty()) else { break };
        piece.fill(0);
        since(&mut clock);
        store.read_snapshot(id, piece, at.into()).map_err(failed("read"))?;
        transfer.read_us += since(&mut clock);
        let differs =
            piece.as_chunks::<4>().0.iter().zip(at / 4..).find(|(word, n)| **word != pattern(*n, seed));
        wrong = wrong.or(differs.map(|(_, number)| number * 4));
        at += len;
    }
    store.consume().map_err(failed("consume"))?;
    wrong.map_or(Ok(transfer), |at| Err(Trouble::Differs(at)))
}
