//! [`Wait`]: a clock that waits, for drivers that ask for `embedded-hal`'s delay.

pub use oal_drivers::clock::Wait;
