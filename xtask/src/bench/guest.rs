//! `tests/codec-arm` in QEMU, its instructions counted.

use super::corpus::{Corpus, PAGE};
use super::liblz4::Reference;
use crate::harness::event::Event;
use crate::shell;
use crate::toolchain::{Target, Toolchain};
use anyhow::{Context, Result, bail, ensure};
use oal_lab_host::qemu::Emulator;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The program.
const PACKAGE: &str = "oal-codec-arm";
/// The word that says what the host loaded, at this address.
const MARK_AT: u64 = 0x61f0_0008;
const BLOCKS: u64 = 0x5053_5243;
const BLOCKS_AT: u64 = 0x6200_0000;
const RAM: u64 = 0x4d41_5221;
const RAM_AT: u64 = 0x6800_0000;
const CLASSES_AT: u64 = 0x6700_0000;
/// For a run on a busy machine.
const PATIENCE: Duration = Duration::from_secs(1800);

/// What whole takes and boots by the engine come to. Instructions are for each saved byte, zero
/// pages included, without the medium's own copies.
pub struct Engine {
    /// A take with a staging area.
    pub staged: f64,
    /// A take without one.
    pub unstaged: f64,
    /// A boot.
    pub boot: f64,
    /// The medium's copies in that boot.
    pub boot_device: f64,
    /// Bytes of the image by the fast level.
    pub fast_bytes: u64,
    /// Bytes of the image by the high level.
    pub high_bytes: u64,
    /// Bytes of memory that the library needs.
    pub nosave: u64,
    /// Bytes of stack.
    pub stack: u64,
}

impl Engine {
    /// Takes and boots in QEMU. The program itself compares all pages after each boot, and ends with an error
    /// if one differs.
    pub fn measure(emulator: &Emulator, corpus: &Corpus, folder: &Path) -> Result<Self> {
        let program = build("neon,unaligned")?;
        let loads = [(corpus.ram.as_path(), RAM_AT), (corpus.classes.as_path(), CLASSES_AT)];
        let printed = run(emulator, &program, RAM, &loads, folder)?;
        let events: Vec<Event> = printed.lines().filter_map(Event::parse).collect();
        let find = |word: &str, pairs: &[(&str, &str)]| {
            let is =
                |e: &&Event| e.word == word && pairs.iter().all(|(key, value)| e.get(key) == Some(*value));
            events.iter().find(is).with_context(|| format!("the program printed no `@{word}` with {pairs:?}"))
        };
        let per_byte = |event: &Event, count: u64| {
            let pages = event.number("pages")?;
            ensure!(pages == corpus.pages(), "{pages} pages were saved, and {} are in use", corpus.pages());
            Ok(count as f64 / (pages * PAGE as u64) as f64)
        };
        let own = |event: &Event| {
            per_byte(event, event.number("instructions")?.saturating_sub(event.number("device")?))
        };
        let unstaged = find("take", &[("name", "fast"), ("staged", "0")])?;
        let staged = find("take", &[("name", "fast"), ("staged", "1")])?;
        let high = find("take", &[("name", "high")])?;
        let boot = find("boot", &[("name", "fast")])?;
        let memory = find("memory", &[])?;
        let parts = ["workspace", "codec", "store", "report"];
        let nosave = parts.iter().map(|part| memory.number(part)).sum::<Result<u64>>()?;
        let stacks = events.iter().filter(|e| e.get("stack").is_some()).map(|e| e.number("stack"));
        let stack =
            stacks.collect::<Result<Vec<u64>>>()?.into_iter().max().context("no stack was measured")?;
        Ok(Self {
            staged: own(staged)?,
            unstaged: own(unstaged)?,
            boot: own(boot)?,
            boot_device: per_byte(boot, boot.number("device")?)?,
            fast_bytes: staged.number("image")?,
            high_bytes: high.number("image")?,
            nosave,
            stack,
        })
    }
}

/// Instructions for a byte.
#[derive(Debug, PartialEq)]
pub struct Bytes {
    /// To decode liblz4's blocks.
    pub decode: f64,
    /// To copy what is in order.
    pub copy: f64,
}

/// What the library, built with `features`, needs for a byte of liblz4's blocks.
pub fn bytes(emulator: &Emulator, features: &str, reference: &Reference, folder: &Path) -> Result<Bytes> {
    let blocks = folder.join("blocks");
    std::fs::write(&blocks, &reference.blocks)?;
    let printed = run(emulator, &build(features)?, BLOCKS, &[(&blocks, BLOCKS_AT)], folder)?;
    bytes_of(&printed).with_context(|| format!("the program printed no figures for a byte:\n{printed}"))
}

/// The numbers of the lines `decode N per byte restored ...` and `copy N per byte ...`.
fn bytes_of(printed: &str) -> Option<Bytes> {
    let number = |word: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix(word)?.strip_prefix(' ')?.split(' ').next()?.parse().ok())
    };
    Some(Bytes { decode: number("decode")?, copy: number("copy")? })
}

fn build(features: &str) -> Result<PathBuf> {
    let toolchain = Toolchain::require(Target::Armv7a)?;
    let folder = toolchain.target_dir();
    let mut command = toolchain.cargo("build");
    command.args(["--quiet", "--release", "--package", PACKAGE, "--features", features, "--target-dir"]);
    shell::run(command.arg(&folder))?;
    Ok(folder.join(Target::Armv7a.triple()).join("release/codec-arm"))
}

/// What the program prints until it ends itself.
fn run(
    emulator: &Emulator,
    program: &Path,
    mark: u64,
    loads: &[(&Path, u64)],
    folder: &Path,
) -> Result<String> {
    let mut command = emulator.command();
    command.args([
        "-M",
        "vexpress-a9",
        "-m",
        "1G",
        "-display",
        "none",
        "-serial",
        "null",
        "-monitor",
        "none",
    ]);
    command.args(emulator.quiet_audio());
    command.args(["-icount", "shift=4,sleep=off", "-semihosting-config", "enable=on,target=native"]);
    command.arg("-kernel").arg(program);
    command.args(["-device", &format!("loader,addr={MARK_AT:#x},data-len=4,data={mark:#x}")]);
    for (file, address) in loads {
        let file = file.to_str().context("the build folder's path is not UTF-8")?.replace(',', ",,");
        command.args(["-device", &format!("loader,file={file},addr={address:#x},force-raw=on")]);
    }
    let (said, wrong) = (folder.join("said"), folder.join("errors"));
    command.stdin(std::process::Stdio::null());
    command.stdout(std::fs::File::create(&said)?).stderr(std::fs::File::create(&wrong)?);
    let mut child = command.spawn().context("cannot start QEMU")?;
    let end = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            bail!("`{}` did not end within {PATIENCE:?}", shell::line(&command));
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let printed = String::from_utf8_lossy(&std::fs::read(&said)?).into_owned();
    let errors = std::fs::read_to_string(&wrong).unwrap_or_default();
    ensure!(status.success(), "`{}` ended with {status}:\n{printed}{errors}", shell::line(&command));
    Ok(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_for_a_byte_are_read_off_their_lines() {
        let printed =
            "12 chunks\ndecode 2.345 per byte restored (the twin: 15.8)\ncopy 0.5 per byte (memcpy: 1.0)\n";
        assert_eq!(bytes_of(printed), Some(Bytes { decode: 2.345, copy: 0.5 }));
        assert_eq!(bytes_of("decoded\ncopy 0.5 per byte\n"), None);
    }
}
