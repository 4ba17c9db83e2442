#![cfg_attr(target_os = "none", no_std)]
//! The reference firmware: what every port needs to take snapshots and to boot from them.
//!
//! ```text
//!  power on ─ start ─ boot_stage ─┬─ an image boots: the system goes on where it was captured
//!              (nosave memory)    └─ shell: starts drivers and application, then takes commands:
//!                                    snapshot, selftest, ...
//! ```
//!
//! It runs on every board that implements `Platform`, with an `Application` or without one; the board's
//! program is that, and one line: `firmware!`. The demonstration application is the crate `oal-demo`.
//!
//! | module | |
//! |---|---|
//! | `platform`, `ram`, `storage`, `devices` | what a board provides |
//! | `application`, `command` | what an application provides |
//! | `arch` | the core, behind one door |
//! | `mapping`, `layout`, `heap` | the memory map, and what is free of it |
//! | `boot_stage`, `cpu`, `observer`, `nosave`, `build` | what runs from nosave memory |
//! | `board`, `session`, `drivers`, `history`, `snapshot` | how the system comes to rest, is captured, and goes on |
//! | `shell`, `terminal`, `console`, `commands`, `errors`, `register_test` | the console, described in `docs/console.md` |
//! | `selftest` | a port tests itself |
//! | `card`, `wait`, `text_volume` | the store and the text on a card, delays of flash drivers, text in flash |
//! | `dma` | buffers for controllers that write to RAM themselves |
//!
//! Whether a static is saved is decided by where it lies: `.nosave.data` and `.nosave.bss`
//! belong to the boot stage, `.data` and `.bss` to the application, whose heap is the rest of RAM.

#[macro_use]
pub mod terminal;

#[cfg(target_os = "none")]
pub mod application;
#[cfg(target_os = "none")]
pub mod arch;
#[cfg(target_os = "none")]
pub mod board;
#[cfg(target_os = "none")]
pub mod boot_stage;
#[cfg(target_os = "none")]
mod build;
#[cfg(target_os = "none")]
pub mod card;
#[cfg(target_os = "none")]
pub mod command;
#[cfg(target_os = "none")]
mod commands;
pub mod console;
#[cfg(target_os = "none")]
mod cpu;
pub mod devices;
#[cfg(target_os = "none")]
pub mod dma;
#[cfg(target_os = "none")]
pub mod drivers;
#[cfg(target_os = "none")]
pub mod errors;
#[cfg(target_os = "none")]
pub mod fault;
pub mod heap;
#[cfg(target_os = "none")]
pub mod history;
#[cfg(target_os = "none")]
mod layout;
pub mod mapping;
#[cfg(target_os = "none")]
mod marker;
pub mod nosave;
#[cfg(target_os = "none")]
mod observer;
#[cfg(target_os = "none")]
pub mod platform;
pub mod ram;
#[cfg(target_os = "none")]
mod register_test;
#[cfg(target_os = "none")]
mod selftest;
#[cfg(target_os = "none")]
pub mod session;
#[cfg(target_os = "none")]
pub mod shell;
#[cfg(target_os = "none")]
mod snapshot;
#[cfg(target_os = "none")]
pub mod storage;
#[cfg(target_os = "none")]
pub mod text_volume;
pub mod wait;

#[cfg(target_os = "none")]
pub use platform::Platform;

/// Makes a program of the firmware for one board: `oal_firmware::firmware!(MyBoard, MyApplication);` with a
/// [`Platform`] and an
/// [`Application`](application::Application), or `firmware!(MyBoard);` without an application.
#[cfg(target_os = "none")]
#[macro_export]
macro_rules! firmware {
    ($platform:ty) => {
        $crate::firmware!($platform, ());
    };
    ($platform:ty, $application:ty) => {
        /// The hand-over from the boot stage to the application.
        #[unsafe(link_section = ".nosave.bss")]
        static STAGE: $crate::boot_stage::StageCell<$platform, $application> =
            $crate::boot_stage::StageCell::new();

        /// From the first instructions, on the boot stack.
        #[unsafe(no_mangle)]
        extern "C" fn oal_boot() -> ! {
            $crate::boot_stage::boot(&STAGE, option_env!("OAL_UNFILLED").unwrap_or(""))
        }

        /// From the boot stage, on the application's own stack.
        #[unsafe(no_mangle)]
        extern "C" fn oal_application() -> ! {
            $crate::shell::main(&STAGE)
        }

        /// From the IRQ vector, with interrupts masked.
        #[unsafe(no_mangle)]
        extern "C" fn oal_interrupt() {
            $crate::drivers::interrupt::<$platform>()
        }

        /// From the other vectors.
        #[unsafe(no_mangle)]
        extern "C" fn oal_fault(vector: usize, link: usize, status: usize) -> ! {
            $crate::fault::exception::<$platform>(vector, link, status)
        }

        #[panic_handler]
        fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
            $crate::fault::panic::<$platform>(info)
        }
    };
}
