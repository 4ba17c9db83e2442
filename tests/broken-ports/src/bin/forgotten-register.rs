#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port in Secure state whose capture leaves out Monitor mode's registers.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};
    use oal_firmware::arch;
    use oal_snapshot::cpu::{NosaveStack, OuterCache};

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        fn cpu<O: OuterCache, const BYTES: usize>(
            stack: &'static mut NosaveStack<BYTES>,
            outer: O,
        ) -> arch::Core<O> {
            arch::core(stack, false, outer)
        }
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
