#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port that claims twice the RAM that there is.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};
    use oal_firmware::ram::Ram;

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        fn ram(mut ram: Ram) -> Ram {
            ram.iter_mut().for_each(|bank| bank.len *= 2);
            ram
        }
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
