//! `cargo xtask run`: the firmware, interactive on this terminal.

use crate::board::{self, Board};
use crate::firmware;
use crate::harness::machine::{self, Power};
use crate::media::{Kind, Medium, Sizes, text};
use crate::{paths, shell};
use anyhow::{Context, Result, ensure};
use oal_lab_host::found::Found;
use oal_lab_host::qemu::Emulator;

/// A medium with room for a whole index, twice.
pub const ROOMY: Sizes = Sizes { user: 256, fat: 32, snapshot: 192 };
/// Bytes of text that the demonstration's medium holds at most.
pub const MOST_TEXT: usize = 4 << 20;

/// Options of the task.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The board [default: the reference board, or the first that has the medium]
    #[arg(long, value_name = "B")]
    pub board: Option<String>,
    /// The medium [default: the board's first, an SD card if no board is named]
    #[arg(long, value_name = "M")]
    pub medium: Option<String>,
    /// MiB of RAM, 64 to 1024 where the board has a choice
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(64..=1024))]
    pub ram: Option<u32>,
}

/// Runs until the firmware powers off or the user leaves.
pub fn main(options: &Options) -> Result<()> {
    let (board, choice) = choose(options.board.as_deref(), options.medium.as_deref())?;
    let ram_mib = ram(board, options.ram)?;
    let emulator = emulator_for(board, choice)?;
    let firmware = firmware::build(board, choice)?;
    let folder = paths::target().join("run");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}-{}.img", board.name, choice.name()));
    let medium = if path.exists() {
        Medium::existing(path, choice.layout, ROOMY)
    } else {
        Medium::fresh(&path, choice.layout, ROOMY, &text::gather(paths::root(), MOST_TEXT)?)?
    };
    println!(
        "The medium is {}; it keeps its snapshots from run to run. Delete the file for a new one.",
        medium.path.display()
    );
    println!("Leave with the command `poweroff`, or at any time with Ctrl-A X.\n");
    let mut command = emulator.command();
    let power = Power {
        board,
        emulator: &emulator,
        firmware: &firmware,
        ram_mib,
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

/// What the options ask for.
fn choose(board: Option<&str>, medium: Option<&str>) -> Result<(&'static Board, &'static board::Medium)> {
    let medium = medium.or(if board.is_none() { Some("sd") } else { None });
    let all = board::choose(board::all()?, board, medium)?;
    let first = all.iter().find(|(b, _)| board.is_some() || board::reference().is_ok_and(|r| r == *b));
    first.or(all.first()).copied().context("the board has no such medium")
}

/// MiB of RAM: any size for a board that has a choice.
fn ram(board: &Board, asked: Option<u32>) -> Result<u32> {
    match (asked, &board.ram_mib[..]) {
        (None, [_]) => Ok(board.ram()),
        (None, _) => Ok(128),
        (Some(mib), [only]) => {
            ensure!(mib == *only, "the board {} has {only} MiB of RAM", board.name);
            Ok(mib)
        }
        (Some(mib), _) => Ok(mib),
    }
}

/// A QEMU that has the board and this kind of medium.
pub fn emulator_for(board: &Board, medium: &board::Medium) -> Result<Emulator> {
    let found = Found::look()?;
    let emulator = if medium.kind() == Kind::Emmc { found.newer } else { found.any_qemu().cloned() };
    emulator.filter(|e| e.has(board.last_qemu)).with_context(|| {
        format!(
            "no QEMU with {} and {} was found; `cargo xtask setup` installs what can be had",
            board.name,
            medium.name()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn board_and_medium_are_found_from_either() {
        let chosen = |board, medium| {
            let (board, medium) = choose(board, medium).unwrap();
            (board.name.as_str(), medium.name())
        };
        assert_eq!(chosen(None, None), ("vexpress-a9", "sd"));
        assert_eq!(chosen(None, Some("nand")), ("vexpress-a9", "nand"));
        assert_eq!(chosen(Some("akita"), Some("nand")), ("akita", "nand"));
        assert_eq!(chosen(Some("n800"), None), ("n800", "onenand"));
        assert!(choose(Some("n800"), Some("sd")).is_err());
        let [n800, vexpress] = ["n800", "vexpress-a9"].map(|name| board::named(name).unwrap());
        assert_eq!((ram(n800, None).unwrap(), ram(vexpress, None).unwrap()), (128, 128));
        assert!(ram(n800, Some(64)).is_err());
    }
}
