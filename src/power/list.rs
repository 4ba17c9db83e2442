//! [`DriverList`]: drivers in the order in which they need each other.

use crate::power::{PowerManaged, PowerUp};
use crate::system::SuspendFailed;

/// Drivers in order: one that needs another comes after it. They are powered up in this order, and down
/// in the reverse one.
pub struct DriverList<'a, 'd> {
    drivers: &'a mut [&'d mut dyn PowerManaged],
}

impl<'a, 'd> DriverList<'a, 'd> {
    /// The drivers, in the order of their powering up.
    pub fn new(drivers: &'a mut [&'d mut dyn PowerManaged]) -> Self {
        DriverList { drivers }
    }

    /// Powers down all drivers, in reverse order. If one fails, those already down are powered up again.
    ///
    /// # Errors
    /// The driver that failed, as [`System::suspend`](crate::system::System::suspend) wants it.
    pub fn power_down(&mut self) -> Result<(), SuspendFailed> {
        for at in (0..self.drivers.len()).rev() {
            let Some((driver, behind)) = self.drivers.get_mut(at..).and_then(<[_]>::split_first_mut) else {
                continue;
            };
            if driver.power_down().is_err() {
                let name = driver.name();
                for driver in behind {
                    // Best effort: the error that is told is the first one.
                    let _ = driver.power_up(PowerUp::Resume);
                }
                return Err(SuspendFailed { who: name });
            }
        }
        Ok(())
    }

    /// Powers up all drivers, in order; a failure does not keep the others down.
    ///
    /// # Errors
    /// The name of the first driver that failed.
    pub fn power_up(&mut self, why: PowerUp) -> Result<(), &'static str> {
        let mut result = Ok(());
        for driver in self.drivers.iter_mut() {
            if driver.power_up(why).is_err() {
                result = result.and(Err(driver.name()));
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::power::DriverFailed;
    use core::cell::RefCell;
    use std::string::String;
    use std::vec::Vec;

    struct Driver<'a> {
        name: &'static str,
        fails: bool,
        log: &'a RefCell<Vec<String>>,
    }

    impl PowerManaged for Driver<'_> {
        fn name(&self) -> &'static str {
            self.name
        }
        fn power_down(&mut self) -> Result<(), DriverFailed> {
            self.log.borrow_mut().push(std::format!("{} down", self.name));
            if self.fails { Err(DriverFailed) } else { Ok(()) }
        }
        fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
            self.log.borrow_mut().push(std::format!("{} {why:?}", self.name));
            if self.fails { Err(DriverFailed) } else { Ok(()) }
        }
    }

    fn run(
        fails: &'static str,
        act: impl Fn(&mut DriverList<'_, '_>) -> Result<(), &'static str>,
    ) -> (Result<(), &'static str>, Vec<String>) {
        let log = RefCell::new(Vec::new());
        let [mut a, mut b, mut c] =
            ["a", "b", "c"].map(|name| Driver { name, fails: name == fails, log: &log });
        let result = act(&mut DriverList::new(&mut [&mut a, &mut b, &mut c]));
        (result, log.take())
    }

    fn down(list: &mut DriverList<'_, '_>) -> Result<(), &'static str> {
        list.power_down().map_err(|failed| failed.who)
    }

    #[test]
    fn drivers_go_down_in_reverse_order_and_come_up_in_order() {
        assert_eq!(run("", down), (Ok(()), Vec::from(["c down", "b down", "a down"].map(String::from))));
        let up = ["a SnapshotBoot", "b SnapshotBoot", "c SnapshotBoot"].map(String::from);
        assert_eq!(run("", |l| l.power_up(PowerUp::SnapshotBoot)), (Ok(()), Vec::from(up)));
    }

    #[test]
    fn a_driver_that_will_not_go_down_brings_the_others_up_again() {
        let log = ["c down", "b down", "c Resume"].map(String::from);
        assert_eq!(run("b", down), (Err("b"), Vec::from(log)));
    }

    #[test]
    fn a_driver_that_will_not_come_up_does_not_keep_the_others_down() {
        let (result, log) = run("b", |l| l.power_up(PowerUp::Resume));
        assert_eq!((result, log.len()), (Err("b"), 3));
    }
}
