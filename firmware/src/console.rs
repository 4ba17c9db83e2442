//! The console's input: lines, with a backspace.

use heapless::String;

use crate::terminal::{Terminal, Uart};

/// Bytes of the longest line.
const LONGEST: usize = 96;
const BACKSPACE: u8 = 8;
const DELETE: u8 = 127;

/// A line as it is typed.
pub type Line = String<LONGEST>;

/// Collects a line.
pub struct Input {
    line: Line,
    /// The last byte was a CR: an LF that follows it belongs to it.
    after_cr: bool,
}

impl Default for Input {
    fn default() -> Input {
        Input::new()
    }
}

impl Input {
    /// Nothing typed yet.
    pub const fn new() -> Input {
        Input { line: Line::new(), after_cr: false }
    }

    /// Takes what has come, echoes it, and returns the line when it is complete. Does not wait.
    pub fn poll<U: Uart>(&mut self, terminal: &mut Terminal<U>) -> Option<Line> {
        while let Some(byte) = terminal.read() {
            let after_cr = core::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\r' | b'\n' => {
                    terminal.write(b'\r');
                    terminal.write(b'\n');
                    return Some(core::mem::take(&mut self.line));
                }
                BACKSPACE | DELETE if self.line.pop().is_some() => {
                    for byte in [BACKSPACE, b' ', BACKSPACE] {
                        terminal.write(byte);
                    }
                }
                b' '..=b'~' if self.line.push(char::from(byte)).is_ok() => terminal.write(byte),
                _ => {}
            }
        }
        None
    }
}
