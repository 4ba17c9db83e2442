#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose frame buffer, a region of the OEM's, lies in the RAM that the system manages.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};
    use oal_snapshot::frame::RamRegion;

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        const OEM: &'static [RamRegion] = &[RamRegion::new(0x6300_0000, 640 * 480 * 2)];
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
