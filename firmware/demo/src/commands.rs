//! The application's commands.

use core::fmt;

use oal_firmware::command::{Answer, Command, Commands};
use oal_firmware::errors::Failure;
use oal_firmware::platform::Drivers as _;
use oal_firmware::session::Session;

use crate::demo::Demo;
use crate::display::Display;

/// Hits of a search that are printed.
const SHOWN: usize = 10;
/// Bytes of a line that are printed.
const WIDTH: usize = 100;

impl<P: Display> Commands<P> for Demo<P> {
    const COMMANDS: &'static [Command<P, Self>] = &[
        Command {
            name: "find",
            arguments: "WORD",
            what: "the lines of the indexed text that hold WORD",
            run: find,
        },
        Command {
            name: "ballast",
            arguments: "MIB",
            what: "fills MIB MiB with what does not compress",
            run: ballast,
        },
    ];
}

fn find<P: Display>(session: &mut Session<P, Demo<P>>, arguments: &str) -> Result<Answer, Failure> {
    let word = arguments.split_ascii_whitespace().next();
    let word = word.ok_or_else(|| Failure::new("bad-argument", "Find which word?"))?;
    let board = &mut session.board;
    let (Demo { index, screen, .. }, terminal) = (&mut board.application, board.drivers.terminal());
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

fn ballast<P: Display>(session: &mut Session<P, Demo<P>>, arguments: &str) -> Result<Answer, Failure> {
    let usage = || Failure::new("bad-argument", "How many MiB?");
    let mib: usize = arguments.trim_ascii().parse().map_err(|_| usage())?;
    let len = mib.checked_mul(1 << 20).ok_or_else(usage)?;
    let Some(bytes) = session.board.heap.take_top(len) else {
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
    say!(session.terminal(), "@ballast mib={mib}");
    Ok(Answer::Ok)
}
