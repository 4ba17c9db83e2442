#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose clock is told a frequency twice too high.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};
    use oal_drivers::clock::Clock;

    struct Half(GoodClock);

    impl From<GoodClock> for Half {
        fn from(good: GoodClock) -> Self {
            Half(good)
        }
    }

    impl Clock for Half {
        fn now_us(&mut self) -> u64 {
            self.0.now_us() / 2
        }
    }

    struct Broken;

    impl Fault for Broken {
        type Clock = Half;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
