//! Devices at fixed addresses: how a board says where they are.

use oal_drivers::mmio::Window;

/// Registers at a fixed address.
///
/// # Safety
/// As for [`Window::new`]; the address is from the memory map of the board.
pub const unsafe fn window<const BYTES: usize>(address: usize) -> Window<BYTES> {
    // SAFETY: the caller's promise.
    unsafe { Window::new(address as *mut u32) }
}

/// A function for each device, that gives its driver: `devices! { /// Timers. timers() -> Timers =
/// Sp804::new(window(0x1001_1000)); }`
#[macro_export]
macro_rules! devices {
    ($($(#[$doc:meta])* $name:ident() -> $type:ty = $make:expr;)+) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// No two users may fight over the device.
        pub unsafe fn $name() -> $type {
            // SAFETY: the device's own registers, and the caller keeps its users apart.
            unsafe { $make }
        }
    )+};
}
