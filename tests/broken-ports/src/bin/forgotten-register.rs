#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port in Secure state whose capture leaves out Monitor mode's registers.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};
    use oal_snapshot::cpu::NosaveStack;
    use oal_snapshot::cpu::armv7a::Armv7a;

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        fn cpu<const BYTES: usize>(stack: &'static mut NosaveStack<BYTES>) -> Armv7a {
            Armv7a::new(stack)
        }
    }

    oal_firmware::firmware!(oal_broken_ports::Port<Broken>);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
