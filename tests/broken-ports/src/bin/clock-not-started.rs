#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose clock stands still.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};
    use oal_drivers::clock::Clock;

    struct Still;

    impl From<GoodClock> for Still {
        fn from(_: GoodClock) -> Self {
            Still
        }
    }

    impl Clock for Still {
        fn now_us(&mut self) -> u64 {
            0
        }
    }

    struct Broken;

    impl Fault for Broken {
        type Clock = Still;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
