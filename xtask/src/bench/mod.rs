//! `cargo xtask bench`: the figures of the README, each as a ratio, all taken in one run.
//!
//! Instructions are those of the guest: QEMU counts them (`-icount shift=4,sleep=off`), and the program reads
//! the count off the Cortex-A9's global timer. They repeat exactly and do not depend on the host.
//!
//! | module | what |
//! |---|---|
//! | `corpus` | the RAM that is saved |
//! | `liblz4` | the same pages by C liblz4, on the host |
//! | `guest` | `tests/codec-arm` in QEMU: decoder, whole takes and boots by the engine |
//! | `board` | the reference firmware, from reset to its prompt |
//! | `host` | the portable code on this machine |
//! | `plot` | restore time by a model of the measured coefficients |
//! | `figure` | a line of the table, the table, JSON, and the comparison with the checked-in file |

mod board;
mod corpus;
mod figure;
mod guest;
mod host;
mod liblz4;
mod plot;

use crate::toolchain::{Target, Toolchain};
use crate::{paths, progress, run};
use anyhow::{Context, Result};
use corpus::Corpus;
use figure::{Figure, Reach};
use liblz4::Reference;
use oal_lab_host::qemu::Emulator;
use std::path::{Path, PathBuf};

/// What Linux needs for as much memory as [`board::total`] brings back.
const LINUX: &str = "Linux 6.12 hibernation on the same emulated board (lzo, SD card, 256 MiB of RAM, application of 64 MiB, \
    instructions by a TCG plugin): 1485 to 1584 million instructions from QEMU's start to the first line of the \
    application, 2100 to 2180 million with all of its memory back.";
/// The checked-in figures.
const BASELINE: &str = "benches/baseline.json";
/// Whole boots of the board.
const TOTAL: &str = "boot.total.insn_per_byte";

/// Options of the task.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// Write the figures to this file as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Fail if an instruction count or a size is 2 % over `benches/baseline.json`
    #[arg(long)]
    pub check: bool,
    /// Store the instruction counts and sizes in `benches/baseline.json`
    #[arg(long, conflicts_with = "check")]
    pub keep: bool,
    /// Leave out what takes minutes: the boots of the board, and the benchmarks on this machine
    #[arg(long)]
    pub quick: bool,
    /// Take the reference firmware's own RAM, even if that of a Linux system is beside the checkout
    #[arg(long)]
    pub own_ram: bool,
    /// Draw restore times, by a model of what was measured, to this SVG file
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Print the table in Markdown
    #[arg(long)]
    pub markdown: bool,
}

/// Measures, prints, compares.
pub fn main(options: &Options) -> Result<()> {
    let (reference, card) = oal_lab::board::reference_with_card()?;
    let emulator = run::emulator_for(reference, card)?;
    let (version, _) = Toolchain::require(Target::Armv7a)?.describe();
    let compiler = format!("rustc {version}");
    let spinner = progress::spinner("reading the corpus");
    let folder = paths::target().join("bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let corpus = Corpus::load(&emulator, &folder, options.own_ram)?;
    spinner.set_message("compressing it by liblz4");
    let reference = liblz4::measure(&corpus)?;
    spinner.set_message("taking and booting in QEMU");
    let engine = guest::Engine::measure(&emulator, &corpus, &folder)?;
    spinner.set_message("decoding in QEMU");
    let mut figures = of_engine(&emulator, &folder, &reference, &engine)?;
    let model = plot::Model {
        instructions: engine.boot,
        stored: engine.fast_bytes as f64 / corpus.used.len() as f64,
        corpus: corpus.name,
    };
    figures.extend(model.figures());
    if !options.quick {
        spinner.set_message("booting the reference firmware");
        figures.extend(of_board(&emulator, &corpus)?);
        spinner.set_message("measuring on this machine");
        figures.extend(host::measure(&corpus, &folder)?);
    }
    spinner.finish_and_clear();
    println!("{}\n", corpus.describe());
    println!("{}\n", figure::table(&figures, options.markdown));
    println!("{LINUX}");
    if let Some(file) = &options.json {
        figure::write_json(&figures, file)?;
    }
    if let Some(file) = &options.plot {
        std::fs::write(file, model.draw()).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    let baseline = paths::root().join(BASELINE);
    if options.keep {
        figure::keep(&figures, corpus.name, &compiler, &baseline)?;
    }
    if options.check {
        let left_out: &[&str] = if options.quick { &[TOTAL] } else { &[] };
        figure::check(&figures, left_out, corpus.name, &compiler, &baseline)?;
    }
    Ok(())
}

/// What is counted in QEMU without the board's firmware.
fn of_engine(
    emulator: &Emulator,
    folder: &Path,
    reference: &Reference,
    engine: &guest::Engine,
) -> Result<Vec<Figure>> {
    let fast = guest::bytes(emulator, "neon,unaligned", reference, folder)?;
    let strict = guest::bytes(emulator, "", reference, folder)?;
    let engine_how = format!(
        "the engine on a medium that is memory; the medium's own copies ({:.2} for each byte that a boot restores) left out",
        engine.boot_device
    );
    let ratio = |bytes: u64, of: u64| bytes as f64 / of as f64;
    Ok(vec![
        Figure {
            name: "decode.insn_per_byte",
            value: fast.decode,
            unit: "instructions/byte",
            reach: Some(Reach::AtMost(3.0)),
            reference: Some(3.7),
            how: "blocks of liblz4 -1, 16 pages each, features neon and unaligned; the reference is C liblz4".into(),
        },
        Figure {
            name: "boot.insn_per_byte",
            value: engine.boot,
            unit: "instructions/byte",
            reach: Some(Reach::AtMost(4.5)),
            reference: Some(17.0),
            how: engine_how.clone(),
        },
        Figure {
            name: "take.staged.insn_per_byte",
            value: engine.staged,
            unit: "instructions/byte",
            reach: Some(Reach::AtMost(20.0)),
            reference: Some(45.0),
            how: format!("{engine_how}; the read-back is checked"),
        },
        Figure {
            name: "take.unstaged.insn_per_byte",
            value: engine.unstaged,
            unit: "instructions/byte",
            reach: Some(Reach::AtMost(37.0)),
            reference: Some(75.0),
            how: format!("{engine_how}; the read-back is checked"),
        },
        Figure {
            name: "image.fast.vs_liblz4",
            value: ratio(engine.fast_bytes, reference.fast),
            unit: "ratio",
            reach: Some(Reach::AtMost(1.0)),
            reference: Some(1.0),
            how: format!(
                "the whole image, {} bytes, header, map and index included, to {} of liblz4 -1, the same pages",
                engine.fast_bytes, reference.fast
            ),
        },
        Figure {
            name: "image.high.vs_liblz4hc",
            value: ratio(engine.high_bytes, reference.high),
            unit: "ratio",
            reach: Some(Reach::AtMost(1.02)),
            reference: Some(1.0),
            how: format!("the same, {} bytes to {} of liblz4 -12", engine.high_bytes, reference.high),
        },
        Figure {
            name: "decode.strict.insn_per_byte",
            value: strict.decode,
            unit: "instructions/byte",
            reach: Some(Reach::AtMost(7.0)),
            reference: Some(15.8),
            how: "the same blocks, no features, alignment checked (SCTLR.A); the reference is lz4_flex".into(),
        },
        Figure {
            name: "nosave.bytes",
            value: engine.nosave as f64,
            unit: "bytes",
            reach: Some(Reach::AtMost(200.0 * 1024.0)),
            reference: None,
            how: "workspace of 1024 extents and 64 MiB of RAM, codec, store, boot report".into(),
        },
        Figure {
            name: "stack.bytes",
            value: engine.stack as f64,
            unit: "bytes",
            reach: Some(Reach::AtMost(4096.0)),
            reference: None,
            how: "deepest of all takes and boots above, from their calls on, by a painted stack: the engine's frames, the store's, the medium's".into(),
        },
        Figure {
            name: "copy.insn_per_byte",
            value: fast.copy,
            unit: "instructions/byte",
            reach: None,
            reference: Some(1.0),
            how: "64 KiB in order, feature neon; the reference is memcpy".into(),
        },
    ])
}

/// Whole boots of the board.
fn of_board(emulator: &Emulator, corpus: &Corpus) -> Result<Vec<Figure>> {
    let total = board::total(emulator, corpus)?;
    Ok(vec![
        Figure {
            name: TOTAL,
            value: total.per_byte(),
            unit: "instructions/byte",
            reach: Some(Reach::AtMost(5.5)),
            reference: Some(22.0),
            how: total.how(),
        },
        Figure {
            name: "boot.times_sooner",
            value: board::times_sooner(emulator)?,
            unit: "ratio",
            reach: Some(Reach::AtLeast(20.0)),
            reference: Some(1.0),
            how: "the demonstration: instructions from reset to the prompt, cold boot to snapshot boot"
                .into(),
        },
    ])
}
