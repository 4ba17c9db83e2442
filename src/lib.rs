#![no_std]
#![deny(missing_docs)]
#![deny(unsafe_code)]
//! Placeholder essay.

#[cfg(test)]
extern crate std;

#[macro_use]
mod log;

pub mod boot;
pub mod codec;
#[allow(unsafe_code)]
pub mod cpu;
pub mod drivers;
pub mod frame;
pub mod hooks;
pub mod image;
mod load;
#[allow(unsafe_code)]
pub mod mem;
pub mod memory_map;
mod pack;
pub mod progress;
pub mod refusal;
pub mod state;
pub mod store;
pub mod system;
pub mod take;
pub mod workspace;
