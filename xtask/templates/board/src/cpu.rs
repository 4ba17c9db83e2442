//! The core as a loader hands it over, and the first code of a restored system.

// FILL cpu: what is right for most boards is here already.
/// Whether the core is in Secure state, as after power-on; not so if TF-A, OP-TEE or another monitor started
/// the firmware.
pub const SECURE: bool = true;

/// Brings back what no driver looks after, as a loader does at power-on: pins, clock trees, power domains, an
/// outer cache, secondary cores. The first code of the restored system, before any driver.
///
/// # Safety
/// Interrupts are masked, and no driver runs.
pub unsafe fn snapshot_resume() {}
// FILL END
