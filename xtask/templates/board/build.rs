//! Hands the linker its scripts, and says which places are still to be filled.

fn main() {
    oal_board_build::board("board.ld");
}
