#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose storage driver keeps a count in ordinary memory, which is saved.

#[cfg(target_os = "none")]
mod port {
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use oal_broken_ports::store::{FaultyStorage, StoreFault};
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers};

    static TRANSFERS: AtomicU32 = AtomicU32::new(0);

    struct Broken;

    impl StoreFault for Broken {
        fn writes() {
            TRANSFERS.store(TRANSFERS.load(Relaxed).wrapping_add(1), Relaxed);
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
