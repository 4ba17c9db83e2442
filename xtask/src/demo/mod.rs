//! `cargo xtask demo`: the main job, from a cold boot to the same system in a new process.

mod picture;

use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::harness::{elf::Firmware, emulator::Emulator, event::Event};
use crate::media::{Kind, Medium, text};
use crate::run::{self, MOST_TEXT, ROOMY};
use crate::{firmware, paths, progress, setup, table};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const RAM: u32 = 128;
/// Boots of each kind, for the median of their times.
const BOOTS: usize = 3;
/// For a boot or a snapshot of an index of several MiB on a slow machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Install what is missing without asking
    #[arg(long)]
    pub yes: bool,
    /// Index the text files below this folder instead of the project's own
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,
}

struct Demo {
    emulator: Emulator,
    firmware: Firmware,
    medium: Medium,
    word: String,
    journal: Journal,
}

/// Sets up, takes a snapshot, boots from it, and says what it cost.
pub fn main(options: &Options) -> Result<()> {
    setup::setup(options.yes)?;
    let emulator = run::emulator_for(Kind::Sd)?;
    let firmware = firmware::build()?;
    let folder = paths::demo();
    std::fs::create_dir_all(&folder)?;
    let files = text::gather(options.files.as_deref().unwrap_or(paths::root()), MOST_TEXT)?;
    let scratch = tempfile::Builder::new().prefix("oal-demo-").tempdir()?;
    let medium = Medium::disk(&scratch.path().join("medium"), Kind::Sd, ROOMY, &files)?;
    let size: usize = files.iter().map(|f| f.text.len()).sum();
    println!("\nmedium         an SD card with {} text files, {}", files.len(), table::bytes(size as u64));
    let demo = Demo { emulator, firmware, medium, word: word(&files)?, journal: Journal::default() };
    let done = demo.run(&folder);
    done.inspect_err(|_| eprintln!("The end of the transcript:\n{}\n", demo.journal.tail(40)))
}

impl Demo {
    fn run(&self, folder: &Path) -> Result<()> {
        let cold = |boot: &Boot| boot.expect_cold("no-image");
        let (mut machine, time) =
            self.power_on("cold boot: reading the text and building the index", cold)?;
        println!(
            "cold boot      {:.2} s from power-on to the prompt (median of {BOOTS})",
            time.as_secs_f64()
        );
        let status = machine.command("status", QUICK)?;
        let status = status.event("status")?;
        let [words, places] = [status.text("words")?, status.text("postings")?];
        println!("index          {words} words of {} files, in {places} places", status.text("files")?);
        let before = self.find(&mut machine)?;
        picture::save(&machine.screen()?, &folder.join("lcd-before.png"))?;

        let spinner = progress::spinner("taking the snapshot");
        let start = Instant::now();
        let answer = machine.command("snapshot", PATIENCE)?;
        let taken = answer.event("taken")?;
        let spent = start.elapsed();
        spinner.finish_and_clear();
        println!("snapshot       {:.2} s, of which 1 s is the pause of pass 2", spent.as_secs_f64());
        println!("image          {}", describe(taken)?);
        machine.power_off()?;
        println!("power off      the process has ended; a new one starts with RAM full of noise");

        let seq = taken.number("seq")?;
        let restored = |boot: &Boot| boot.expect_restored(seq);
        let (mut machine, time) = self.power_on("snapshot boot: loading the image", restored)?;
        println!(
            "snapshot boot  {:.2} s from power-on to the prompt (median of {BOOTS})",
            time.as_secs_f64()
        );
        let after = self.find(&mut machine)?;
        ensure!(before == after, "`find {}` had {before} hits before and has {after} now", self.word);
        println!("find {}  {after} hits, as before", self.word);
        picture::save(&machine.screen()?, &folder.join("lcd-after.png"))?;
        machine.power_off()?;
        println!("LCD            {0}/lcd-before.png and {0}/lcd-after.png", folder.display());
        Ok(())
    }

    /// Powers on and waits for the prompt, a few times, since the host has other things to do as well. RAM is filled
    /// with noise before the time starts to count. The last machine stays on.
    fn power_on(&self, what: &str, check: impl Fn(&Boot) -> Result<()>) -> Result<(Machine, Duration)> {
        let spinner = progress::spinner(what);
        let mut times = Vec::new();
        loop {
            let power = Power {
                emulator: &self.emulator,
                firmware: &self.firmware,
                ram_mib: RAM,
                medium: Some(&self.medium),
                noise: u64::from(std::process::id()) + times.len() as u64,
                stops: &[],
            };
            let mut machine = Machine::start(&power, &self.journal)?;
            let start = Instant::now();
            let boot = Boot::watch(&mut machine.console, PATIENCE)?;
            times.push(start.elapsed());
            check(&boot)?;
            if times.len() == BOOTS {
                spinner.finish_and_clear();
                times.sort();
                return Ok((machine, times[BOOTS / 2]));
            }
            machine.power_off()?;
        }
    }

    fn find(&self, machine: &mut Machine) -> Result<u64> {
        let answer = machine.command(&format!("find {}", self.word), QUICK)?;
        answer.event("found")?.number("hits")
    }
}

fn describe(taken: &Event) -> Result<String> {
    let (bytes, pages, zero) = (taken.number("bytes")?, taken.number("pages")?, taken.number("zero")?);
    let data = pages * 4096;
    let ratio = bytes as f64 / data.max(1) as f64;
    Ok(format!(
        "{} for {} of data, ratio {ratio:.2}; {zero} pages of zeroes cost nothing",
        table::bytes(bytes),
        table::bytes(data)
    ))
}

/// A word to look for: `snapshot` where the text has it, else the first plain one.
fn word(files: &[text::TextFile]) -> Result<String> {
    if text::lines_with(files, "snapshot") > 0 {
        return Ok("snapshot".to_string());
    }
    let plain = |w: &&str| w.len() > 4 && w.chars().all(|c| c.is_ascii_lowercase());
    let mut words = files.iter().flat_map(|f| f.text.split_whitespace());
    words.find(plain).map(str::to_string).context("the text holds no plain word to look for")
}
