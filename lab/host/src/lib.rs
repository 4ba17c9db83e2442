//! This machine, as the lab and the tasks see it: folders, programs, compilers and QEMUs; tables and progress
//! for a person.

pub mod found;
pub mod paths;
pub mod progress;
pub mod qemu;
pub mod shell;
pub mod table;
pub mod toolchain;
