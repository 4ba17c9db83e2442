//! `cargo xtask demo`: the main job, from a cold boot to the same system in a new process.

mod figures;
pub mod instructions;
mod screen;

use crate::board;
use crate::firmware;
use crate::harness::boot::Boot;
use crate::harness::console::QUICK;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::harness::{elf::Firmware, event::Event};
use crate::media::{Medium, text};
use crate::run::{self, MOST_TEXT, ROOMY};
use crate::setup::Need;
use crate::{paths, progress, setup, table};
use anyhow::{Context, Result, ensure};
use figures::Figures;
use oal_lab_host::qemu::Emulator;
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
    /// The same without any image, for the boots whose instructions are counted.
    blank: Medium,
    word: String,
    journal: Journal,
}

/// Sets up, takes a snapshot, boots from it, and says what it cost.
pub fn main(options: &Options) -> Result<()> {
    // What is wrong with the arguments comes out before anything is installed or built.
    let files = text::gather(options.files.as_deref().unwrap_or(paths::root()), MOST_TEXT)?;
    let word = word(&files)?;
    setup::setup(options.yes, Need::Sd)?;
    let (board, card) = board::reference_with_card()?;
    let emulator = run::emulator_for(board, card)?;
    let firmware = firmware::build(board, card)?;
    let folder = paths::demo();
    std::fs::create_dir_all(&folder)?;
    let scratch = tempfile::Builder::new().prefix("oal-demo-").tempdir()?;
    let medium = Medium::fresh(&scratch.path().join("medium"), card.layout, ROOMY, &files)?;
    let blank = medium.copy(&scratch.path().join("blank"))?;
    let size: usize = files.iter().map(|f| f.text.len()).sum();
    println!();
    let mut figures = Figures::default();
    figures.tell("board", format!("{} in QEMU {}, {RAM} MiB of RAM, SD card", board.name, emulator.label()));
    figures.tell(
        "text on the card",
        format!("{}, {}", table::count(files.len() as u64, "file"), table::bytes(size as u64)),
    );
    let demo = Demo { emulator, firmware, medium, blank, word, journal: Journal::default() };
    let done = demo.run(&folder, &mut figures).and_then(|()| demo.count(&mut figures));
    done.inspect_err(|_| eprintln!("The end of the transcript:\n{}\n", demo.journal.tail(40)))?;
    println!("\nThe figures as a table:\n\n{}", figures.markdown());
    Ok(())
}

impl Demo {
    fn run(&self, folder: &Path, figures: &mut Figures) -> Result<()> {
        let cold = |boot: &Boot| boot.expect_cold("no-image");
        let (mut machine, time) =
            self.power_on("cold boot: reading the text and building the index", cold)?;
        let status = machine.command("status", QUICK)?;
        let status = status.event("status")?;
        let [words, places] = [status.text("words")?, status.text("postings")?];
        figures.tell("index", format!("{words} words in {places} places"));
        figures.tell("cold boot", seconds(time));
        let before = self.find(&mut machine)?;
        screen::save(&machine.screen()?, &folder.join("lcd-before.png"))?;

        let spinner = progress::spinner("taking the snapshot");
        let start = Instant::now();
        let answer = machine.command("snapshot", PATIENCE)?;
        let taken = answer.event("taken")?;
        let spent = start.elapsed();
        spinner.finish_and_clear();
        figures
            .tell("snapshot", format!("{:.2} s, of which 1 s is the pause of pass 2", spent.as_secs_f64()));
        figures.tell("image", describe(taken)?);
        machine.power_off()?;
        println!("The process has ended; a new one starts with RAM full of noise.");

        let seq = taken.number("seq")?;
        let restored = |boot: &Boot| boot.expect_restored(seq);
        let (mut machine, time) = self.power_on("snapshot boot: loading the image", restored)?;
        figures.tell("snapshot boot", seconds(time));
        let after = self.find(&mut machine)?;
        ensure!(before == after, "`find {}` had {before} hits before and has {after} now", self.word);
        figures.tell(
            &format!("`find {}`", self.word),
            format!("{} before and after", table::count(after, "hit")),
        );
        screen::save(&machine.screen()?, &folder.join("lcd-after.png"))?;
        machine.power_off()?;
        let shown = folder.strip_prefix(paths::root()).unwrap_or(folder).display();
        println!("The LCD is in {shown}/lcd-before.png and {shown}/lcd-after.png.");
        Ok(())
    }

    /// What the host's load cannot change.
    fn count(&self, figures: &mut Figures) -> Result<()> {
        let spinner = progress::spinner("the same once more, counting instructions");
        let count = instructions::count(&self.emulator, &self.firmware, &self.blank, &self.journal)?;
        spinner.finish_and_clear();
        println!(
            "Instructions count all that the guest does from power-on to the prompt, copying from the card (PIO) included."
        );
        figures.tell("instructions, cold boot", instructions::millions(count.cold));
        figures.tell("instructions, snapshot boot", instructions::millions(count.restored));
        figures.tell("ratio of instructions", format!("{:.2}", count.ratio()));
        Ok(())
    }

    /// Powers on and waits for the prompt, a few times, since the host has other things to do as well. RAM is
    /// filled with noise before the time starts to count. The last machine stays on.
    fn power_on(&self, what: &str, check: impl Fn(&Boot) -> Result<()>) -> Result<(Machine, Duration)> {
        let board = board::reference()?;
        let spinner = progress::spinner(what);
        let mut times = Vec::new();
        loop {
            let power = Power {
                board,
                emulator: &self.emulator,
                firmware: &self.firmware,
                ram_mib: RAM,
                medium: Some(&self.medium),
                noise: u64::from(std::process::id()) + times.len() as u64,
                stops: &[],
                counted: false,
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

fn seconds(time: Duration) -> String {
    format!("{:.2} s from power-on to the prompt (median of {BOOTS})", time.as_secs_f64())
}

fn describe(taken: &Event) -> Result<String> {
    let (bytes, pages, free) = (taken.number("bytes")?, taken.number("pages")?, taken.number("free")?);
    let data = pages * 4096;
    let ratio = bytes as f64 / data.max(1) as f64;
    Ok(format!(
        "{} for {} of data, ratio {ratio:.2}; {} of free pages are not in it",
        table::bytes(bytes),
        table::bytes(data),
        table::bytes(free * 4096)
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
