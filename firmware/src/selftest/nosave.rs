//! Memory that must not be saved is nosave, memory that must be saved is not, and no saved memory changes
//! while the medium is written.

use super::rehearsal;
use super::report::{Findings, Guide};
use crate::application::Application;
use crate::board::Board;
use crate::boot_stage::{self, BootStage};
use crate::history::STATE;
use crate::layout;
use crate::mapping::any_has;
use crate::platform::Platform;

/// Pages of the rehearsal's image: enough for each kind of transfer.
const PAGES: u32 = 40;

/// The check.
pub fn check<P: Platform, A: Application<P>>(
    stage: &mut BootStage<P, A>,
    board: &mut Board<P, A>,
) -> Findings {
    let mut findings = Findings::new("nosave", Guide::Nosave);
    places(stage, board, &mut findings);
    match rehearsal::run(stage, board, PAGES) {
        Err(obstacle) => findings.fact(format_args!("rehearsal={obstacle}")),
        Ok(found) => {
            if !found.on_nosave_stack {
                findings.fault(
                    "writer-stack-in-saved-memory",
                    format_args!(""),
                    "The stack that the CPU is made with must be a NosaveStack in a nosave section.",
                );
            }
            if let Some(address) = found.changed {
                findings.fault(
                    "memory-changed",
                    format_args!("at={address:#010x} in={}", section::<P>(address)),
                    "Writing the medium changed saved memory: look that address up in the linker's map. The storage \
                     driver's state, its buffers and its DMA descriptors belong into .nosave.bss or .nosave.data.",
                );
            }
            findings.fact(format_args!("compared={}", found.pages));
        }
    }
    findings
}

/// Whose an address is.
fn section<P: Platform>(address: usize) -> &'static str {
    match address {
        _ if (layout::data_start()..layout::data_end()).contains(&address) => "data",
        _ if (layout::bss_start()..layout::bss_end()).contains(&address) => "bss",
        _ if (layout::bss_end()..layout::heap_start()).contains(&address) => "stack",
        _ if any_has(P::OEM, address as u64) => "oem",
        _ if address >= layout::heap_start() => "heap",
        _ => "other",
    }
}

/// Whether all bytes from `start` on lie in one nosave region.
fn is_nosave(start: usize, len: usize) -> bool {
    layout::nosave().iter().any(|region| {
        let (start, end) = (start as u64, start as u64 + len as u64);
        start >= region.base && end <= region.base + region.len
    })
}

/// Looks where things lie.
fn places<P: Platform, A: Application<P>>(
    stage: &BootStage<P, A>,
    board: &Board<P, A>,
    findings: &mut Findings,
) {
    let own = [
        ("boot-stage", core::ptr::from_ref(stage) as usize, size_of_val(stage)),
        ("boot-stack", layout::boot_stack_bottom(), layout::boot_stack_top() - layout::boot_stack_bottom()),
        ("boot-code", boot_stage::boot::<P, A> as *const () as usize, 4),
    ];
    let mut looked_at = 0;
    for (what, start, len) in own.into_iter().chain(boot_stage::places()) {
        looked_at += 1;
        if !is_nosave(start, len) {
            findings.fault(
                "in-saved-memory",
                format_args!("what={what} range={start:#010x}..{:#010x}", start + len),
                "This must be nosave memory: the linker script's nosave sections must lie between __oal_nosave_start and \
                 __oal_nosave_end, and code between __oal_code_start and __oal_code_end.",
            );
        }
    }
    let stack = 0_u8;
    let saved = [
        ("snapshot-state", &raw const STATE as usize),
        ("board", core::ptr::from_ref(board) as usize),
        ("stack", &raw const stack as usize),
        ("statics", layout::bss_start()),
    ];
    for (what, address) in saved {
        looked_at += 1;
        if is_nosave(address, 1) {
            findings.fault(
                "not-in-saved-memory",
                format_args!("what={what} at={address:#010x}"),
                "The application's memory must be saved: the nosave range of the linker script is too large.",
            );
        }
    }
    findings.fact(format_args!("places={looked_at}"));
}
