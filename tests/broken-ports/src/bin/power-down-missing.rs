#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose timer goes on while the image is written: a driver without its half of a hook.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::drivers::{Drivers, GoodTimer};
    use oal_broken_ports::{Fault, GoodClock, GoodStorage};
    use oal_firmware::history::{GateUse, PowerHistory};
    use oal_firmware::platform::Driver;
    use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};

    struct Timer(GoodTimer);

    impl From<GoodTimer> for Timer {
        fn from(good: GoodTimer) -> Self {
            Timer(good)
        }
    }

    impl PowerManaged for Timer {
        fn name(&self) -> &'static str {
            self.0.name()
        }

        fn power_down(&mut self) -> Result<(), DriverFailed> {
            Ok(())
        }

        fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
            self.0.power_up(why)
        }
    }

    impl Driver for Timer {
        fn history(&self) -> PowerHistory {
            self.0.history()
        }

        fn gate(&self) -> Option<GateUse> {
            self.0.gate()
        }
    }

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = Drivers<Timer>;
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
