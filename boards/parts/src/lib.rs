#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! Drivers of chips and controllers that snapshot boot boards are made of.
pub mod a9_timer;
pub mod clock;
pub mod mmio;
pub mod mmc;
pub mod pl181;
