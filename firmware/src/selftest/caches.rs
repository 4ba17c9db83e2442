//! Caches: what the core has, and whether the one outside it is cleaned at a restore.
//!
//! An emulator without a model of caches shows nothing of what is in them. What is checked is what it can
//! show: that the outer cache's controller and the board's hook agree, and that a restore calls the hook.

use super::cpu as trip;
use super::report::{Findings, Guide};
use crate::application::Application;
use crate::arch::cache;
use crate::board::Board;
use crate::boot_stage::BootStage;
use crate::cpu;
use crate::platform::Platform;

/// reg1_control of an L2C-310 (DDI 0246, 3.3.3): bit 0 says that the cache is on.
const CONTROL: usize = 0x100;

/// The check.
pub fn check<P: Platform, A: Application<P>>(stage: &mut BootStage<P, A>, _: &mut Board<P, A>) -> Findings {
    let mut findings = Findings::new("caches", Guide::Caches);
    let caches = cache::caches();
    let on = |on: bool| if on { "on" } else { "off" };
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
    trip::trip(stage);
    let calls = cpu::cleanings().wrapping_sub(before);
    if calls != 1 {
        findings.fault(
            "hook-not-called",
            format_args!("calls={calls}"),
            "A restore must clean the outer cache once: the CPU must be made with the firmware's outer cache.",
        );
    }
    findings.fact(format_args!("levels={} data={} code={}", caches.levels, on(caches.data), on(caches.code)));
    findings.fact(format_args!("outer={}", outer.map_or("none", on)));
    findings.fact(format_args!("calls={calls}"));
    findings
}
