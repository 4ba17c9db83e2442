//! What a power-on came to: the lines from `@reset` to the first prompt.

use super::console::Console;
use super::event::Event;
use anyhow::{Context, Result, bail, ensure};
use std::time::{Duration, Instant};

/// How a boot ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// No image was entered.
    Cold {
        /// Where that was decided.
        stage: String,
        /// Why.
        reason: String,
    },
    /// The system of an image runs.
    Restored {
        /// The image's sequence number.
        seq: u64,
    },
}

/// A boot, as the console told it.
#[derive(Debug)]
pub struct Boot {
    /// The `@reset` line.
    pub reset: Event,
    /// Images that were looked at and not taken.
    pub refused: Vec<Event>,
    /// The image that was loaded.
    pub image: Option<Event>,
    /// How it ended.
    pub ending: Ending,
    /// Lines between the ending and the prompt.
    pub after: Vec<Event>,
    /// The `@ready` line.
    pub ready: Event,
}

impl Boot {
    /// Reads the console up to the point where the firmware takes commands.
    pub fn watch(console: &mut Console, patience: Duration) -> Result<Self> {
        let end = Instant::now() + patience;
        let (mut reset, mut image, mut ending) = (None, None, None);
        let (mut refused, mut after) = (Vec::new(), Vec::new());
        let ready = loop {
            let event =
                console.next(end).with_context(|| format!("waited {patience:?} for the end of the boot"))?;
            match event.word.as_str() {
                "reset" if reset.is_some() => bail!("the board was reset again while it booted"),
                "reset" => reset = Some(event),
                "refused" => refused.push(event),
                "boot" => image = Some(event),
                "cold" => {
                    let text = |key| event.text(key).map(str::to_string);
                    ending = Some(Ending::Cold { stage: text("stage")?, reason: text("reason")? });
                }
                "restored" => ending = Some(Ending::Restored { seq: event.number("seq")? }),
                "error" => bail!("the firmware answered `{event}` while it booted"),
                "ready" => break event,
                _ => after.push(event),
            }
        };
        let reset = reset.context("the firmware printed no `@reset` line")?;
        let ending = ending.context("the firmware was ready without `@cold` or `@restored`")?;
        Ok(Self { reset, refused, image, ending, after, ready })
    }

    /// Checks that the boot was a cold one for this reason.
    pub fn expect_cold(&self, wanted: &str) -> Result<()> {
        let Ending::Cold { stage, reason } = &self.ending else {
            bail!("expected a cold boot ({wanted}), and an image was booted: {:?}", self.ending);
        };
        ensure!(reason == wanted, "expected a cold boot with reason {wanted}, got {reason} (stage {stage})");
        Ok(())
    }

    /// Checks that the boot was a cold one for this reason, and that it came out at this stage.
    pub fn expect_cold_at(&self, wanted: &str, reason: &str) -> Result<()> {
        self.expect_cold(reason)?;
        if let Ending::Cold { stage, .. } = &self.ending {
            ensure!(stage == wanted, "expected {reason} at the stage {wanted}, and it came at {stage}");
        }
        let same = |e: &Event| e.get("stage") == Some(wanted);
        self.expect_refusal(same, reason).with_context(|| format!("at the stage {wanted}"))
    }

    /// Checks that an image was booted, and which.
    pub fn expect_restored(&self, wanted: u64) -> Result<()> {
        let Ending::Restored { seq } = self.ending else {
            bail!("expected a snapshot boot of image {wanted}, got {:?}", self.ending);
        };
        ensure!(seq == wanted, "expected image {wanted}, and image {seq} was booted");
        Ok(())
    }

    /// Checks that the report says why an image was not taken.
    pub fn expect_refused(&self, reason: &str) -> Result<()> {
        self.expect_refusal(|_| true, reason)
    }

    /// Checks that the report says why this image was not taken.
    pub fn expect_image_refused(&self, seq: u64, reason: &str) -> Result<()> {
        let seq = seq.to_string();
        self.expect_refusal(|e| e.get("seq") == Some(seq.as_str()), reason)
            .with_context(|| format!("of image {seq}"))
    }

    /// Checks that the report says why this image was not taken, and at which stage that came out.
    pub fn expect_image_refused_at(&self, seq: u64, stage: &str, reason: &str) -> Result<()> {
        let number = seq.to_string();
        let same = |e: &Event| e.get("seq") == Some(number.as_str()) && e.get("stage") == Some(stage);
        self.expect_refusal(same, reason).with_context(|| format!("of image {seq} at the stage {stage}"))
    }

    fn expect_refusal(&self, which: impl Fn(&Event) -> bool, reason: &str) -> Result<()> {
        let shown: Vec<String> = self.refused.iter().map(Event::to_string).collect();
        let found = self.refused.iter().any(|e| which(e) && e.get("reason") == Some(reason));
        ensure!(found, "no `@refused` line with reason {reason}, but {shown:?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::journal::Journal;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    fn boot(text: &str) -> Result<Boot> {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(text.as_bytes()).unwrap();
        drop(theirs);
        Boot::watch(&mut Console::new(ours, Journal::default()).unwrap(), Duration::from_secs(5))
    }

    #[test]
    fn reads_a_cold_boot() {
        let text = "@reset board=b\r\n@refused seq=2 slot=1 stage=map reason=bad-crc\r\n@cold stage=map reason=bad-crc\r\n@ready\r\n";
        let boot = boot(text).unwrap();
        boot.expect_cold("bad-crc").unwrap();
        boot.expect_refused("bad-crc").unwrap();
        boot.expect_image_refused(2, "bad-crc").unwrap();
        boot.expect_image_refused_at(2, "map", "bad-crc").unwrap();
        assert!(boot.expect_image_refused_at(2, "index", "bad-crc").is_err());
        boot.expect_cold_at("map", "bad-crc").unwrap();
        assert!(boot.expect_cold_at("index", "bad-crc").is_err());
        assert!(boot.expect_image_refused(3, "bad-crc").is_err());
        assert!(boot.expect_cold("blank").is_err());
        assert!(boot.expect_restored(1).is_err());
    }

    #[test]
    fn reads_a_snapshot_boot() {
        let boot = boot(
            "@reset board=b\n@boot image seq=3 slot=0\n@restored seq=3\n@regs checked=70 wrong=0\n@ready us=81\n",
        )
        .unwrap();
        boot.expect_restored(3).unwrap();
        assert!(boot.expect_restored(2).is_err());
        assert_eq!(boot.after[0].word, "regs");
        assert!(boot.image.is_some());
        assert_eq!(boot.ready.number("us").unwrap(), 81);
    }

    #[test]
    fn an_unfinished_boot_is_an_error() {
        assert!(boot("@reset board=b\n@cold stage=medium reason=blank\n").is_err());
        assert!(boot("@reset board=b\n@ready\n").is_err());
        assert!(boot("@reset board=b\n@reset board=b\n@ready\n").is_err());
    }
}
