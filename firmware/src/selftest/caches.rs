//! Caches: what the core has, and whether the one outside it is cleaned at a restore.
//!
//! An emulator without a model of caches shows nothing of what is in them. What is checked is what it can show: that the outer
//! cache's controller and the board's hook agree, and that a restore calls the hook.

use core::arch::asm;

use super::cpu as trip;
use super::report::{Findings, Guide};
use crate::application::Application;
use crate::cpu;
use crate::platform::Platform;

/// reg1_control of an L2C-310 (DDI 0246, 3.3.3): bit 0 says that the cache is on.
const CONTROL: u32 = 0x100;

/// The check.
pub fn check<P: Platform>(application: &mut Application<P>) -> Findings {
    let mut findings = Findings::new("caches", Guide::Caches);
    let (level_id, control): (u32, u32);
    // SAFETY: reads CLIDR and SCTLR, which has no effect.
    unsafe {
        asm!("mrc p15, 1, {}, c0, c0, 1", out(reg) level_id, options(nomem, nostack, preserves_flags));
        asm!("mrc p15, 0, {}, c1, c0, 0", out(reg) control, options(nomem, nostack, preserves_flags));
    }
    let on = |bit: u32| if control & 1 << bit != 0 { "on" } else { "off" };
    let outer = P::OUTER_CACHE.map(|base| {
        // SAFETY: the board vouches for the controller's address; reading its control register has no effect.
        unsafe { ((base + CONTROL) as *const u32).read_volatile() & 1 != 0 }
    });
    if outer == Some(true) && P::outer_cache().is_none() {
        findings.fault(
            "outer-cache-not-cleaned",
            format_args!("controller={:#010x}", P::OUTER_CACHE.unwrap_or_default()),
            "The outer cache is on, and nothing cleans it at a restore: Platform::outer_cache() must, or the cache stay off.",
        );
    }
    let before = cpu::cleanings();
    trip::trip(application);
    let calls = cpu::cleanings().wrapping_sub(before);
    if calls != 1 {
        findings.fault(
            "hook-not-called",
            format_args!("calls={calls}"),
            "A restore must clean the outer cache once: the CPU must be made with the firmware's outer cache.",
        );
    }
    findings.fact(format_args!("levels={} data={} code={}", level_id >> 24 & 7, on(2), on(12)));
    findings.fact(format_args!("outer={}", outer.map_or("none", |on| if on { "on" } else { "off" })));
    findings.fact(format_args!("calls={calls}"));
    findings
}
