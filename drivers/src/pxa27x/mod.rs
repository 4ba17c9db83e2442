//! PXA27x: interrupt controller, and the operating system timer with the watchdog.
//!
//! Reference: Intel PXA27x Processor Family Developer's Manual, 280000.

pub mod intc;
pub mod os_timer;
