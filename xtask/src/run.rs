//! `cargo xtask run`: the firmware, interactive on this terminal.

use crate::firmware;
use crate::harness::emulator::Emulator;
use crate::harness::machine::{self, Power};
use crate::media::{Kind, Medium, Sizes, text};
use crate::setup::Found;
use crate::{paths, shell};
use anyhow::{Context, Result};

/// A medium with room for a whole index, twice.
pub const ROOMY: Sizes = Sizes { user: 256, fat: 32, snapshot: 192 };
/// Bytes of text that the demonstration's medium holds at most.
pub const MOST_TEXT: usize = 4 << 20;

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The medium in the slot
    #[arg(long, value_enum, default_value = "sd")]
    pub medium: Kind,
    /// MiB of RAM, 64 to 1024
    #[arg(long, value_name = "MIB", default_value_t = 128, value_parser = clap::value_parser!(u32).range(64..=1024))]
    pub ram: u32,
}

/// Runs until the firmware powers off or the user leaves.
pub fn main(options: &Options) -> Result<()> {
    let emulator = emulator_for(options.medium)?;
    let firmware = firmware::build()?;
    let folder = paths::target().join("run");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}.img", options.medium.name()));
    let medium = if path.exists() {
        Medium::existing(path, options.medium, ROOMY)
    } else {
        Medium::disk(&path, options.medium, ROOMY, &text::gather(paths::root(), MOST_TEXT)?)?
    };
    println!(
        "The medium is {}; it keeps its snapshots from run to run. Delete the file for a new one.",
        medium.path.display()
    );
    println!("Leave with the command `poweroff`, or at any time with Ctrl-A X.\n");
    let mut command = emulator.command();
    let power = Power {
        emulator: &emulator,
        firmware: &firmware,
        ram_mib: options.ram,
        medium: Some(&medium),
        noise: 0,
        stops: &[],
        counted: false,
    };
    machine::board_options(&mut command, &power);
    command.args(["-chardev", "stdio,id=console,mux=on,signal=off", "-serial", "chardev:console"]);
    command.args(["-mon", "chardev=console,mode=readline"]);
    machine::die_with_parent(&mut command);
    shell::run(&mut command)
}

/// A QEMU that has this kind of medium.
pub fn emulator_for(kind: Kind) -> Result<Emulator> {
    let found = Found::look()?;
    let emulator = match kind {
        Kind::Sd => found.any_qemu().cloned(),
        Kind::Emmc => found.newer,
    };
    emulator
        .with_context(|| format!("no QEMU with {} was found; `cargo xtask setup` installs it", kind.name()))
}
