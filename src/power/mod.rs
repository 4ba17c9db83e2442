//! Power-managed drivers: taken down before a capture, brought up after it or after a snapshot boot.

mod list;
mod ref_count;

pub use list::DriverList;
pub use ref_count::{Hold, RefCount};

use crate::system::Resume;

/// The reason for powering up a driver.
#[doc(alias = "CEDEVICE_POWER_STATE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PowerUp {
    /// The device was at rest, and powered throughout.
    Resume,
    /// The device was off: initialise it as if the system had just been switched on, and use its software
    /// state (which came back with the saved memory) to bring it to where it was.
    SnapshotBoot,
}

impl From<Resume> for PowerUp {
    fn from(why: Resume) -> PowerUp {
        match why {
            Resume::Live => PowerUp::Resume,
            Resume::Restored => PowerUp::SnapshotBoot,
        }
    }
}

/// A driver did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DriverFailed;

/// A driver of a device whose state RAM alone does not hold (`XXX_PowerDown`, `XXX_PowerUp`).
///
/// ```
/// use oal_snapshot::power::{DriverFailed, PowerManaged, PowerUp};
/// struct Backlight { level: u8 }
/// impl PowerManaged for Backlight {
///     fn name(&self) -> &'static str {
///         "backlight"
///     }
///     fn power_down(&mut self) -> Result<(), DriverFailed> {
///         Ok(()) // switch the lamp off; `level` stays, and is saved
///     }
///     fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed> {
///         if why == PowerUp::SnapshotBoot { /* initialise the PWM */ }
///         Ok(()) // set the lamp to `level`
///     }
/// }
/// ```
#[doc(alias = "IOCTL_POWER_SET")]
pub trait PowerManaged {
    /// The driver's name.
    fn name(&self) -> &'static str;

    /// Stops the device: no DMA, no interrupt, nothing in flight when it returns.
    ///
    /// # Errors
    /// If the device cannot be stopped; it must then be working as before.
    #[doc(alias = "XXX_PowerDown")]
    fn power_down(&mut self) -> Result<(), DriverFailed>;

    /// Starts the device again.
    ///
    /// # Errors
    /// If it does not come up. The others are brought up all the same.
    #[doc(alias = "XXX_PowerUp")]
    fn power_up(&mut self, why: PowerUp) -> Result<(), DriverFailed>;
}
