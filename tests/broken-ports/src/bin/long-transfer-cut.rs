#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose storage driver moves 64 KiB at most, and leaves out the rest of a longer read.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::store::{FaultyStorage, StoreFault};
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers};

    struct Broken;

    impl StoreFault for Broken {
        fn has_read(bytes: &mut [u8]) {
            if let Some(rest) = bytes.get_mut(64 << 10..) {
                rest.fill(0);
            }
        }
    }

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = FaultyStorage<Broken>;
        type Drivers = GoodDrivers;
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
