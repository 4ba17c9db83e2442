#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose progress bar is drawn into the frame buffer that is saved.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, Good, GoodClock, GoodDrivers, GoodStorage};
    use oal_demo::{Display, FrameBuffer};

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        const PROGRESS: Option<FrameBuffer> = Good::SCREEN;
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
