//! Hands the linker its scripts.

fn main() {
    oal_board_build::board("../../linker/n800.ld");
}
