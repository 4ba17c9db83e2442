//! The console's commands. Each answers with one last line, `@ok` or `@error reason=...`.

use core::fmt;

use oal_snapshot::frame::RamRegion;
use oal_snapshot::hooks::{GetSnapshotRegions, SelectSnapshot};
use oal_snapshot::image::ImageId;
use oal_snapshot::store::Slots;
use oal_snapshot::system::System;

use crate::application::Application;
use crate::boot_stage::{self, Dash};
use crate::drivers::{self, STATE};
use crate::errors::{self, Failure};
use crate::layout;
use crate::platform::{Drivers as _, Platform};
use crate::selftest;
use crate::snapshot;
use crate::storage::{Storage, Store};

const HELP: &str = "\
help                                      this list
find WORD                                 the lines of the indexed text that hold WORD
status                                    what the system knows of itself
memory                                    the memory map
snapshot [always|once] [noconfirm] [regs] takes a snapshot
selftest [reboot]                         tries the board, a snapshot and a boot from it
ballast MIB                               fills MIB MiB with what does not compress
slots one|two                             how the next snapshots use the partition
confirm                                   this boot was a good one
invalidate                                forgets every image
reboot, poweroff";

/// Hits of a search that are printed.
const SHOWN: usize = 10;
/// Bytes of a line that are printed.
const WIDTH: usize = 100;

/// What the last line of a command says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The command is done: `@ok`.
    Ok,
    /// The system was restored, and nobody on this console waits for the command's answer: `@ready`.
    Ready,
}

/// Executes a line.
pub fn execute<P: Platform>(application: &mut Application<P>, line: &str) {
    let mut words = line.split_ascii_whitespace();
    let Some(command) = words.next() else { return };
    let argument = words.next();
    let result = match command {
        "help" => {
            say!(application.terminal(), "{HELP}");
            Ok(Answer::Ok)
        }
        "find" => find(application, argument),
        "status" => status(application),
        "memory" => memory(application),
        "snapshot" => snapshot::command(application, line),
        "selftest" => selftest::command(application, argument),
        "ballast" => ballast(application, argument),
        "slots" => slots(application, argument),
        "confirm" => confirm(application),
        "invalidate" => invalidate(application),
        // SAFETY: the last use of anything.
        "reboot" => end(application, || unsafe { P::reset() }),
        // SAFETY: as above.
        "poweroff" => end(application, || unsafe { P::power_off() }),
        _ => Err(Failure::new("unknown-command", "There is no such command; try `help`.")),
    };
    match result {
        Ok(Answer::Ok) => say!(application.terminal(), "@ok"),
        Ok(Answer::Ready) => application.ready(),
        Err(failure) => {
            say!(application.terminal(), "{}", failure.sentence);
            say!(application.terminal(), "@error reason={}", failure.reason);
        }
    }
}

fn find<P: Platform>(application: &mut Application<P>, word: Option<&str>) -> Result<Answer, Failure> {
    let word = word.ok_or_else(|| Failure::new("bad-argument", "Find which word?"))?;
    let (index, screen) = (&application.index, &mut application.screen);
    let terminal = application.board.drivers.terminal();
    let hits = index.hits(word.as_bytes());
    screen.search(format_args!("find {word}: {hits} lines"));
    for (row, hit) in index.find(word.as_bytes()).take(SHOWN).enumerate() {
        let text = Printable(hit.text);
        say!(terminal, "{}:{}: {text}", hit.file, hit.line);
        screen.hit(row, format_args!("{}:{}: {text}", hit.file, hit.line));
    }
    say!(terminal, "@found word={word} hits={hits}");
    Ok(Answer::Ok)
}

/// Text of a file, made fit for a terminal: its beginning, without control characters and what is not ASCII.
struct Printable<'a>(&'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.trim_ascii().iter().take(WIDTH).try_for_each(|byte| {
            let shown = if byte.is_ascii_graphic() { char::from(*byte) } else { ' ' };
            fmt::Write::write_char(f, shown)
        })
    }
}

fn status<P: Platform>(application: &mut Application<P>) -> Result<Answer, Failure> {
    let digest = application.index.digest();
    let vfp_ok = u8::from(application.board.work.is_right());
    let (index, board) = (&application.index, &mut application.board);
    let stories = drivers::stories(&mut board.drivers);
    let terminal = board.drivers.terminal();
    let (writer_used, writer_size) = boot_stage::writer_stack_use();
    let (boot_used, boot_size) = layout::boot_stack_use();
    say!(
        terminal,
        "@status state={} timeline={} ticks={} vfp_steps={} vfp_ok={vfp_ok} words={} postings={} files={} text_bytes={} \
         index_digest={digest:08x} boots={} image_seq={} attempts={} confirmed={}",
        STATE.get().name(),
        application.timeline.name(),
        drivers::ticks(),
        board.work.steps(),
        index.words(),
        index.postings(),
        index.files(),
        index.text_bytes(),
        STATE.boots(),
        Dash(application.image),
        Dash(application.attempt.map(u64::from)),
        u8::from(application.confirmed),
    );
    for (name, story) in stories {
        say!(
            terminal,
            "@driver name={name} up_resume={} up_boot={} last_state={} order={}",
            story.resumes,
            story.boots,
            story.last_state.name(),
            story.order
        );
    }
    say!(
        terminal,
        "@stack writer_used={writer_used} writer_size={writer_size} boot_used={boot_used} boot_size={boot_size}"
    );
    if let Some(name) = board.lame_driver {
        say!(terminal, "The driver {name} did not come up.");
    }
    Ok(Answer::Ok)
}

fn memory<P: Platform>(application: &mut Application<P>) -> Result<Answer, Failure> {
    let board = &application.board;
    let (ram, nosave) = (layout::ram::<P>(application.stage.ram_bytes), layout::nosave());
    // What the reclaim of pass 1 will give back counts as free.
    let free_end = board.heap.free().end().address();
    let free_start = board
        .reclaimable_from
        .map_or(board.heap.free().first.address(), |end| end.next_multiple_of(4096) as u64);
    let free = [RamRegion::new(free_start, free_end - free_start)];
    let oem = layout::frame_buffer::<P>();
    debug_assert_eq!((board.ram(), board.get_snapshot_regions()), (&ram[..], oem.as_slice()));
    let terminal = application.terminal();
    let all = [("ram", &ram[..]), ("oem", oem.as_slice()), ("nosave", &nosave), ("free", &free)];
    for (name, regions) in all {
        for region in regions.iter().filter(|region| region.len > 0) {
            say!(terminal, "@{name} range={:#010x}..{:#010x}", region.base, region.base + region.len);
        }
    }
    Ok(Answer::Ok)
}

fn ballast<P: Platform>(application: &mut Application<P>, mib: Option<&str>) -> Result<Answer, Failure> {
    let usage = || Failure::new("bad-argument", "How many MiB?");
    let mib: usize = mib.and_then(|mib| mib.parse().ok()).ok_or_else(usage)?;
    let len = mib.checked_mul(1 << 20).ok_or_else(usage)?;
    let Some(bytes) = application.board.heap.take_top(len) else {
        return Err(Failure::new("out-of-memory", "There is less free memory than that."));
    };
    // A generator of 32 bits that passes through all of them but 0.
    let mut state = 0x2545_f491_u32 ^ bytes.as_ptr() as u32;
    for word in bytes.as_chunks_mut::<4>().0 {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *word = state.to_le_bytes();
    }
    say!(application.terminal(), "@ballast mib={mib}");
    Ok(Answer::Ok)
}

fn slots<P: Platform>(application: &mut Application<P>, how: Option<&str>) -> Result<Answer, Failure> {
    application.slots = match how {
        Some("one") => Slots::One,
        Some("two") => Slots::Two,
        _ => return Err(Failure::new("bad-argument", "One or two?")),
    };
    Ok(Answer::Ok)
}

/// Confirms the boot, if the system was booted from an image.
pub fn confirm<P: Platform>(application: &mut Application<P>) -> Result<Answer, Failure> {
    let booted = application.stage.report.booted.map(|candidate| candidate.id);
    let id: ImageId =
        booted.ok_or_else(|| Failure::new("not-restored", "This system was not booted from an image."))?;
    let store = application.stage.storage.store().map_err(errors::no_store)?;
    store.confirm(id).map_err(|error| errors::store(&error))?;
    application.confirmed = true;
    Ok(Answer::Ok)
}

fn invalidate<P: Platform>(application: &mut Application<P>) -> Result<Answer, Failure> {
    let store = application.stage.storage.store().map_err(errors::no_store)?;
    store.invalidate().map_err(|error| errors::store(&error))?;
    Ok(Answer::Ok)
}

/// Says `@ok` and ends this life.
pub fn end<P: Platform>(application: &mut Application<P>, how: impl FnOnce()) -> Result<Answer, Failure> {
    say!(application.terminal(), "@ok");
    application.terminal().drain();
    how();
    // The board needs a moment; if it does not go, there is nothing left to do.
    loop {
        core::hint::spin_loop();
    }
}
