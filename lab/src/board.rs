//! The boards that are built and emulated, as data.

use crate::media::Kind;
use crate::toolchain::Target;
use std::ops::Range;

/// A board of `boards/`.
#[derive(Debug, PartialEq, Eq)]
pub struct Board {
    /// Its name: that of its package, of its folder, and of the line `@reset`.
    pub name: &'static str,
    /// What its firmware is compiled for.
    pub target: Target,
    /// QEMU's options for the machine and its CPU.
    pub machine: &'static [&'static str],
    /// The last QEMU that has the machine, if it was given up.
    pub last_qemu: Option<(u32, u32)>,
    /// Where RAM begins.
    pub ram_base: u64,
    /// MiB from there on that the firmware does not call RAM.
    pub ram_kept_mib: u32,
    /// Whether QEMU can keep its RAM in a file, so that the host can look at it.
    pub ram_is_a_file: bool,
    /// Sizes of RAM that it can have, in MiB; the first is what most cases use.
    pub ram_mib: &'static [u32],
    /// The firmware's drivers, in the order in which they come up.
    pub drivers: &'static [&'static str],
    /// Its media.
    pub media: &'static [Kind],
}

/// Arm's Versatile Express with a Cortex-A9: the reference board.
pub static VEXPRESS_A9: Board = Board {
    name: "vexpress-a9",
    target: Target::Armv7a,
    machine: &["-M", "vexpress-a9"],
    last_qemu: None,
    ram_base: 0x6000_0000,
    ram_kept_mib: 0,
    ram_is_a_file: true,
    ram_mib: &[64, 256, 1024],
    drivers: &["gic", "timer", "uart", "lcd"],
    media: &[Kind::Emmc, Kind::Sd, Kind::Nand, Kind::Nor],
};

/// Nokia N800: an OMAP2 with a OneNAND, here with the CPU of the other board, since the engine is for ARMv7-A.
pub static N800: Board = Board {
    name: "n800",
    target: Target::Armv7a,
    machine: &["-M", "n800", "-cpu", "cortex-a9"],
    last_qemu: Some((9, 1)),
    ram_base: 0x8000_0000,
    ram_kept_mib: 0,
    ram_is_a_file: true,
    ram_mib: &[128],
    drivers: &["intc", "timer", "uart"],
    media: &[Kind::OneNand],
};

/// Sharp Zaurus SL-C1000: an ARMv5TE with a raw NAND chip. Its program checks itself; it has no picture to restore.
pub static AKITA: Board = Board {
    name: "akita",
    target: Target::Armv5te,
    machine: &["-M", "akita"],
    last_qemu: Some((9, 1)),
    ram_base: 0xa000_0000,
    ram_kept_mib: 0,
    ram_is_a_file: false,
    ram_mib: &[64],
    drivers: &[],
    media: &[Kind::RawNand],
};

/// A Zynq-7000 with an eMMC behind an SDHCI. Its first two MiB of RAM are a hole at address 0 and the frame buffer.
pub static XILINX_ZYNQ_A9: Board = Board {
    name: "xilinx-zynq-a9",
    target: Target::Armv7a,
    machine: &["-M", "xilinx-zynq-a9"],
    last_qemu: None,
    ram_base: 0,
    ram_kept_mib: 2,
    ram_is_a_file: true,
    ram_mib: &[64, 256, 1024],
    drivers: &["gic", "timer", "uart"],
    media: &[Kind::Emmc],
};

/// The reference board once more, with the firmware in C of `oal/examples`.
pub static VEXPRESS_A9_C: Board = Board {
    name: "vexpress-a9-c",
    target: Target::Armv7a,
    machine: &["-M", "vexpress-a9"],
    last_qemu: None,
    ram_base: 0x6000_0000,
    ram_kept_mib: 0,
    ram_is_a_file: true,
    ram_mib: &[64],
    drivers: &[],
    media: &[Kind::Nor, Kind::Sd],
};

/// All boards.
pub static BOARDS: [&Board; 5] = [&VEXPRESS_A9, &N800, &AKITA, &XILINX_ZYNQ_A9, &VEXPRESS_A9_C];

impl Board {
    /// The firmware for a medium: each medium that is no card in a slot has a program of its own.
    pub fn binary(&self, kind: Kind) -> &'static str {
        if self.is_in_c() {
            return self.name;
        }
        match kind {
            Kind::Nand => "vexpress-a9-nand",
            Kind::Nor => "vexpress-a9-nor",
            Kind::Sd | Kind::Emmc | Kind::OneNand | Kind::RawNand => self.name,
        }
    }

    /// What the firmware calls RAM, on a board with `mib` MiB.
    pub fn ram_range(&self, mib: u32) -> Range<u64> {
        let mib_after = |mib: u32| self.ram_base + (u64::from(mib) << 20);
        mib_after(self.ram_kept_mib)..mib_after(mib)
    }

    /// Whether its firmware is written in C.
    pub fn is_in_c(&self) -> bool {
        *self == VEXPRESS_A9_C
    }

    /// MiB of RAM where a case does not ask for more.
    pub fn ram(&self) -> u32 {
        self.ram_mib[0]
    }
}

/// The board with this name.
pub fn named(name: &str) -> Option<&'static Board> {
    BOARDS.into_iter().find(|board| board.name == name)
}

/// The names of all boards, or of all their media.
pub fn names() -> Vec<&'static str> {
    BOARDS.iter().map(|board| board.name).collect()
}

/// The names of all media, each once.
pub fn media() -> Vec<&'static str> {
    let mut names: Vec<_> = BOARDS.iter().flat_map(|b| b.media).map(|kind| kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_is_found_by_its_name_and_has_a_medium_and_ram() {
        for board in BOARDS {
            assert_eq!(named(board.name), Some(board));
            assert!(!board.media.is_empty() && board.ram() > 0);
        }
        assert_eq!(named("other"), None);
        assert_eq!(media(), ["emmc", "nand", "nor", "onenand", "sd"]);
    }
}
