//! The core: one door. The module of each architecture defines the same names, and nothing else of the
//! firmware knows which one it is.
//!
//! | name | what |
//! |---|---|
//! | `Core`, `core` | the library's CPU for this core, with its stack and its outer cache |
//! | `enter_application` | leaves the boot stage for good |
//! | `early_store!` | a store by the first instructions |
//! | `Table`, `enable`, `switch_to`, `translate` | translation |
//! | `mask_interrupts`, `unmask_interrupts`, `state` | mode and interrupt masks |
//! | `exception` | what the core's registers say of an exception |
//! | `cache` | maintenance by address, and what the core has |
//! | `Registers` | every register that a snapshot must bring back |
//! | `Work` | a computation that lives in the registers of a vector unit, or in memory if there is none |
//!
//! The first instructions, `_start`, and the exception vectors are behind the door as well: they call
//! `oal_boot`, `oal_interrupt` and `oal_fault`, which [`firmware!`](crate::firmware) defines.

// A stable compiler does not name the architecture's version; ARMv5TE is the one without atomic words.
#[cfg(all(target_arch = "arm", not(target_has_atomic = "32")))]
mod armv5te;
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
mod armv7a;

#[cfg(all(target_arch = "arm", not(target_has_atomic = "32")))]
pub use armv5te::*;
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub use armv7a::*;
