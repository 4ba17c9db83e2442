#![cfg_attr(target_os = "none", no_std)]
//! Ports of the reference firmware to the Versatile Express, each with exactly one fault: the self test must
//! name it.
//!
//! A port is a program of `src/bin`: a [`Fault`], which is the good board but for what it says otherwise, and
//! `oal_broken_ports::firmware!(ThatFault)`. `cargo xtask qemu-test --filter selftest-names` runs them.

#[cfg(target_os = "none")]
pub mod drivers;
#[cfg(target_os = "none")]
pub mod port;
#[cfg(target_os = "none")]
pub mod store;

#[cfg(target_os = "none")]
pub use port::{Fault, Good, GoodClock, GoodDrivers, GoodStorage, GoodUart, Port};

/// Makes a program of the good board with a fault.
#[macro_export]
macro_rules! firmware {
    ($fault:ty) => {
        oal_firmware::firmware!($crate::Port<$fault>, oal_demo::Demo<$crate::Port<$fault>>);
    };
}
