//! What all cases of one board, medium and QEMU share: the firmware, and media that were prepared once.

use super::power_cuts::Recording;
use super::{BOOT, SNAPSHOT, TEXT_BYTES, TEXT_SEED};
use crate::board::{self, Board};
use crate::firmware::{self, Kernel};
use crate::harness::boot::Boot;
use crate::harness::elf::Firmware;
use crate::harness::journal::Journal;
use crate::harness::machine::{Machine, Power};
use crate::media::{Kind, Layout, Medium, Sizes, text};
use anyhow::{Context, Result, anyhow, ensure};
use oal_lab_host::qemu::Emulator;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// A medium with images, and the numbers under which the store committed them.
pub struct Prepared {
    /// The medium.
    pub medium: Medium,
    /// The newest image.
    pub newest: u64,
    /// The image before it; the same where there is only one.
    pub older: u64,
}

impl Prepared {
    fn copy(&self, path: &Path) -> Result<Self> {
        Ok(Self { medium: self.medium.copy(path)?.temporary()?, newest: self.newest, older: self.older })
    }
}

/// Takes a snapshot with this command and returns the image's number.
pub fn take(machine: &mut Machine, command: &str) -> Result<u64> {
    machine.command(command, SNAPSHOT)?.event("taken")?.number("seq")
}

/// A board with a kind of medium under one QEMU.
pub struct Rig {
    /// The QEMU.
    pub emulator: Emulator,
    /// The firmware.
    pub firmware: Firmware,
    kernel: Option<Kernel>,
    /// The board.
    pub board: &'static Board,
    /// The medium.
    pub medium: &'static board::Medium,
    /// Whether cases that cut the power try every place that was chosen, or a share of them.
    pub sweep: bool,
    /// The text on the media.
    pub files: Vec<text::TextFile>,
    dir: TempDir,
    counter: AtomicU64,
    /// The firmware once more with another build id, made when the first case asks for it.
    other: Mutex<Option<Result<Firmware, String>>>,
    fresh: Mutex<Option<Medium>>,
    one: Mutex<Option<Prepared>>,
    two: Mutex<Option<Prepared>>,
    recording: Mutex<Option<Arc<Recording>>>,
}

impl Rig {
    /// A rig with a folder of its own for media.
    pub fn new(
        emulator: Emulator,
        firmware: Firmware,
        board: &'static Board,
        medium: &'static board::Medium,
    ) -> Result<Self> {
        let kernel = board.c.as_ref().map(|programs| Kernel::open(board, programs)).transpose()?;
        Ok(Self {
            emulator,
            firmware,
            kernel,
            board,
            medium,
            sweep: false,
            files: text::made_up(TEXT_BYTES, TEXT_SEED),
            dir: tempfile::Builder::new().prefix("oal-sim-").tempdir()?,
            counter: AtomicU64::new(0),
            other: Mutex::default(),
            fresh: Mutex::default(),
            one: Mutex::default(),
            two: Mutex::default(),
            recording: Mutex::default(),
        })
    }

    /// The same; every place is tried where power is cut.
    pub fn sweeping(self, sweep: bool) -> Self {
        Self { sweep, ..self }
    }

    /// The kind of medium.
    pub fn kind(&self) -> Kind {
        self.medium.kind()
    }

    /// What lies where on the medium.
    pub fn layout(&self) -> Layout {
        self.medium.layout
    }

    /// A firmware with another build id.
    pub fn other_firmware(&self) -> Result<Firmware> {
        let mut slot = lock(&self.other);
        let build = || firmware::build_other(self.board, self.medium).map_err(|e| format!("{e:#}"));
        slot.get_or_insert_with(build).clone().map_err(|e| anyhow!(e))
    }

    /// The board's kernel in C and its boot loader.
    pub fn kernel(&self) -> Result<&Kernel> {
        self.kernel.as_ref().with_context(|| format!("the board {} has no kernel", self.board.name))
    }

    /// A name for a medium's file that nobody uses yet.
    pub fn new_path(&self) -> PathBuf {
        self.dir.path().join(format!("medium-{}", self.next()))
    }

    /// A medium with text and an empty store.
    pub fn fresh(&self) -> Result<Medium> {
        let mut slot = lock(&self.fresh);
        if slot.is_none() {
            *slot = Some(Medium::fresh(&self.new_path(), self.layout(), Sizes::SMALL, &self.files)?);
        }
        slot.as_ref().context("the medium was just made")?.copy(&self.new_path())?.temporary()
    }

    /// Powers the board on with the usual RAM and waits for the prompt.
    pub fn boot(&self, medium: Option<&Medium>, journal: &Journal) -> Result<(Machine, Boot)> {
        let mut machine = self.start(&self.firmware, self.board.ram(), medium, &[], journal)?;
        let boot = Boot::watch(&mut machine.console, BOOT)?;
        let board = self.board.name.as_str();
        let medium = medium.map_or("none", |_| self.medium.name());
        ensure!(
            (boot.reset.text("board")?, boot.reset.text("medium")?) == (board, medium),
            "this is the board {board} with the medium {medium}, and the firmware says: {}",
            boot.reset
        );
        Ok((machine, boot))
    }

    /// Powers a board on, on new noise.
    pub fn start(
        &self,
        firmware: &Firmware,
        ram_mib: u32,
        medium: Option<&Medium>,
        stops: &[&str],
        journal: &Journal,
    ) -> Result<Machine> {
        let stops = stops.iter().map(|s| firmware.function(s)).collect::<Result<Vec<_>>>()?;
        let noise = self.next();
        Machine::start(
            &Power {
                board: self.board,
                emulator: &self.emulator,
                firmware,
                ram_mib,
                medium,
                noise,
                stops: &stops,
                counted: false,
            },
            journal,
        )
    }

    /// A copy of a medium with one image, taken from a cold boot, to be booted always.
    pub fn with_one_image(&self, journal: &Journal) -> Result<Prepared> {
        let mut slot = lock(&self.one);
        if slot.is_none() {
            let medium = self.fresh()?;
            let (mut machine, boot) = self.boot(Some(&medium), journal)?;
            boot.expect_cold("no-image").context("while the medium with one image was prepared")?;
            let newest = take(&mut machine, "snapshot")?;
            machine.power_off()?;
            *slot = Some(Prepared { medium, newest, older: newest });
        }
        slot.as_ref().context("the medium was just prepared")?.copy(&self.new_path())
    }

    /// A copy of a medium with two images: the second was taken by the system that was restored from the
    /// first.
    pub fn with_two_images(&self, journal: &Journal) -> Result<Prepared> {
        let mut slot = lock(&self.two);
        if slot.is_none() {
            let Prepared { medium, older, .. } = self.with_one_image(journal)?;
            let (mut machine, boot) = self.boot(Some(&medium), journal)?;
            boot.expect_restored(older).context("while the medium with two images was prepared")?;
            let newest = take(&mut machine, "snapshot")?;
            ensure!(
                newest > older,
                "the second image's number {newest} is not above the first one's, {older}"
            );
            machine.power_off()?;
            *slot = Some(Prepared { medium, newest, older });
        }
        slot.as_ref().context("the medium was just prepared")?.copy(&self.new_path())
    }

    /// What a snapshot wrote on a medium with one image, recorded once.
    pub fn recording(&self, journal: &Journal) -> Result<Arc<Recording>> {
        let mut slot = lock(&self.recording);
        if slot.is_none() {
            let recording =
                Recording::of(self, journal).context("while a snapshot's writes were recorded")?;
            *slot = Some(Arc::new(recording));
        }
        slot.clone().context("the snapshot was just recorded")
    }

    /// Checks that the application works: it finds a word as often as the host does. On a medium without text
    /// it has none.
    pub fn check_find(&self, machine: &mut Machine) -> Result<()> {
        if !self.layout().has_text() {
            let status = machine.command("status", crate::harness::console::QUICK)?;
            let status = status.event("status")?;
            ensure!(status.number("files")? == 0, "there is text where none can be: {status}");
            return Ok(());
        }
        let word = text::some_word(&self.files)?;
        let answer = machine.command(&format!("find {word}"), crate::harness::console::QUICK)?;
        let (hits, expected) = (answer.event("found")?.number("hits")?, text::lines_with(&self.files, word));
        ensure!(hits == expected, "`find {word}` has {hits} hits; the text on the medium has {expected}");
        Ok(())
    }

    /// Checks that the application works, and that its memory is that of a run with so many snapshot boots
    /// and this index.
    pub fn check_life(&self, machine: &mut Machine, boots: u64, index: &str) -> Result<()> {
        self.check_find(machine)?;
        let status = machine.command("status", crate::harness::console::QUICK)?;
        let status = status.event("status")?;
        ensure!(
            status.number("boots")? == boots,
            "expected {boots} as the number of snapshot boots: {status}"
        );
        ensure!(status.text("index_digest")? == index, "the index is another one: {status}");
        Ok(())
    }

    fn next(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
