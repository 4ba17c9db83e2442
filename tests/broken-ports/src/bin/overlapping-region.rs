#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose frame buffer, a region of the OEM's, lies in the RAM that the system manages.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        const FRAME_BUFFER: Option<u32> = Some(0x6300_0000);
    }

    oal_firmware::firmware!(oal_broken_ports::Port<Broken>);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
