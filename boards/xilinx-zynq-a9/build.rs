//! Hands the linker its scripts.

fn main() {
    oal_board_build::board("board.ld");
}
