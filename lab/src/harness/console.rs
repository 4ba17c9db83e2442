//! The guest's console: commands in, lines out.

use super::event::Event;
use super::journal::Journal;
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Longest time for a command that only computes.
pub const QUICK: Duration = Duration::from_secs(60);

/// A connected console. A thread of its own reads, so that no output is lost while the host does something
/// else.
pub struct Console {
    stream: UnixStream,
    lines: Receiver<String>,
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    /// The lines for programs before the last one.
    pub events: Vec<Event>,
    /// The reason, when the command ended in `@error`.
    pub error: Option<String>,
}

impl Answer {
    /// The first line with this word.
    pub fn event(&self, word: &str) -> Result<&Event> {
        self.events
            .iter()
            .find(|e| e.word == word)
            .with_context(|| format!("the answer lacks a line `@{word}`"))
    }

    /// All lines with this word.
    pub fn all<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |e| e.word == word)
    }

    /// The answer, if the command did not fail.
    pub fn ok(self) -> Result<Self> {
        match &self.error {
            None => Ok(self),
            Some(reason) => bail!("the firmware answered `@error reason={reason}`"),
        }
    }
}

impl Console {
    /// Starts to read; every line goes into the journal.
    pub fn new(stream: UnixStream, journal: Journal) -> Result<Self> {
        let reader = stream.try_clone().context("cannot read the console")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || pump(reader, &sender, &journal));
        Ok(Self { stream, lines })
    }

    /// Sends a line.
    pub fn send(&mut self, text: &str) -> Result<()> {
        self.stream.write_all(format!("{text}\r").as_bytes()).context("the console was closed")
    }

    /// The next line for programs; lines for people are skipped.
    pub fn next(&mut self, end: Instant) -> Result<Event> {
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(event) = Event::parse(&line) {
                        return Ok(event);
                    }
                }
                Err(RecvTimeoutError::Timeout) => bail!("the firmware said nothing more in time"),
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("the emulator ended while the firmware was expected to speak")
                }
            }
        }
    }

    /// Waits for the end of a command that was sent before.
    pub fn answer(&mut self, patience: Duration) -> Result<Answer> {
        let end = Instant::now() + patience;
        let mut events = Vec::new();
        loop {
            let event = self.next(end)?;
            match event.word.as_str() {
                "ok" => return Ok(Answer { events, error: None }),
                "error" => return Ok(Answer { events, error: Some(event.text("reason")?.to_string()) }),
                _ => events.push(event),
            }
        }
    }

    /// Runs a command to its end, whichever it is.
    pub fn run(&mut self, text: &str, patience: Duration) -> Result<Answer> {
        self.send(text)?;
        self.answer(patience).with_context(|| format!("waited {patience:?} for the end of `{text}`"))
    }

    /// Runs a command that must succeed.
    pub fn command(&mut self, text: &str, patience: Duration) -> Result<Answer> {
        self.run(text, patience)?.ok().with_context(|| format!("the command `{text}` failed"))
    }
}

fn pump(mut stream: UnixStream, lines: &Sender<String>, journal: &Journal) {
    let mut pending = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => n,
        };
        for byte in &buffer[..n] {
            match byte {
                b'\n' => {
                    let line = String::from_utf8_lossy(&pending).trim_end_matches('\r').to_string();
                    pending.clear();
                    journal.add(line.clone());
                    if lines.send(line).is_err() {
                        return;
                    }
                }
                other => pending.push(*other),
            }
        }
    }
    if !pending.is_empty() {
        journal.add(format!("{} (line not ended)", String::from_utf8_lossy(&pending)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console() -> (Console, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Console::new(ours, Journal::default()).unwrap(), theirs)
    }

    #[test]
    fn an_answer_ends_with_ok_or_error() {
        let (mut console, mut guest) = console();
        guest.write_all(b"> find a\r\n@found word=a hits=3\r\nA.TXT:1: a\r\n@ok\r\n").unwrap();
        let answer = console.command("find a", QUICK).unwrap();
        assert_eq!(answer.event("found").unwrap().number("hits").unwrap(), 3);
        guest.write_all(b"It is too large.\r\n@error reason=does-not-fit\r\n").unwrap();
        let answer = console.run("snapshot", QUICK).unwrap();
        assert_eq!(answer.error.as_deref(), Some("does-not-fit"));
        assert!(answer.ok().is_err());
    }

    #[test]
    fn silence_and_the_end_are_told_apart() {
        let (mut console, guest) = console();
        let silence = console.answer(Duration::from_millis(20)).unwrap_err();
        assert!(format!("{silence:#}").contains("in time"));
        drop(guest);
        let end = console.answer(QUICK).unwrap_err();
        assert!(format!("{end:#}").contains("ended"));
    }
}
