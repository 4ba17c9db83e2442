//! How many bytes a context of each architecture may have.

/// ARMv7-A: the 128 words of its layout, and 32 that a firmware's own hook puts behind them, such as the
/// registers of that hook's caller.
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub const CAPACITY: usize = 640;
/// ARMv5TE: the 36 words of its layout, and as many for a firmware's own hook.
#[cfg(all(target_arch = "arm", not(target_has_atomic = "32")))]
pub const CAPACITY: usize = 288;
/// The fake, and CPUs that only the firmware knows how to capture.
#[cfg(not(target_arch = "arm"))]
pub const CAPACITY: usize = 1024;
