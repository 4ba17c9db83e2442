//! Driving QEMU: starting it, talking to the guest's console, to QEMU itself (QMP) and to its debugger stub.
//!
//! Nothing here has a fixed port or path: every run has a folder of its own with its sockets and its RAM
//! file, and both go away with the [`machine::Machine`].

pub mod boot;
pub mod console;
pub mod elf;
pub mod event;
pub mod gdb;
pub mod journal;
pub mod machine;
pub mod memory;
pub mod nbd;
pub mod qmp;
pub mod socket;
