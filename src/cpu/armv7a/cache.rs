//! Cache maintenance by set and way, over all levels that CLIDR names (DDI 0406C, B2.2.7 and the example
//! there).

use aarch32_cpu::asm::{dsb, isb};
use aarch32_cpu::register::bpiall::BpIAll;
use aarch32_cpu::register::{Ccsidr, Clidr, Csselr, Dccisw, Iciallu, SysRegRead, SysRegWrite};

/// Cleans and invalidates every data and unified cache up to the point of coherency.
pub(super) fn clean_invalidate_data() {
    let clidr = Clidr::read_raw();
    let levels = (clidr >> 24) & 7;
    let selected = Csselr::read_raw();
    dsb();
    for level in 0..levels {
        // Ctype: 2 data, 3 separate, 4 unified.
        if (clidr >> (3 * level)) & 7 < 2 {
            continue;
        }
        // SAFETY: CLIDR says that the level has a data or unified cache; CSSELR only chooses what CCSIDR shows.
        unsafe { Csselr::write_raw(level << 1) };
        isb();
        let ccsidr = Ccsidr::read_raw();
        let line_shift = (ccsidr & 7) + 4;
        let ways = ((ccsidr >> 3) & 0x3ff) + 1;
        let sets = ((ccsidr >> 13) & 0x7fff) + 1;
        // The way sits at the top of the word, in as many bits as the highest way needs.
        let way_shift = (ways - 1).leading_zeros();
        for way in 0..ways {
            for set in 0..sets {
                let way_bits = way.checked_shl(way_shift).unwrap_or(0);
                // SAFETY: set and way exist at this level; cleaning before invalidating loses no data.
                unsafe { Dccisw::write_raw(way_bits | set << line_shift | level << 1) };
            }
        }
    }
    // SAFETY: the value that was read from it.
    unsafe { Csselr::write_raw(selected) };
    dsb();
    isb();
}

/// Invalidates the instruction cache and the branch predictor.
pub(super) fn invalidate_instruction() {
    Iciallu::write();
    BpIAll::write();
    dsb();
    isb();
}
