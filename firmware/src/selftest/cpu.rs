//! Every register goes through a capture and comes back by a restore in place, without a reboot.
//!
//! Patterns are set; the CPU is captured; on the engine's stack every register is given another value; and
//! the context is restored, which goes on where the capture returns. A register that the capture leaves out
//! keeps the other value.

use oal_snapshot::cpu::CpuContext;
use oal_snapshot::cpu::NosaveStack;
use oal_snapshot::hooks::{Fork, RestoreCpu, TakeCpuSnapshot};

use super::report::{Findings, Guide};
use crate::application::Application;
use crate::arch::{mask_interrupts, state, unmask_interrupts};
use crate::board::Board;
use crate::boot_stage::{self, BootStage};
use crate::cpu;
use crate::nosave::NosaveCell;
use crate::platform::Platform;
use crate::register_test::{Outcome, RegisterTest};

/// Registers that may hold the same before and after they are spoilt: ACTLR has no bit that every core lets
/// be changed.
const UNSPOILT: u32 = 1;

/// For a CPU that only restores, as the boot stage's does.
#[unsafe(link_section = ".nosave.bss")]
static NO_STACK: NosaveCell<NosaveStack<0>> = NosaveCell::new(NosaveStack::new());

/// The result of a capture and a restore.
pub struct Trip {
    /// On which of its returns the capture came back.
    pub fork: Fork,
    /// The registers.
    pub outcome: Outcome,
    /// Registers that were not spoilt in between, so that nothing is known of them.
    pub unspoilt: u32,
    /// Whether mode and interrupt masks are what they were.
    pub state_is_right: bool,
}

/// Makes the trip.
pub fn trip<P: Platform, A: Application<P>>(stage: &mut BootStage<P, A>) -> Trip {
    // SAFETY: a stack of no bytes, which nobody can use.
    let mut restorer = cpu::new::<P, 0>(unsafe { NO_STACK.take() });
    let mut context = CpuContext::new();
    let mut unspoilt = 0;
    mask_interrupts();
    let before = state();
    // SAFETY: interrupts are masked until the test ends, and the firmware runs in System mode.
    let test = unsafe { RegisterTest::begin(P::SECURE) };
    let fork = stage.cpu.take_cpu_snapshot(&mut context, &mut |context| {
        if restorer.accepts(context) {
            // SAFETY: interrupts are masked; the restore comes next, and uses none of them.
            unsafe { test.spoil(boot_stage::table(), &mut unspoilt) };
            match restorer.restore_cpu(context) {}
        }
    });
    let state_is_right = before == state();
    let outcome = test.end(P::SECURE);
    unmask_interrupts();
    Trip { fork, outcome, unspoilt, state_is_right }
}

/// The check.
pub fn check<P: Platform, A: Application<P>>(stage: &mut BootStage<P, A>, _: &mut Board<P, A>) -> Findings {
    let mut findings = Findings::new("cpu", Guide::Cpu);
    let Trip { fork, outcome, unspoilt, state_is_right } = trip(stage);
    if fork != Fork::Restored {
        findings.fault(
            "context-refused",
            format_args!(""),
            "The CPU refuses the context that it captured itself: capture and restore are not set up alike.",
        );
        return findings;
    }
    if !state_is_right {
        findings.fault(
            "state-not-restored",
            format_args!("register=cpsr"),
            "Mode or interrupt masks are not those of the capture.",
        );
    }
    if unspoilt > UNSPOILT {
        findings.fault(
            "nothing-to-see",
            format_args!("registers={unspoilt}"),
            "Registers held the same before and after they were spoilt, so nothing is known of them.",
        );
    }
    for wrong in &outcome.first {
        let (name, want, got) = (wrong.name, wrong.want, wrong.got);
        let advice = "This register does not come back: the capture leaves it out (Monitor mode's need Platform::SECURE), \
                      or the restore does.";
        match wrong.number {
            Some(number) => findings.fault(
                "register-forgotten",
                format_args!("register={name}{number} want={want:x} got={got:x}"),
                advice,
            ),
            None => findings.fault(
                "register-forgotten",
                format_args!("register={name} want={want:x} got={got:x}"),
                advice,
            ),
        }
    }
    findings.fact(format_args!("registers={}", outcome.checked));
    findings
}
