#![cfg_attr(target_os = "none", no_std, no_main)]
//! A port whose screen stays as it was at power-on after a snapshot boot: its driver takes a power-off for a
//! rest.

#[cfg(target_os = "none")]
mod port {
    use oal_broken_ports::drivers::{Drivers, GoodScreen, GoodTimer};
    use oal_broken_ports::{Fault, GoodClock, GoodStorage};
    use oal_firmware::history::PowerHistory;
    use oal_firmware::platform::Driver;
    use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};

    /// LCDControl of the tile's PL111 (DDI 0293, 3.3.8): controller and power on.
    const LCD_CONTROL: *mut u32 = 0x1002_0018 as *mut u32;
    const ON: u32 = 1 << 11 | 1;

    struct Lazy {
        history: PowerHistory,
    }

    impl From<GoodScreen> for Lazy {
        fn from(good: GoodScreen) -> Self {
            Lazy { history: good.history() }
        }
    }

    impl Lazy {
        fn control(change: impl FnOnce(u32) -> u32) {
            // SAFETY: the controller's register, and this driver is its user.
            unsafe { LCD_CONTROL.write_volatile(change(LCD_CONTROL.read_volatile())) };
        }
    }

    impl PowerManaged for Lazy {
        fn name(&self) -> &'static str {
            "lcd"
        }

        fn power_down(&mut self) -> Result<(), DriverFailed> {
            Lazy::control(|control| control & !ON);
            Ok(())
        }

        fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
            self.history.up(why);
            Lazy::control(|control| control | ON);
            Ok(())
        }
    }

    impl Driver for Lazy {
        fn history(&self) -> PowerHistory {
            self.history
        }
    }

    struct Broken;

    impl Fault for Broken {
        type Clock = GoodClock;
        type Storage = GoodStorage;
        type Drivers = Drivers<GoodTimer, Lazy>;
    }

    oal_broken_ports::firmware!(Broken);
}

/// The port runs on its board only.
#[cfg(not(target_os = "none"))]
fn main() {}
