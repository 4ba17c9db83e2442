#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port that switches the level 2 cache on, and has nothing that cleans it.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::{Fault, GoodClock, GoodDrivers, GoodStorage};
    use oal_firmware::ram::Ram;
    use vexpress_a9::devices::OUTER_CACHE;

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = GoodDrivers;

        fn ram(ram: Ram) -> Ram {
            // SAFETY: reg1_control of the board's L2C-310 (DDI 0246, 3.3.3), which nothing else uses.
            unsafe { ((OUTER_CACHE + 0x100) as *mut u32).write_volatile(1) };
            ram
        }
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
