//! A small client of QEMU's debugger stub: stop the guest at a symbol, look, let it go on.
//!
//! QEMU keeps breakpoints beside the guest's memory, not in it, so the RAM that the host compares is not
//! touched.

use anyhow::{Context, Result, bail, ensure};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// How long the stub may take to answer anything but a continue.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a wait for a stop is silent.
const NUDGE: Duration = Duration::from_secs(1);

/// A connection to the stub. While it is open the guest runs only after [`Gdb::resume`].
pub struct Gdb {
    stream: UnixStream,
    decoder: Decoder,
}

impl Gdb {
    /// Greets the stub; the guest is stopped from then on.
    pub fn new(stream: UnixStream) -> Result<Self> {
        let mut gdb = Self { stream, decoder: Decoder::default() };
        let answer = gdb.ask("?").context("the debugger stub does not answer")?;
        ensure!(is_stop(&answer), "the debugger stub reports `{answer}` instead of a stopped guest");
        Ok(gdb)
    }

    /// Stops the guest when it gets to the address.
    pub fn set_breakpoint(&mut self, address: u64) -> Result<()> {
        self.must(&format!("Z1,{address:x},4"))
    }

    /// Forgets a breakpoint. To go on from it, clear it first: the stub would stop at the same place again.
    pub fn clear_breakpoint(&mut self, address: u64) -> Result<()> {
        self.must(&format!("z1,{address:x},4"))
    }

    /// Lets the guest run.
    pub fn resume(&mut self) -> Result<()> {
        self.send("c")
    }

    /// Waits until the guest has stopped. Calls `nudge` every second.
    pub fn wait_stop(&mut self, patience: Duration, nudge: impl FnMut() -> Result<()>) -> Result<()> {
        let answer = self.receive(patience, nudge)?;
        ensure!(is_stop(&answer), "the debugger stub sent `{answer}` instead of a stop");
        Ok(())
    }

    /// The program counter of the stopped guest.
    pub fn program_counter(&mut self) -> Result<u64> {
        // All registers at once: QEMU 7.2 gives single ones only to a debugger that asked for their description first.
        let answer = self.ask("g")?;
        let registers = from_hex(&answer).context("the debugger stub sent registers that are not hex")?;
        let word = registers
            .get(15 * 4..)
            .and_then(|r| r.first_chunk())
            .context("the debugger stub sent too few registers")?;
        Ok(u32::from_le_bytes(*word).into())
    }

    fn must(&mut self, request: &str) -> Result<()> {
        let answer = self.ask(request)?;
        ensure!(answer == "OK", "the debugger stub answered `{answer}` to `{request}`");
        Ok(())
    }

    fn ask(&mut self, request: &str) -> Result<String> {
        self.send(request)?;
        self.receive(PATIENCE, || Ok(()))
    }

    fn send(&mut self, request: &str) -> Result<()> {
        self.stream.write_all(&encode(request)).context("the debugger stub's socket was closed")
    }

    fn receive(&mut self, patience: Duration, mut nudge: impl FnMut() -> Result<()>) -> Result<String> {
        let end = Instant::now() + patience;
        loop {
            if let Some(packet) = self.decoder.next_packet()? {
                self.stream.write_all(b"+")?;
                return Ok(packet);
            }
            let left = end.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "the guest did not stop within {patience:?}");
            self.stream.set_read_timeout(Some(left.min(NUDGE)))?;
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(0) => bail!("the emulator ended while the debugger waited"),
                Ok(n) => self.decoder.feed(&buffer[..n]),
                Err(e)
                    if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
                {
                    nudge()?;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e).context("the debugger stub's socket broke"),
            }
        }
    }
}

fn is_stop(answer: &str) -> bool {
    answer.starts_with('T') || answer.starts_with('S')
}

fn checksum(data: &[u8]) -> u8 {
    data.iter().fold(0, |sum: u8, b| sum.wrapping_add(*b))
}

/// Frames a request: `$data#sum`.
fn encode(data: &str) -> Vec<u8> {
    format!("${data}#{:02x}", checksum(data.as_bytes())).into_bytes()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|d| d.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|d| (d[0] * 16 + d[1]) as u8).collect())
}

/// Cuts the stub's byte stream into packets; acknowledgements between them are skipped.
#[derive(Default)]
struct Decoder {
    bytes: Vec<u8>,
}

impl Decoder {
    fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn next_packet(&mut self) -> Result<Option<String>> {
        let Some(start) = self.bytes.iter().position(|b| *b == b'$') else {
            return Ok(None);
        };
        let Some(hash) = self.bytes[start..].iter().position(|b| *b == b'#').map(|n| start + n) else {
            return Ok(None);
        };
        let Some(sum) = self.bytes.get(hash + 1..hash + 3) else {
            return Ok(None);
        };
        let data = &self.bytes[start + 1..hash];
        let sum = std::str::from_utf8(sum).ok().and_then(|s| u8::from_str_radix(s, 16).ok());
        ensure!(sum == Some(checksum(data)), "a packet of the debugger stub has a wrong checksum");
        let text = String::from_utf8_lossy(data).into_owned();
        self.bytes.drain(..hash + 3);
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_requests() {
        assert_eq!(encode("?"), b"$?#3f");
        assert_eq!(encode("OK"), b"$OK#9a");
    }

    #[test]
    fn packets_may_come_in_pieces_and_in_a_row() {
        let mut decoder = Decoder::default();
        decoder.feed(b"+$O");
        assert_eq!(decoder.next_packet().unwrap(), None);
        decoder.feed(b"K#9");
        assert_eq!(decoder.next_packet().unwrap(), None);
        decoder.feed(b"a+$T05#b9");
        assert_eq!(decoder.next_packet().unwrap().as_deref(), Some("OK"));
        assert_eq!(decoder.next_packet().unwrap().as_deref(), Some("T05"));
        assert_eq!(decoder.next_packet().unwrap(), None);
    }

    #[test]
    fn a_wrong_checksum_is_an_error() {
        let mut decoder = Decoder::default();
        decoder.feed(b"$OK#00");
        assert!(decoder.next_packet().is_err());
    }

    #[test]
    fn registers_are_hex() {
        assert_eq!(from_hex("78563412"), Some(vec![0x78, 0x56, 0x34, 0x12]));
        assert_eq!(from_hex("E1x"), None);
    }
}
