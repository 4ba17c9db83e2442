//! Controllers of the Zynq-7000 processors (UG585, the technical reference manual).

pub mod slcr;
pub mod uart;
