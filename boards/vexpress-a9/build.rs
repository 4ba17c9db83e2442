//! Hands the linker its scripts.

fn main() {
    oal_board_build::board("../../linker/vexpress-a9.ld");
}
