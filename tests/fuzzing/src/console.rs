//! The target `console`: what is typed.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use oal_firmware::console::Input;
use oal_firmware::terminal::{Terminal, Uart};

/// Bytes that the longest line can have: `docs/console.md`.
const LONGEST: usize = 96;

/// Both directions of a UART.
#[derive(Default)]
struct Wire {
    typed: VecDeque<u8>,
    seen: Vec<u8>,
}

/// A UART with somebody at the other end.
#[derive(Default)]
struct Typist(Rc<RefCell<Wire>>);

#[allow(unsafe_code, reason = "the trait's constructor is unsafe; this one promises nothing")]
impl Uart for Typist {
    unsafe fn new() -> Self {
        Self::default()
    }

    fn init(&mut self) {}

    fn drain(&mut self) {}

    fn read(&mut self) -> Option<u8> {
        self.0.borrow_mut().typed.pop_front()
    }

    fn write(&mut self, byte: u8) {
        self.0.borrow_mut().seen.push(byte);
    }
}

/// Types all bytes. A line comes back as the screen shows it.
///
/// # Panics
/// See [`Target::run`](crate::Target::run).
pub fn run(bytes: &[u8]) -> bool {
    let wire = Rc::new(RefCell::new(Wire { typed: bytes.iter().copied().collect(), seen: Vec::new() }));
    let mut terminal = Terminal::over(Typist(wire.clone()));
    let mut input = Input::new();
    let mut screen = Screen::default();
    let mut lines = 0;
    loop {
        let line = input.poll(&mut terminal);
        let echoed = screen.take(&std::mem::take(&mut wire.borrow_mut().seen));
        let Some(line) = line else {
            assert!(wire.borrow().typed.is_empty() && echoed.is_none());
            return lines > 0;
        };
        assert!(line.len() <= LONGEST && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert_eq!(echoed.as_deref(), Some(line.as_bytes()), "what is executed is what was shown");
        lines += 1;
    }
}

/// What a terminal shows of the line being typed.
#[derive(Default)]
struct Screen {
    line: Vec<u8>,
    /// The cursor: where the next byte goes.
    at: usize,
}

impl Screen {
    /// Shows what came; gives the line that it ended, if it did.
    fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut ended = None;
        for byte in bytes {
            match byte {
                8 => self.at = self.at.checked_sub(1).expect("no backspace beyond the line's start"),
                b'\r' => {
                    self.line.truncate(self.at);
                    ended = Some(std::mem::take(&mut self.line));
                    self.at = 0;
                }
                b'\n' => {}
                byte => {
                    self.line.truncate(self.at);
                    self.line.push(*byte);
                    self.at += 1;
                }
            }
        }
        ended
    }
}

/// Lines as people and programs type them.
pub fn seeds() -> Vec<Vec<u8>> {
    let typed = [
        "help\r",
        "snapshot once noconfirm\r\n",
        "stauts\x08\x08\x08\x7ftus\n",
        "find needle\r\nballast 8\r",
    ];
    let mut seeds: Vec<Vec<u8>> = typed.iter().map(|typed| typed.as_bytes().to_vec()).collect();
    seeds.push([vec![b'x'; 120], b"\r".to_vec()].concat());
    seeds
}
