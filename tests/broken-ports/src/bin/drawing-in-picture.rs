#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose progress bar is drawn into the frame buffer that belongs to the picture.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, Good, GoodClock, GoodDrivers, GoodStorage};
    use oal_firmware::Platform;

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        const PROGRESS_BUFFER: Option<u32> = Good::FRAME_BUFFER;
    }

    oal_firmware::firmware!(oal_broken_ports::Port<Broken>);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
