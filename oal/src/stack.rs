//! The stack on which the engine writes a snapshot.

/// Bytes of the stack on which the engine, the store and the medium's driver run while a snapshot is written.
pub const OAL_SNAPSHOT_STACK_BYTES: u32 = 32 << 10;
pub(crate) const STACK_BYTES: usize = OAL_SNAPSHOT_STACK_BYTES as usize;
#[cfg(all(target_arch = "arm", target_has_atomic = "32"))]
pub(crate) type Stack = oal_snapshot::cpu::NosaveStack<STACK_BYTES>;
/// Where the C side captures the CPU, it brings the stack too.
#[cfg(not(all(target_arch = "arm", target_has_atomic = "32")))]
pub(crate) type Stack = [u8; STACK_BYTES];
