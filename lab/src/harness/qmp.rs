//! QEMU's own control channel: JSON, one object a line.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long QEMU may take to answer. `pmemsave` of a large region is the slowest command.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that has left capabilities negotiation.
pub struct Qmp {
    stream: BufReader<UnixStream>,
}

impl Qmp {
    /// Takes the greeting and negotiates.
    pub fn new(stream: UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut qmp = Self { stream: BufReader::new(stream) };
        let greeting = qmp.read().context("QEMU sent no greeting on its control socket")?;
        if greeting.get("QMP").is_none() {
            bail!("QEMU's greeting is not one: {greeting}");
        }
        qmp.execute("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Runs a command and returns its result; events that come in between are dropped.
    pub fn execute(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let request = json!({ "execute": command, "arguments": arguments });
        let mut line = request.to_string();
        line.push('\n');
        self.stream
            .get_mut()
            .write_all(line.as_bytes())
            .with_context(|| format!("QEMU takes no command `{command}`"))?;
        loop {
            let message = self.read().with_context(|| format!("QEMU did not answer `{command}`"))?;
            match classify(message) {
                Message::Answer(value) => return Ok(value),
                Message::Error(text) => bail!("QEMU refused `{command}`: {text}"),
                Message::Event => {}
            }
        }
    }

    /// Lets the guest run.
    pub fn cont(&mut self) -> Result<()> {
        self.execute("cont", json!({})).map(drop)
    }

    /// Asks for something that changes nothing, so that QEMU's main loop looks at all that waits for it.
    pub fn wake(&mut self) -> Result<()> {
        self.execute("query-status", json!({})).map(drop)
    }

    /// Writes guest-physical memory to a file.
    pub fn save_memory(&mut self, address: u64, size: u64, file: &Path) -> Result<()> {
        self.execute("pmemsave", json!({ "val": address, "size": size, "filename": file })).map(drop)
    }

    /// Writes the display's contents to a PPM file.
    pub fn screendump(&mut self, file: &Path) -> Result<()> {
        self.execute("screendump", json!({ "filename": file })).map(drop)
    }

    fn read(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the control socket was closed");
        }
        serde_json::from_str(&line).with_context(|| format!("not JSON: {line}"))
    }
}

#[derive(Debug, PartialEq)]
enum Message {
    Answer(Value),
    Error(String),
    Event,
}

fn classify(mut message: Value) -> Message {
    if let Some(answer) = message.get_mut("return") {
        Message::Answer(answer.take())
    } else if let Some(error) = message.get("error") {
        let text = error.get("desc").and_then(Value::as_str).unwrap_or("no description");
        Message::Error(text.to_string())
    } else {
        Message::Event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_answers_errors_and_events_apart() {
        assert_eq!(
            classify(json!({"return": {"status": "running"}})),
            Message::Answer(json!({"status": "running"}))
        );
        assert_eq!(classify(json!({"error": {"class": "G", "desc": "no"}})), Message::Error("no".into()));
        assert_eq!(classify(json!({"event": "RESUME", "timestamp": {}})), Message::Event);
    }

    #[test]
    fn an_event_before_the_answer_is_dropped() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let script = concat!(
            "{\"QMP\":{}}\n{\"return\":{}}\n",
            "{\"event\":\"STOP\"}\n{\"return\":{\"n\":1}}\n{\"error\":{\"desc\":\"bad\"}}\n"
        );
        theirs.write_all(script.as_bytes()).unwrap();
        let mut qmp = Qmp::new(ours).unwrap();
        assert_eq!(qmp.execute("query", json!({})).unwrap(), json!({"n": 1}));
        assert!(qmp.execute("other", json!({})).unwrap_err().to_string().contains("bad"));
    }
}
