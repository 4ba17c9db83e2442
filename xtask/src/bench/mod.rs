//! `cargo xtask bench`: the figures of the README, each as a ratio, all taken in one run.
//!
//! Instructions are those of the guest: QEMU counts them (`-icount shift=4,sleep=off`), and the program reads the count
//! off the Cortex-A9's global timer. They repeat exactly and do not depend on the host.
//!
//! | module | what |
//! |---|---|
//! | `corpus` | the RAM that is pictured |
//! | `liblz4` | the same pages by C liblz4, on the host |
//! | `guest` | `tests/codec-arm` in QEMU: decoder, whole takes and boots by the engine |
//! | `board` | the reference firmware, from reset to its prompt |
//! | `figure` | a line of the table, the table, JSON, and the comparison with the checked-in file |

mod board;
mod corpus;
mod figure;
mod guest;
mod liblz4;

use crate::board::VEXPRESS_A9;
use crate::media::Kind;
use crate::{paths, progress, run};
use anyhow::{Context, Result};
use corpus::Corpus;
use figure::{Figure, Reach};
use std::path::PathBuf;

/// For an application of 64 MiB, `counter` and `all memory back`, in million instructions.
const LINUX: &str = "Linux 6.12 hibernation on the same emulated board (lzo, SD card, 256 MiB of RAM, application of 64 MiB, \
    instructions by a TCG plugin): 1485 to 1584 million instructions from QEMU's start to the first line of the \
    application, 2100 to 2180 million with all of its memory back.";

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Write the figures to this file as well
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Fail if an instruction count or a size is 2 % over `benches/baseline.json`
    #[arg(long)]
    pub check: bool,
    /// Print the table in Markdown
    #[arg(long)]
    pub markdown: bool,
}

/// Measures, prints, compares.
pub fn main(options: &Options) -> Result<()> {
    let emulator = run::emulator_for(&VEXPRESS_A9, Kind::Sd)?;
    let spinner = progress::spinner("reading the corpus");
    let folder = paths::target().join("bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let corpus = Corpus::load(&folder)?;
    spinner.set_message("compressing it by liblz4");
    let reference = liblz4::measure(&corpus)?;
    spinner.set_message("taking and booting in QEMU");
    let engine = guest::Engine::measure(&emulator, &corpus, &folder)?;
    spinner.set_message("decoding in QEMU");
    let fast = guest::decode(&emulator, "neon,unaligned", &reference, &folder)?;
    let strict = guest::decode(&emulator, "", &reference, &folder)?;
    spinner.set_message("booting the reference firmware");
    let board = board::measure(&emulator)?;
    spinner.finish_and_clear();

    let engine_how = format!(
        "the engine on a medium that is memory; the medium's own copies ({:.2} for each byte of a boot's picture) left out",
        engine.boot_device
    );
    let ratio = |bytes: u64, of: u64| bytes as f64 / of as f64;
    let figures = [
        Figure {
            name: "decode.insn_per_byte",
            value: fast,
            unit: "instructions/byte",
            reach: Reach::AtMost(3.0),
            reference: Some(3.7),
            how: "blocks of liblz4 -1, 16 pages each, features neon and unaligned; the reference is C liblz4".into(),
        },
        Figure {
            name: "boot.insn_per_byte",
            value: engine.boot,
            unit: "instructions/byte",
            reach: Reach::AtMost(4.5),
            reference: Some(17.0),
            how: engine_how.clone(),
        },
        Figure {
            name: "boot.total.insn_per_byte",
            value: board.total,
            unit: "instructions/byte",
            reach: Reach::AtMost(5.5),
            reference: Some(22.0),
            how: board.how,
        },
        Figure {
            name: "take.staged.insn_per_byte",
            value: engine.staged,
            unit: "instructions/byte",
            reach: Reach::AtMost(20.0),
            reference: Some(45.0),
            how: format!("{engine_how}; the read-back is checked"),
        },
        Figure {
            name: "take.unstaged.insn_per_byte",
            value: engine.unstaged,
            unit: "instructions/byte",
            reach: Reach::AtMost(37.0),
            reference: Some(75.0),
            how: format!("{engine_how}; the read-back is checked"),
        },
        Figure {
            name: "image.fast.vs_liblz4",
            value: ratio(engine.fast_bytes, reference.fast),
            unit: "ratio",
            reach: Reach::AtMost(1.0),
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
            reach: Reach::AtMost(1.02),
            reference: Some(1.0),
            how: format!("the same, {} bytes to {} of liblz4 -12", engine.high_bytes, reference.high),
        },
        Figure {
            name: "decode.strict.insn_per_byte",
            value: strict,
            unit: "instructions/byte",
            reach: Reach::AtMost(7.0),
            reference: Some(15.8),
            how: "the same blocks, no features, alignment checked (SCTLR.A); the reference is lz4_flex".into(),
        },
        Figure {
            name: "boot.times_sooner",
            value: board.times_sooner,
            unit: "ratio",
            reach: Reach::AtLeast(20.0),
            reference: Some(1.0),
            how: "the demonstration: instructions from reset to the prompt, cold boot to snapshot boot".into(),
        },
        Figure {
            name: "nosave.bytes",
            value: engine.nosave as f64,
            unit: "bytes",
            reach: Reach::AtMost(200.0 * 1024.0),
            reference: None,
            how: "workspace of 1024 extents and 64 MiB of RAM, codec, store, boot report".into(),
        },
        Figure {
            name: "stack.bytes",
            value: engine.stack as f64,
            unit: "bytes",
            reach: Reach::AtMost(4096.0),
            reference: None,
            how: "deepest of all takes and boots above, by a painted stack, the engine's frames and the store's".into(),
        },
    ];
    println!("{}\n", corpus.describe());
    println!("{}\n", figure::table(&figures, options.markdown));
    println!("{LINUX}");
    if let Some(file) = &options.json {
        figure::write_json(&figures, file)?;
    }
    if options.check {
        figure::check(&figures, &corpus, &paths::root().join("benches/baseline.json"))?;
    }
    Ok(())
}
