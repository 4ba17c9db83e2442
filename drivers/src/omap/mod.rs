//! Controllers of TI's OMAP 2 processors, as in the OMAP2420 of the Nokia N800.
//!
//! Reference: OMAP2410/OMAP2420 Multimedia Processor Technical Reference Manual, SWPU064, cited by chapter
//! and register.

pub mod gptimer;
pub mod intc;
pub mod prcm;
pub mod sync_counter;
pub mod uart;
